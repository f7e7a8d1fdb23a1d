import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { canonicalAddress, classifyAddress } from './address.ts'

const text = readFileSync(new URL('../../../spec/vectors/adapters/addresses.json', import.meta.url), 'utf8')
const vectors = JSON.parse(text) as readonly { readonly address: string; readonly class: string }[] // spec/13-adapters.md, "Vectors"

test.each(vectors)('$address is $class', ({ address, class: kind }) => {
  expect(classifyAddress(address)).toBe(kind)
})

test.each([
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:0DB8::0001', '2001:db8::1'],
  ['::ffff:127.0.0.1', '::ffff:7f00:1'],
  ['1:0:0:4:0:0:0:8', '1:0:0:4::8'],
  ['127.0.0.1', '127.0.0.1'],
  ['localhost', 'localhost'],
])('%s is written %s', (address, text) => {
  expect(canonicalAddress(address)).toBe(text)
})
