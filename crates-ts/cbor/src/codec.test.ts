import { expect, test } from 'vitest'
import { decode, decodeForeign, encode, encodeNode, fromHex, skipItem, toHex } from './index.ts'
import type { Data } from './index.ts'

/** RFC 8949 appendix A, the rows that are canonical here, both ways. */
const BOTH_WAYS: readonly (readonly [string, Data])[] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1000000],
  ['1b000000e8d4a51000', 1000000000000],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['3bffffffffffffffff', -18446744073709551616n],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['1b001fffffffffffff', 9007199254740991],
  ['1b0020000000000000', 9007199254740992n],
  ['3b001ffffffffffffe', -9007199254740991],
  ['3b001fffffffffffff', -9007199254740992n],
  ['f98000', -0],
  ['fb3ff199999999999a', 1.1],
  ['f93e00', 1.5],
  ['fb7e37e43c8800759c', 1.0e300],
  ['f90001', 5.960464477539063e-8],
  ['f90400', 0.00006103515625],
  ['fbc010666666666666', -4.1],
  ['f97c00', Infinity],
  ['f97e00', NaN],
  ['f9fc00', -Infinity],
  ['fa7f7fffff', 3.4028234663852886e38],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', new Uint8Array(0)],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', '\u00fc'],
  ['63e6b0b4', '\u6c34'],
  ['64f0908591', '\ud800\udd51'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a0', new Map()],
  ['a201020304', new Map([[1, 2], [3, 4]])], // prettier-ignore
  ['826161a161626163', ['a', new Map([['b', 'c']])]],
]

test.each(BOTH_WAYS)('%s is the encoding of its value, both ways', (hex, value) => {
  expect(toHex(encode(value))).toBe(hex)
  expect(toHex(encodeNode(value))).toBe(`d9d9f7${hex}`)
  const bytes = fromHex(hex)
  expect(decode(bytes, { prefix: 'absent' })).toEqual(value)
  expect(decode(fromHex(`d9d9f7${hex}`), { prefix: 'required' })).toEqual(value)
  expect(decodeForeign(bytes)).toEqual(value)
  expect(skipItem(bytes, 0)).toBe(bytes.length)
})
