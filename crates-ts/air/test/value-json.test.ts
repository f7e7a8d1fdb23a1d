import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileSchema } from '../src/codec/compile.ts'
import { valueFromJson, valueToJson, type ValueFromJsonOptions } from '../src/codec/value-json.ts'
import { formatJson } from '../src/json-format.ts'
import { parseJson } from '../src/json.ts'
import type { SchemaTable, TypeExpr } from '../src/model.ts'
import { parseTypeExpr } from '../src/types/parse.ts'
import { propertyOptions, typedValue } from './_types.ts'

const NONE: SchemaTable = new Map()

function typeOf(text: string): TypeExpr {
  const parsed = parseTypeExpr(parseJson(text))
  if (!parsed.ok) throw new Error(`bad type in a test: ${text}`)
  return parsed.value
}

function read(type: string, json: string, options: ValueFromJsonOptions = {}): unknown {
  const result = valueFromJson(typeOf(type), NONE, parseJson(json), options)
  return result.ok ? result.value : result.issues.map(({ code, path }) => [code, path])
}

describe('round trips', () => {
  test.each(['sugar', 'tagged'] as const)('%s', (lens) => {
    fc.assert(
      fc.property(typedValue, ({ type, table, value }) => {
        const codec = compileSchema(type, table)
        const canonical = codec.decode(codec.encode(value))
        const text = formatJson(valueToJson(type, table, canonical, { lens }))
        const back = valueFromJson(type, table, parseJson(text), { lens })
        expect(back.ok && isDeepStrictEqual(back.value, canonical)).toBe(true)
      }),
      propertyOptions(400),
    )
  })

  test('without naming the lens: the value, or an ambiguity', () => {
    let [same, ambiguous] = [0, 0]
    fc.assert(
      fc.property(typedValue, fc.constantFrom('sugar', 'tagged'), ({ type, table, value }, lens) => {
        const canonical = compileSchema(type, table).decode(compileSchema(type, table).encode(value))
        const back = valueFromJson(type, table, valueToJson(type, table, canonical, { lens }))
        if (back.ok) {
          expect(isDeepStrictEqual(back.value, canonical)).toBe(true)
          same += 1
        } else {
          expect(back.issues.map(({ code }) => code)).toStrictEqual(['air.ambiguous_literal'])
          ambiguous += 1
        }
      }),
      propertyOptions(400),
    )
    expect(same).toBeGreaterThan(ambiguous * 20)
  })
})

const EVENT = '{"variant":{"Start":{"record":{"target":{"nat":{}},"note":{"option":{"text":{}}}}},"Tick":{"unit":{}}}}'

describe('sugar', () => {
  test.each([
    [EVENT, '{"Start":{"target":3}}', { $tag: 'Start', $value: { target: 3, note: null } }],
    [
      EVENT,
      '{"Start":{"target":"18446744073709551615","note":"x"}}',
      { $tag: 'Start', $value: { target: 18446744073709551615n, note: 'x' } },
    ],
    [EVENT, '{"Tick":null}', { $tag: 'Tick' }],
    [EVENT, '"Tick"', { $tag: 'Tick' }],
    [EVENT, '{"$tag":"Tick"}', { $tag: 'Tick' }],
    [EVENT, '{"$tag":"Start","$value":{"target":1}}', { $tag: 'Start', $value: { target: 1, note: null } }],
    ['{"int":{}}', '-9223372036854775808', -9223372036854775808n],
    ['{"time":{}}', '"1970-01-01T00:00:01.5Z"', 1_500_000_000],
    ['{"time":{}}', '"2026-11-21T08:00:00+01:30"', 1795242600000000000n],
    ['{"time":{}}', '"2000-02-29T23:59:59-00:30"', 951870599000000000n],
    ['{"time":{}}', '12', 12],
    ['{"duration":{}}', '"5s"', 5_000_000_000],
    ['{"duration":{}}', '"250ms"', 250_000_000],
    ['{"duration":{}}', '"-1h30m"', -5_400_000_000_000],
    ['{"duration":{}}', '"1.5us"', 1500],
    ['{"duration":{}}', '"P1DT2H3M4.000000005S"', 93_784_000_000_005],
    ['{"duration":{}}', '"-P2W"', -1_209_600_000_000_000],
    ['{"bytes":{}}', '"AQID"', Uint8Array.of(1, 2, 3)],
    ['{"uuid":{}}', '"00000000-0000-4000-8000-00000000ABCD"', '00000000-0000-4000-8000-00000000abcd'],
    ['{"dec128":{}}', '"007.50"', '7.50'],
    ['{"unit":{}}', '{}', null],
    ['{"set":{"text":{}}}', '["bb","a","c","a"]', ['a', 'c', 'bb']],
    [
      '{"map":{"key":"nat","value":{"bool":{}}}}',
      '[[300,true],[2,false]]',
      new Map([
        [2, false],
        [300, true],
      ]),
    ],
    [
      '{"map":{"key":"text","value":{"int":{}}}}',
      '{"__proto__":1,"b":2}',
      new Map([
        ['b', 2],
        ['__proto__', 1],
      ]),
    ],
    ['{"map":{"key":"text","value":{"int":{}}}}', '[["b",2]]', new Map([['b', 2]])],
    ['{"option":{"option":{"int":{}}}}', 'null', null],
  ])('%s reads %s', (type, json, value) => {
    expect(read(type, json)).toEqual(value)
  })

  test.each([
    ['{"int":{}}', '1.0', 'air.not_integer', []],
    ['{"int":{}}', '1e3', 'air.not_integer', []],
    ['{"int":{}}', '-0', 'air.not_integer', []],
    ['{"int":{}}', '"0x10"', 'air.not_integer', []],
    ['{"int":{}}', '9223372036854775808', 'air.integer_range', []],
    ['{"nat":{}}', '-1', 'air.integer_range', []],
    ['{"nat":{}}', '99999999999999999999999999999999999999', 'air.integer_range', []],
    ['{"time":{}}', '"2026-02-29T00:00:00Z"', 'air.bad_time', []],
    ['{"time":{}}', '"2026-01-01T00:00:60Z"', 'air.bad_time', []],
    ['{"time":{}}', '"1969-12-31T23:59:59Z"', 'air.integer_range', []],
    ['{"duration":{}}', '"P1M"', 'air.bad_duration', []],
    ['{"duration":{}}', '"PT"', 'air.bad_duration', []],
    ['{"duration":{}}', '"5m1h"', 'air.bad_duration', []],
    ['{"duration":{}}', '"0.5ns"', 'air.bad_duration', []],
    ['{"bytes":{}}', '"AQI"', 'air.bad_base64', []],
    ['{"bytes":{}}', '"AR=="', 'air.bad_base64', []],
    ['{"dec128":{}}', '"1e3"', 'air.bad_dec128', []],
    ['{"dec128":{}}', '1.5', 'air.type_mismatch', []],
    ['{"hash":{}}', '"sha256:00"', 'air.bad_hash', []],
    ['{"unit":{}}', '1', 'air.type_mismatch', []],
    [EVENT, '{"Start":{"targt":3}}', 'air.unknown_key', ['Start', 'targt']],
    [EVENT, '{"Start":{}}', 'air.missing_field', ['Start', 'target']],
    [EVENT, '{"Stop":null}', 'air.unknown_arm', []],
    [EVENT, '"Start"', 'air.arm_payload', []],
    [EVENT, '{"Tick":1}', 'air.type_mismatch', ['Tick']],
    [EVENT, '{"Tick":null,"Start":{"target":1}}', 'air.type_mismatch', []],
    ['{"map":{"key":"nat","value":{"int":{}}}}', '[[1,2],["1",3]]', 'air.duplicate_map_key', [1]],
    ['{"map":{"key":"nat","value":{"int":{}}}}', '{"1":2}', 'air.type_mismatch', []],
    ['{"list":{"int":{}}}', '[1,"a"]', 'air.not_integer', [1]],
    ['{"list":{"int":{}}}', '{"list":[{"int":1},{"nat":1}]}', 'air.type_mismatch', ['list', 1]],
  ])('%s refuses %s with %s', (type, json, code, path) => {
    expect(read(type, json)).toContainEqual([code, path])
  })

  test('reports every issue, in order of path', () => {
    const type = '{"record":{"a":{"int":{}},"b":{"list":{"bool":{}}},"c":{"text":{}}}}'
    expect(read(type, '{"b":[true,1,"x"],"a":1.5,"z":0,"y":0}')).toStrictEqual([
      ['air.not_integer', ['a']],
      ['air.type_mismatch', ['b', 1]],
      ['air.type_mismatch', ['b', 2]],
      ['air.missing_field', ['c']],
      ['air.unknown_key', ['y']],
      ['air.unknown_key', ['z']],
    ])
  })

  test('keeps other spellings out of definitions', () => {
    const hash = `"sha256:${'A'.repeat(64)}"`
    expect(read('{"hash":{}}', hash)).toBe(`sha256:${'a'.repeat(64)}`)
    expect(read('{"hash":{}}', hash, { spelling: 'canonical' })).toStrictEqual([['air.bad_hash', []]])
  })
})

describe('the two readings of one literal', () => {
  test.each([
    ['{"variant":{"tag":{"text":{}},"x":{"unit":{}}}}', '{"tag":"x"}'],
    ['{"map":{"key":"text","value":{"list":{"text":{}}}}}', '{"map":[]}'],
    ['{"option":{"record":{"null":{"unit":{}}}}}', '{"null":{}}'],
    ['{"variant":{"$tag":{"text":{}},"x":{"unit":{}}}}', '{"$tag":"x"}'],
  ])('%s refuses %s', (type, json) => {
    expect(read(type, json)).toStrictEqual([['air.ambiguous_literal', []]])
  })

  test('both are shown', () => {
    const type = typeOf('{"variant":{"tag":{"text":{}},"x":{"unit":{}}}}')
    const result = valueFromJson(type, NONE, parseJson('{"tag":"x"}'))
    const [issue] = result.ok ? [] : result.issues
    expect(issue).toMatchObject({
      details: { sugar: '{"tag":"tag","value":{"text":"x"}}', tagged: '{"tag":"x"}' },
    })
  })

  test('a literal that reads the same both ways is that value', () => {
    expect(read('{"option":{"unit":{}}}', '{"null":{}}')).toBe(null)
    expect(read('{"record":{"record":{"unit":{}}}}', '{"record":{"record":{"null":{}}}}')).toEqual({ record: null })
  })

  test('the schema of the slot decides, not the shape', () => {
    const type = '{"record":{"text":{"text":{}},"lang":{"text":{}}}}'
    expect(read(type, '{"text":"hi","lang":"en"}')).toEqual({ text: 'hi', lang: 'en' })
    expect(read('{"list":{"text":{}}}', '["abc"]')).toEqual(['abc'])
    expect(read('{"int":{}}', '{"nat":5}')).toStrictEqual([['air.type_mismatch', []]])
    expect(read('{"int":{}}', '{"int":5,"x":1}')).toStrictEqual([['air.unknown_key', ['x']]])
  })
})

describe('valueToJson', () => {
  test.each([
    ['{"nat":{}}', 18446744073709551615n, '18446744073709551615', '{"nat":18446744073709551615}'],
    ['{"time":{}}', 1_760_000_000_000_000_000n, '"1760000000000000000"', '{"time_ns":1760000000000000000}'],
    ['{"duration":{}}', -5, '"-5"', '{"duration_ns":-5}'],
    ['{"bytes":{}}', Uint8Array.of(1, 2), '"AQI="', '{"bytes_b64":"AQI="}'],
    ['{"unit":{}}', null, 'null', '{"null":{}}'],
    [EVENT, { $tag: 'Tick' }, '{"Tick":null}', '{"tag":"Tick"}'],
    [
      '{"map":{"key":"int","value":{"bool":{}}}}',
      new Map([[1, true]]),
      '[[1,true]]',
      '{"map":[{"key":{"int":1},"value":{"bool":true}}]}',
    ],
    [
      '{"map":{"key":"text","value":{"bool":{}}}}',
      new Map([['a', true]]),
      '{"a":true}',
      '{"map":[{"key":{"text":"a"},"value":{"bool":true}}]}',
    ],
  ])('%s', (type, value, sugar, tagged) => {
    expect(formatJson(valueToJson(typeOf(type), NONE, value))).toBe(sugar)
    expect(formatJson(valueToJson(typeOf(type), NONE, value, { lens: 'tagged' }))).toBe(tagged)
  })

  test('refuses what is not of the type, with its path', () => {
    expect(() => valueToJson(typeOf('{"list":{"int":{}}}'), NONE, [1, 'a'])).toThrowError(
      expect.objectContaining({ code: 'air.type_mismatch', path: [1] }),
    )
  })
})
