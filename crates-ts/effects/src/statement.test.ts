import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import { makeRequestStatement, signingBytes } from './index.ts'
import type { SigningPurpose } from './index.ts'

const port: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}
const digest = (hex: string): string => createHash('sha256').update(fromHex(hex)).digest('hex')

const COMMAND_HASH = '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a' // SHA-256 of the byte 01
const STATEMENT_HEX = `a265776f726c6461776c636f6d6d616e645f686173685820${COMMAND_HASH}`

test('a request statement names the world and the hash of the command', () => {
  const statement = makeRequestStatement(port, { world: 'w', command: Uint8Array.of(1) })
  expect(Object.keys(statement)).toEqual(['world', 'command_hash'])
  expect(statement.world).toBe('w')
  expect(toHex(statement.command_hash)).toBe(COMMAND_HASH)
})

test('the signed bytes are the purpose line and the hash of the canonical statement', () => {
  const statement = makeRequestStatement(port, { world: 'w', command: Uint8Array.of(1) })
  const line = '616f732f726571756573742f76310a' // aos/request/v1 and a line feed
  // printf of STATEMENT_HEX through xxd -r -p and sha256sum
  const fixed = '068097cef9af87b798d1f116667ce2330bb1852747860d453d74d11335730abc'
  expect(digest(STATEMENT_HEX)).toBe(fixed)
  expect(toHex(signingBytes(port, 'request', statement))).toBe(line + fixed)
})

test('the order in which a statement is written does not matter, its fields do', () => {
  const one = signingBytes(port, 'key', { world: 'w', role: 'owner' })
  const other = signingBytes(port, 'key', { role: 'owner', world: 'w' })
  expect(toHex(one)).toBe(toHex(other))
  expect(toHex(signingBytes(port, 'key', { world: 'v', role: 'owner' }))).not.toBe(toHex(one))
})

test('a signature for one purpose is not valid for another', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const purposes: readonly SigningPurpose[] = [
    'receipt',
    'receipt-root',
    'approval',
    'gov-approval',
    'key',
    'request',
    'checkpoint',
  ]
  const statement = { world: 'w' }
  const signed = purposes.map((purpose) => sign(null, signingBytes(port, purpose, statement), privateKey))
  for (const [index, signature] of signed.entries()) {
    const valid = purposes.filter((purpose) =>
      verify(null, signingBytes(port, purpose, statement), publicKey, signature),
    )
    expect(valid).toEqual([purposes[index]])
  }
})
