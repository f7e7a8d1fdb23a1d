import { hashText } from '@aos/cbor'
import { isDefinitionName } from '@aos/air'
import { expect, test } from 'vitest'
import { nodeSha256 } from '../sha256.ts'
import { checkNameTwins, encodeFileName } from '../sync/file-names.ts'
import { moduleFile } from './module-files.ts'

const HASH = hashText(nodeSha256, new Uint8Array(1))
const HEX = HASH.slice('sha256:'.length)

test.each([
  ['demo/Cart@1', 'demo/Cart@1'],
  ['con/X@1', '~636F6E/X@1'],
  ['nul.txt/X@1', '~6E756C2E747874/X@1'],
  ['lpt1/aux@1', '~6C707431/aux@1'],
  ['a/con.b@1', 'a/~636F6E2E624031'],
  ['a./X@1', '~612E/X@1'],
  ['a../X@1', '~612E2E/X@1'],
  ['com.acme/X..@1', 'com.acme/X..@1'],
  ['git/git.a@1', 'git/git.a@1'],
  [`${'a'.repeat(120)}/${'B'.repeat(130)}@1`, `${'a'.repeat(80)}/${'B'.repeat(80)}`],
])('%s has a place below modules', (name, stem) => {
  expect(isDefinitionName(name)).toBe(true)
  const file = moduleFile(name, HASH)
  expect(file).toBe(`modules/${stem}-${HEX}.wasm`)
  for (const part of file.split('/')) {
    expect(() => encodeFileName(part)).not.toThrow()
    expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255)
  }
})

test('names that are one on some system lie beside each other when their bytes differ', () => {
  const other = hashText(nodeSha256, new Uint8Array(2))
  const names = [moduleFile('demo/cart@1', HASH), moduleFile('demo/Cart@1', other)].map((file) => file.split('/')[2] ?? '') // prettier-ignore
  expect(() => {
    checkNameTwins(names)
  }).not.toThrow()
})
