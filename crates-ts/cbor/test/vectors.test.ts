import { describe, expect, test } from 'vitest'
import {
  AosError,
  CBOR_ERRORS,
  checkCanonical,
  decode,
  decodeForeign,
  encode,
  encodeNode,
  fromHex,
  hashText,
  skipItem,
  toHex,
} from '../src/index.ts'
import { readVectors, sha256Port, vectorData } from './_util.ts'
import type { InvalidVector, ValidVector } from './_util.ts'

describe.each(readVectors<ValidVector>('valid.json'))('valid: $name', ({ value, hex, hash, foreign }) => {
  const data = vectorData(value)
  const bytes = fromHex(hex)

  test('encodes to the bytes and the hash', () => {
    expect(toHex(encode(data))).toBe(hex)
    expect(hashText(sha256Port, encodeNode(data))).toBe(hash)
  })

  test('decodes, strictly and leniently, with and without the prefix', () => {
    const prefixed = fromHex(`d9d9f7${hex}`)
    expect(decode(bytes, { prefix: 'absent' })).toEqual(data)
    expect(decode(bytes, { prefix: 'optional' })).toEqual(data)
    expect(decode(prefixed, { prefix: 'optional' })).toEqual(data)
    expect(toHex(encode(decode(prefixed, { prefix: 'required' })))).toBe(hex)
    checkCanonical(bytes, { prefix: 'absent' })
    expect(skipItem(prefixed, 0)).toBe(prefixed.length)
    if (!hasTag(value)) expect(toHex(encode(decodeForeign(prefixed)))).toBe(hex)
  })

  test('every cut is refused', () => {
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = bytes.subarray(0, length)
      expect(refusal(() => decode(cut, { prefix: 'absent' })).code).toBe('cbor.truncated')
      expect(refusal(() => decodeForeign(cut)).code).toBe('cbor.truncated')
      expect(refusal(() => skipItem(cut, 0)).code).toBe('cbor.truncated')
    }
  })

  test('foreign forms have the same canonical form, and are not canonical', () => {
    for (const other of foreign ?? []) {
      expect(toHex(encode(decodeForeign(fromHex(other))))).toBe(hex)
      expect(skipItem(fromHex(other), 0)).toBe(other.length / 2)
      expect(refusal(() => decode(fromHex(other), { prefix: 'absent' })).code).toMatch(/^cbor\./)
    }
  })
})

describe.each(readVectors<InvalidVector>('invalid.json'))('invalid: $name', ({ hex, prefix, code, offset }) => {
  test('is refused with its code and offset, by the decoder and by the check alike', () => {
    const bytes = fromHex(hex)
    const expected = { code, offset }
    expect(refusal(() => decode(bytes, { prefix }))).toEqual(expected)
    expect(refusal(() => checkCanonical(bytes, { prefix }))).toEqual(expected)
    expect(Object.keys(CBOR_ERRORS)).toContain(code)
  })
})

function refusal(body: () => unknown): { readonly code: string; readonly offset: unknown } {
  try {
    body()
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    return { code: error.code, offset: error.details?.['offset'] }
  }
  throw new Error('accepted')
}

function hasTag(value: unknown): boolean {
  return JSON.stringify(value).includes('"tag"')
}
