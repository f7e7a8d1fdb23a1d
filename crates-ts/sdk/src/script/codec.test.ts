import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue, makeCodec } from './codec.ts'
import type { ValueType } from './codec.ts'

/** A type in the JSON of AIR. */
type TypeJson = Readonly<Record<string, unknown>>

interface ValueVector {
  readonly name: string
  readonly type: TypeJson
  readonly hex: string
}

function readVectors<T>(name: string): readonly T[] {
  const file = fileURLToPath(new URL(`../../../../spec/vectors/air/${name}.json`, import.meta.url))
  return JSON.parse(readFileSync(file, 'utf8')) as readonly T[] // the vectors of the specification
}

const TEXTS: readonly string[] = ['dec128', 'hash', 'uuid', 'text']

/** As the generator of guests maps it. Undefined for what refers to schemas, which the generator resolves. */
function valueTypeOf(type: TypeJson): ValueType | undefined {
  const [[kind, inner] = ['', undefined]] = Object.entries(type)
  if (TEXTS.includes(kind)) return 'text'
  if (kind === 'time') return 'nat'
  if (kind === 'duration') return 'int'
  if (kind === 'bool' || kind === 'int' || kind === 'nat' || kind === 'bytes' || kind === 'unit') return kind
  if (kind === 'record' || kind === 'variant') {
    const members = Object.entries(inner as TypeJson).map(
      ([key, each]) => [key, valueTypeOf(each as TypeJson)] as const,
    )
    if (members.some(([, each]) => each === undefined)) return undefined
    const known = members as readonly (readonly [string, ValueType])[]
    return kind === 'record' ? { record: known } : { variant: known }
  }
  if (kind === 'map') {
    const { key, value } = inner as { readonly key: TypeJson; readonly value: TypeJson }
    const [keyType, valueType] = [valueTypeOf(key), valueTypeOf(value)]
    return keyType === undefined || valueType === undefined ? undefined : { map: [keyType, valueType] }
  }
  const part = kind === 'ref' ? undefined : valueTypeOf(inner as TypeJson)
  if (part === undefined) return undefined
  if (kind === 'list') return { list: part }
  if (kind === 'set') return { set: part }
  return kind === 'option' ? { option: part } : undefined
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

describe('codecs of scripts', () => {
  const vectors = readVectors<ValueVector>('values').flatMap((vector) => {
    const type = valueTypeOf(vector.type)
    return type === undefined ? [] : [{ ...vector, valueType: type }]
  })

  it.each(vectors)('keep $name byte for byte', ({ valueType, hex }) => {
    const codec = makeCodec(valueType)
    expect(Buffer.from(encodeValue(codec, decodeValue(codec, bytesOf(hex)))).toString('hex')).toBe(hex)
  })

  it('cover most vectors', () => {
    expect(vectors.length).toBeGreaterThan(40)
  })

  it('read variants as other guests write them', () => {
    const codec = makeCodec({
      variant: [
        ['Add', 'nat'],
        ['Clear', 'unit'],
      ],
    })
    const add = { $tag: 'Add', $value: 2n }
    expect(decodeValue(codec, bytesOf('a16341646402'))).toEqual(add)
    expect(decodeValue(codec, encodeValue(codec, add))).toEqual(add)
    expect(decodeValue(codec, bytesOf('65436c656172'))).toEqual({ $tag: 'Clear' })
    expect(decodeValue(codec, bytesOf('a165436c656172f6'))).toEqual({ $tag: 'Clear' })
  })

  it('take fields in any order, pass over unknown ones, and read a missing option as null', () => {
    const codec = makeCodec({
      record: [
        ['a', 'nat'],
        ['b', { option: 'text' }],
      ],
    })
    expect(decodeValue(codec, bytesOf('a2617883010203616101'))).toEqual({ a: 1n, b: null })
    expect(decodeValue(codec, bytesOf('a2616261786161190100'))).toEqual({ a: 256n, b: 'x' })
  })

  it('sort sets and maps by their bytes and fold equal items', () => {
    const set = makeCodec({ set: 'text' })
    expect(Buffer.from(encodeValue(set, ['bb', 'c', 'a', 'c'])).toString('hex')).toBe('d9d9f78361616163626262')
    const map = makeCodec({ map: ['int', 'bool'] })
    const value = new Map([
      [-1n, true],
      [300n, false],
      [2n, true],
    ])
    expect(Buffer.from(encodeValue(map, value)).toString('hex')).toBe('d9d9f7a302f519012cf420f5')
  })

  it.each<readonly [string, ValueType, unknown, string]>([
    ['a number for text', { record: [['name', 'text']] }, { name: 1 }, '$.name: expected a string, found number'],
    ['a fraction', { list: 'int' }, [1n, 1.5], '$[1]: expected an int as a bigint, found number'],
    ['a negative nat', 'nat', -1n, 'expected a nat, found -1'],
    ['a large int', 'int', 1n << 63n, 'expected an int, found 9223372036854775808'],
    ['an unknown arm', { variant: [['A', 'unit']] }, { $tag: 'B' }, 'expected one of A, found B'],
    ['half a pair', 'text', '\ud800', 'a text holds half of a surrogate pair'],
    [
      'a missing field',
      { record: [['a', { record: [['b', 'bool']] }]] },
      { a: {} },
      '$.a.b: expected a boolean, found undefined',
    ],
  ])('refuse %s', (_, type, value, message) => {
    expect(() => encodeValue(makeCodec(type), value)).toThrow(message)
  })

  it.each(['6261', '62c328', '6180', '63eda080', '64f4908080', '62c080'])('refuse the text %s', (hex) => {
    expect(() => decodeValue(makeCodec('text'), bytesOf(hex))).toThrow()
  })

  it('refuse what ends early or goes on', () => {
    expect(() => decodeValue(makeCodec({ list: 'nat' }), bytesOf('9affffffff'))).toThrow('end inside')
    expect(() => decodeValue(makeCodec('nat'), bytesOf('0101'))).toThrow('nothing behind')
    expect(() => decodeValue(makeCodec('nat'), bytesOf('1b00000000000000'))).toThrow('end inside')
  })
})
