import { expect, test } from 'vitest'
import {
  AosError,
  CBOR_ERRORS,
  CborWriter,
  Tagged,
  decode,
  decodeForeign,
  encode,
  encodeInto,
  fromHex,
  toHex,
} from './index.ts'
import type { Data } from './index.ts'

/** The code and path with which a value is refused. */
function refusal(value: unknown): readonly [string, readonly unknown[] | undefined] {
  try {
    encode(value as Data) // on purpose not data
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    expect(Object.keys(CBOR_ERRORS)).toContain(error.code)
    return [error.code, error.path]
  }
  throw new Error('accepted')
}

const cyclic: unknown[] = []
cyclic.push(cyclic)

test.each<readonly [string, unknown, string, readonly (string | number)[]]>([
  ['undefined', undefined, 'cbor.unsupported_value', []],
  ['a field that is undefined', { a: { b: undefined } }, 'cbor.unsupported_value', ['a', 'b']],
  ['a hole', Object.assign([1], { length: 3 }), 'cbor.unsupported_value', [1]],
  ['a function', [() => 1], 'cbor.unsupported_value', [0]],
  ['a symbol', { a: Symbol('x') }, 'cbor.unsupported_value', ['a']],
  ['a Date', { at: new Date(0) }, 'cbor.unsupported_value', ['at']],
  ['a Set', new Set([1]), 'cbor.unsupported_value', []],
  ['another typed array', new Uint16Array(2), 'cbor.unsupported_value', []],
  ['a number beyond 2^53-1', [2 ** 53], 'cbor.unsafe_integer', [0]],
  ['a number below -(2^53-1)', { a: -(2 ** 53) }, 'cbor.unsafe_integer', ['a']],
  ['2^64', [2n ** 64n], 'cbor.integer_range', [0]],
  ['-2^64-1', [-(2n ** 64n) - 1n], 'cbor.integer_range', [0]],
  ['a lone surrogate', { a: ['\ud800'] }, 'cbor.lone_surrogate', ['a', 0]],
  ['a lone surrogate in a key', { '\udc00': 1 }, 'cbor.lone_surrogate', ['\udc00']],
  ['a number and a bigint that are one key', new Map<unknown, unknown>([[1, 'a'], [1n, 'b']]), 'cbor.duplicate_key', ['1']], // prettier-ignore
  ['two equal byte keys', new Map([[Uint8Array.of(1), 1], [Uint8Array.of(1), 2]]), 'cbor.duplicate_key', ['(key)']], // prettier-ignore
  ['a cycle', cyclic, 'cbor.depth', Array.from({ length: 128 }, () => 0)],
  ['a short bignum', new Tagged(2, Uint8Array.of(1)), 'cbor.bad_bignum', []],
  ['the prefix as a tag', [new Tagged(55799, null)], 'cbor.unexpected_prefix', [0]],
  ['a negative tag', new Tagged(-1, null), 'cbor.integer_range', []],
])('refused: %s', (_, value, code, path) => {
  expect(refusal(value)).toEqual([code, path])
})

test('a record is encoded by its own enumerable keys, __proto__ among them', () => {
  const record = JSON.parse('{"__proto__":1,"b":{"a":2}}') as Data // JSON.parse makes it an own key
  const bytes = encode(record)
  expect(toHex(bytes)).toBe('a26162a1616102695f5f70726f746f5f5f01')
  const back = decode(bytes, { prefix: 'absent' })
  expect(back).toEqual(new Map<Data, Data>([['b', new Map([['a', 2]])], ['__proto__', 1]])) // prettier-ignore
  expect(toHex(encode(Object.assign(Object.create(null), { x: 1 }) as Data))).toBe('a1617801') // no prototype at all
})

test('an object that only looks like a tag is a map', () => {
  expect(toHex(encode({ kind: 'tag', tag: 1, value: 0 }))).toBe('a3637461670164 6b696e64 63746167 6576616c756500'.replaceAll(' ', '')) // prettier-ignore
  expect(toHex(encode(new Tagged(1, 0)))).toBe('c100')
})

test('keys sort by their bytes, whatever the order of insertion and the number of keys', () => {
  const names = Array.from({ length: 40 }, (_, index) => `${index % 3 === 0 ? 'é' : 'k'}${(index * 7) % 40}`)
  const sorted = names.toSorted((left, right) => Buffer.compare(Buffer.from(encode(left)), Buffer.from(encode(right))))
  const record = Object.fromEntries(names.map((name) => [name, null]))
  const decoded = decode(encode(record), { prefix: 'absent' })
  expect(decoded instanceof Map ? [...decoded.keys()] : []).toEqual(sorted)
})

test('a getter that encodes, and one that throws, do no harm', () => {
  const inner = { get a(): string { return toHex(encode([1, 2, 3])) } } // prettier-ignore
  expect(toHex(encode(inner))).toBe(`a16161${toHex(encode('83010203'))}`)
  const broken = { get a(): string { throw new Error('mine') } } // prettier-ignore
  expect(() => encode(broken)).toThrow('mine')
  expect(toHex(encode([1]))).toBe('8101')
})

test('a value that is refused leaves the writer as it was', () => {
  const writer = new CborWriter()
  writer.uint(7)
  expect(() => encodeInto(writer, [1, 2n ** 70n])).toThrow(AosError)
  expect(toHex(writer.view())).toBe('07')
})

test('the result is a copy that later calls do not touch', () => {
  const first = encode([1])
  encode([2])
  expect(toHex(first)).toBe('8101')
})

/** The code with which foreign bytes are refused. */
function foreignRefusal(hex: string): string {
  try {
    decodeForeign(fromHex(hex))
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    expect(typeof error.details?.['offset']).toBe('number')
    return error.code
  }
  throw new Error('accepted')
}

test.each([
  ['two equal keys', 'a2616101616102', 'cbor.duplicate_key'],
  ['two equal keys in two forms', 'a201011b000000000000000102', 'cbor.duplicate_key'],
  ['an integer and a float that are one key', 'a20101f93c0002', 'cbor.duplicate_key'],
  ['null and undefined as keys', 'a2f601f702', 'cbor.duplicate_key'],
  ['two equal byte keys', 'bf4101015f4101ff02ff', 'cbor.duplicate_key'],
  ['two equal map keys in two orders', 'a2a20102030401a20304010202', 'cbor.duplicate_key'],
  ['minus zero as a key', 'a1f9800001', 'cbor.bad_key'],
  ['an item after the item', '0101', 'cbor.trailing_bytes'],
  ['a reserved head', '1c', 'cbor.bad_head'],
  ['an open integer', '1f', 'cbor.bad_head'],
  ['a break alone', 'ff', 'cbor.unexpected_break'],
  ['a break between key and value', 'bf01ff', 'cbor.unexpected_break'],
  ['a break in a definite array', '81ff', 'cbor.unexpected_break'],
  ['a chunk of another kind', '5f6161ff', 'cbor.bad_chunk'],
  ['an open chunk', '5f5f4101ffff', 'cbor.bad_chunk'],
  ['a character split over chunks', '7f61c361bcff', 'cbor.bad_utf8'],
  ['a simple value', 'f0', 'cbor.bad_simple'],
  ['true in two bytes', 'f815', 'cbor.bad_simple'],
  ['a bignum of 65 bits', 'c249010000000000000000', 'cbor.integer_range'],
  ['an open array without end', '9f01', 'cbor.truncated'],
  ['129 arrays', '9f'.repeat(129), 'cbor.depth'],
  ['100,000 arrays', '81'.repeat(100_000), 'cbor.depth'],
])('refused in foreign bytes: %s', (_, hex, code) => {
  expect(foreignRefusal(hex)).toBe(code)
})

test('any number of tags is dropped without recursion', () => {
  expect(decodeForeign(fromHex('c1'.repeat(100_000) + '05'))).toBe(5)
  expect(foreignRefusal('c1'.repeat(100_000))).toBe('cbor.truncated')
})
