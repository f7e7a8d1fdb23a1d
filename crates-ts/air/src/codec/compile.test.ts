import { describe, expect, test } from 'vitest'
import { AosError, equalBytes, fromHex, toHex } from '@aos/cbor'
import type { TypeExpr, Value } from '../model.ts'
import { compileSchema } from './compile.ts'
import { makeDynamicCodec } from './dynamic.ts'
import { generatePut, generateRead, generateScan } from './generate.ts'
import { makeShapes } from './shape.ts'

const record = (fields: Record<string, TypeExpr>): TypeExpr => ({
  kind: 'record',
  fields: new Map(Object.entries(fields)),
})
const ref = (name: string): TypeExpr => ({ kind: 'ref', name })
const INT: TypeExpr = { kind: 'int' }
const NONE = new Map<string, TypeExpr>()

function refusal(body: () => unknown): { code: string; path: unknown; offset: unknown } | undefined {
  try {
    body()
    return undefined
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    return { code: error.code, path: error.path, offset: error.details?.['offset'] }
  }
}

describe('references', () => {
  test('aliases of aliases are followed', () => {
    const table = new Map([
      ['t/A@1', ref('t/B@1')],
      ['t/B@1', ref('t/C@1')],
      ['t/C@1', INT],
    ])
    expect(toHex(compileSchema(ref('t/A@1'), table).encode(-300))).toBe('d9d9f739012b')
  })

  test('recursion is refused with the cycle, also through lists and aliases', () => {
    const table = new Map<string, TypeExpr>([
      ['t/A@1', record({ next: { kind: 'list', item: ref('t/B@1') } })],
      ['t/B@1', ref('t/A@1')],
    ])
    try {
      compileSchema(record({ a: ref('t/A@1') }), table)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({
        code: 'air.recursive_type',
        path: ['a', 'next', 'list'],
        details: { cycle: ['t/A@1', 't/B@1', 't/A@1'] },
      })
    }
  })

  test('an unknown schema is named', () => {
    expect(() => compileSchema(record({ a: ref('t/X@1') }), NONE)).toThrowError(
      expect.objectContaining({ code: 'air.unknown_schema', path: ['a'], details: { name: 't/X@1' } }),
    )
  })

  test('nesting is bounded with references followed', () => {
    const nested = (depth: number): TypeExpr => {
      let type: TypeExpr = INT
      for (let level = 1; level < depth; level += 1) type = { kind: 'list', item: type }
      return type
    }
    const table = new Map([['t/A@1', nested(32)]])
    const outer = (depth: number): TypeExpr => {
      let type: TypeExpr = ref('t/A@1')
      for (let level = 0; level < depth; level += 1) type = { kind: 'option', inner: record({ a: type }) }
      return type
    }
    compileSchema(outer(16), table)
    expect(refusal(() => compileSchema(outer(17), table))?.code).toBe('air.too_deep')
    expect(refusal(() => compileSchema(nested(100_000), table))?.code).toBe('air.too_deep')
  })

  test('a schema that is used many times is compiled once', () => {
    const table = new Map<string, TypeExpr>([['t/L0@1', record({ x: INT })]])
    for (let level = 1; level <= 25; level += 1) {
      const below = ref(`t/L${level - 1}@1`)
      table.set(`t/L${level}@1`, record({ a: below, b: below, c: below }))
    }
    const { composites } = makeShapes(ref('t/L25@1'), table)
    expect(composites.length).toBe(26)
    expect(generateScan(makeShapes(ref('t/L25@1'), table))(fromHex('a3'), 0)).toBe(-1)
  })
})

const NAMES = ['__proto__', 'constructor', 'toString', 'a"b', "a'b", 'a\\', 'a\nb', '\u2028', '`${x}`', '*/', '😀', '']

describe('names chosen by authors are only names', () => {
  test.each(NAMES)('field %j', (name) => {
    const type = record({ zz: INT })
    if (type.kind !== 'record') return
    const codec = compileSchema({ kind: 'record', fields: new Map([...type.fields, [name, { kind: 'text' }]]) }, NONE)
    const value = Object.create(null) as Record<string, Value>
    value['zz'] = 1
    value[name] = 'x'
    const bytes = codec.encode(value)
    const decoded = codec.decode(bytes) as Record<string, Value> // a record
    expect(Object.keys(decoded).sort((left, right) => (left < right ? -1 : 1))).toEqual(
      ['zz', name].sort((left, right) => (left < right ? -1 : 1)),
    )
    expect(decoded[name]).toBe('x')
    expect(Object.getPrototypeOf(decoded)).toBe(null)
    expect(refusal(() => codec.encode({ zz: 1 }))).toMatchObject({ code: 'air.missing_field', path: [name] })
    const range = { start: 0, end: 0 }
    expect(codec.locate(name)?.(bytes, range)).toBe(true)
    expect(toHex(bytes.subarray(range.start, range.end))).toBe('6178')
  })

  test.each(NAMES)('arm %j', (name) => {
    const type: TypeExpr = {
      kind: 'variant',
      arms: new Map<string, TypeExpr>([
        [name, INT],
        ['Other', { kind: 'unit' }],
      ]),
    }
    const codec = compileSchema(type, NONE)
    const bytes = codec.encode({ $tag: name, $value: 5 })
    expect(codec.decode(bytes)).toEqual({ $tag: name, $value: 5 })
    expect(toHex(codec.normalize(bytes.subarray(3)))).toBe(toHex(bytes))
  })

  test('a name without a UTF-8 form is refused', () => {
    expect(refusal(() => compileSchema(record({ '\ud800': INT }), NONE))?.code).toBe('air.bad_text')
  })

  test('members that are only inherited are missing', () => {
    const codec = compileSchema(record({ a: INT }), NONE)
    const inherited = Object.create({ a: 1 }) as Record<string, Value>
    expect(refusal(() => codec.encode(inherited))?.code).toBe('air.type_mismatch')
    const proto = compileSchema(record({ __proto__x: INT, toString: INT }), NONE)
    expect(refusal(() => proto.encode({ __proto__x: 1, other: 2 } as Value))?.code).toBe('air.unknown_key')
  })
})

describe('paths', () => {
  const type: TypeExpr = {
    kind: 'variant',
    arms: new Map<string, TypeExpr>([
      ['Fly', record({ airport: { kind: 'text' }, seat: { kind: 'option', inner: record({ row: INT }) } })],
      ['Ride', record({ airport: { kind: 'text' }, seat: INT })],
      ['Walk', { kind: 'unit' }],
    ]),
  }
  const codec = compileSchema(type, NONE)
  const fly = codec.encode({ $tag: 'Fly', $value: { airport: 'OSL', seat: { row: 7 } } })
  const range = { start: 0, end: 0 }

  test.each([
    ['$tag', '63466c79'],
    ['$value.airport', '634f534c'],
    ['$value.seat.row', '07'],
  ])('%s', (path, hex) => {
    expect(codec.locate(path)?.(fly, range)).toBe(true)
    expect(toHex(fly.subarray(range.start, range.end))).toBe(hex)
  })

  test('absent in this value', () => {
    const standing = codec.encode({ $tag: 'Fly', $value: { airport: 'OSL', seat: null } })
    expect(codec.locate('$value.seat.row')?.(standing, range)).toBe(false)
    expect(codec.locate('$value.airport')?.(codec.encode({ $tag: 'Walk' }), range)).toBe(false)
  })

  test.each(['airport', '$value.city', '$tag.x', '$value.seat.column', '', '$value.airport.x'])(
    'no %j in the type',
    (path) => {
      expect(codec.locate(path)).toBe(undefined)
    },
  )
})

describe('accepts', () => {
  const codec = compileSchema(record({ count: INT, note: { kind: 'option', inner: { kind: 'text' } } }), NONE)

  test.each([
    'a265636f756e7405646e6f7465f6',
    'd9d9f7a265636f756e7405646e6f7465f6',
    'a165636f756e741805',
    'bf65636f756e7405ff',
  ])('%s', (hex) => {
    codec.accepts(fromHex(hex))
  })

  test.each([
    ['a165636f756e746178', 'air.type_mismatch'],
    ['a265636f756e740565636f756e7405', 'cbor.duplicate_key'],
    ['a165636f756e740500', 'cbor.trailing_bytes'],
    ['', 'cbor.truncated'],
  ])('not %s', (hex, code) => {
    expect(refusal(() => codec.accepts(fromHex(hex)))?.code).toBe(code)
  })
})

test('the writer of an encoder is not shared with an encoding that a value starts', () => {
  const codec = compileSchema(record({ a: INT, b: INT }), NONE)
  const value = {
    a: 1,
    get b(): number {
      return codec.encode({ a: 5, b: 6 }).length
    },
  }
  expect(toHex(codec.encode(value))).toBe('d9d9f7a261610161620a')
})

test('empty records, one-byte and two-byte map heads', () => {
  for (const count of [0, 1, 23, 24, 255, 256, 1024]) {
    const fields = new Map(Array.from({ length: count }, (_, index): [string, TypeExpr] => [`f${index}`, INT]))
    const graph = makeShapes({ kind: 'record', fields }, NONE)
    expect([generatePut(graph), generateRead(graph)].length).toBe(2)
    const codec = compileSchema({ kind: 'record', fields }, NONE)
    const value = Object.fromEntries([...fields.keys()].map((name, index) => [name, index]))
    expect(codec.decode(codec.encode(value))).toEqual(value)
  }
})

describe('values of all sizes share the encoder', () => {
  const type = record({ body: { kind: 'bytes' }, list: { kind: 'list', item: { kind: 'text' } } })
  const codec = compileSchema(type, NONE)
  const dynamic = makeDynamicCodec(type, NONE)
  const sizes = [0, 1, 23, 24, 25, 80, 255, 256, 511, 512, 4000, 8100, 8192, 9000, 65_535, 65_536, 200_000]
  const valueOf = (size: number): Value => ({
    body: new Uint8Array(size).fill(size & 0xff),
    list: ['x'.repeat(size), 'é'.repeat(size % 300), '😀'.repeat(size % 7)],
  })

  test('and none changes another', () => {
    const encoded = [...sizes, ...sizes.toReversed()].map((size) => {
      const bytes = codec.encode(valueOf(size))
      return { bytes, then: bytes.slice(), oracle: dynamic.encode(valueOf(size)) }
    })
    for (const { bytes, then, oracle } of encoded) {
      expect(equalBytes(bytes, then)).toBe(true)
      expect(equalBytes(bytes, oracle)).toBe(true)
    }
  })

  test('lists, sets and maps grow the buffer in the middle', () => {
    const many = Array.from({ length: 5000 }, (_, index) => (index * 7919) % 5000)
    const set = compileSchema({ kind: 'set', item: INT }, NONE)
    expect(set.decode(set.encode([...many, ...many]))).toEqual(many.toSorted((left, right) => left - right))
    const map = compileSchema({ kind: 'map', key: 'nat', value: { kind: 'text' } }, NONE)
    const entries = many.map((key): [number, string] => [key, `value ${key}`])
    expect(map.decode(map.encode(new Map(entries)))).toEqual(new Map(entries))
    expect([...(map.decode(map.encode(new Map(entries))) as Map<number, string>).keys()]).toEqual(
      many.toSorted((left, right) => left - right),
    )
    const list = compileSchema({ kind: 'list', item: record({ a: INT, b: { kind: 'option', inner: INT } }) }, NONE)
    const items = many.map((value) => ({ a: value, b: value % 2 === 0 ? null : -value }))
    expect(list.decode(list.encode(items))).toEqual(items)
  })
})
