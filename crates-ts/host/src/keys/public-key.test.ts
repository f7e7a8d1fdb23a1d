import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '@aos/cbor'
import { checkPublicKey, parsePublicKey } from './public-key.ts'

const REFUSED: readonly (readonly [why: string, hex: string])[] = [
  ['the neutral element', '0100000000000000000000000000000000000000000000000000000000000000'],
  ['the neutral element with a sign', '0100000000000000000000000000000000000000000000000000000000000080'],
  ['order 2', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['order 4', '0000000000000000000000000000000000000000000000000000000000000000'],
  ['order 4, negative', '0000000000000000000000000000000000000000000000000000000000000080'],
  ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['order 8, negative', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  ['the other y of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ['y = p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['y = p + 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['the largest y', 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
  ['no point of the curve (y = 2)', '0200000000000000000000000000000000000000000000000000000000000000'],
]

test.each(REFUSED)('refuses %s', (_, hex) => {
  expect(() => {
    checkPublicKey(fromHex(hex))
  }).toThrow(expect.objectContaining({ code: 'key.small_order' }))
})

test('takes keys as they are made, and the base point', () => {
  expect(parsePublicKey('5866666666666666666666666666666666666666666666666666666666666666')).toHaveLength(32)
  for (let round = 0; round < 8; round += 1) {
    const der = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })
    const raw = new Uint8Array(der.subarray(-32))
    expect(parsePublicKey(toHex(raw))).toEqual(raw)
  }
})

test.each(['', 'abc', 'zz'.repeat(32), '00'.repeat(33)])('refuses the spelling %j', (text) => {
  expect(() => parsePublicKey(text)).toThrow(expect.objectContaining({ code: 'key.bad_public_key' }))
})
