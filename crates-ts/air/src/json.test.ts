import { isAosError } from '@aos/cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatJson } from './json-format.ts'
import { isJsonArray, isJsonObject, parseJson, type JsonNode } from './json.ts'

const seed = Number(process.env['AOS_SEED'] ?? 20261121)

/** What JSON.parse would make, for texts on which both agree. */
function plain(node: JsonNode): unknown {
  if (isJsonArray(node)) return node.map(plain)
  if (isJsonObject(node)) return Object.fromEntries([...node].map(([key, value]) => [key, plain(value)]))
  return typeof node === 'object' && node !== null ? Number(node.text) : node
}

function failure(text: string, depthMax?: number): { code: string; path: unknown; details: unknown } {
  try {
    parseJson(text, depthMax === undefined ? {} : { depthMax })
  } catch (error) {
    if (isAosError(error)) return { code: error.code, path: error.path, details: error.details }
    throw error
  }
  throw new Error(`accepted ${text}`)
}

describe('parseJson', () => {
  it('keeps the text of numbers', () => {
    expect(parseJson('[18446744073709551615,-0,1.50,1E+2]')).toEqual(
      ['18446744073709551615', '-0', '1.50', '1E+2'].map((text) => ({ kind: 'number', text })),
    )
  })

  it('keeps __proto__ as a key', () => {
    expect(parseJson('{"__proto__":1}')).toEqual(new Map([['__proto__', { kind: 'number', text: '1' }]]))
  })

  it('refuses a duplicate key with its path, spelled either way', () => {
    expect(failure('{"a":[{"b":1,"\\u0062":2}]}')).toEqual({
      code: 'air.duplicate_key',
      path: ['a', 0, 'b'],
      details: { offset: 13, line: 1, column: 14 },
    })
  })

  it('says where, in bytes, lines and code points', () => {
    expect(failure('{"é😀":\n "x" 1}')).toEqual({
      code: 'air.bad_json',
      path: [],
      details: { offset: 16, line: 2, column: 6 },
    })
    expect(failure('{"a":[1,nul]}').path).toEqual(['a', 1])
  })

  it.each([
    '',
    ' ',
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e',
    '1e5.2',
    'NaN',
    'Infinity',
    'tru',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{"a"}',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    '"a',
    '"\t"',
    '"\\x41"',
    '"\\u12g4"',
    '"\\ud800"',
    '"\\ude00\\ud83d"',
    '"\ud800"',
    '1 2',
    '\ufeff1',
    '// c\n1',
    '\u00a01',
  ])('refuses %j', (text) => {
    expect(failure(text).code).toBe('air.bad_json')
  })

  it('bounds nesting', () => {
    expect(parseJson('[[[]]]', { depthMax: 3 })).toEqual([[[]]])
    expect(failure('[[[]]]', 2)).toEqual({
      code: 'air.too_deep',
      path: [0, 0],
      details: { offset: 2, line: 1, column: 3 },
    })
    expect(failure('['.repeat(100_000)).code).toBe('air.too_deep')
  })

  it('agrees with JSON.parse on what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(3), (text, indent) => {
        const value: unknown = JSON.parse(text)
        fc.pre(JSON.stringify(value).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(value)))
        const node = parseJson(JSON.stringify(value, null, indent))
        expect(plain(node)).toEqual(value)
        expect(formatJson(node)).toBe(JSON.stringify(value))
        expect(parseJson(formatJson(node, { indent: 2 }))).toEqual(node)
      }),
      { seed },
    )
  })
})

describe('formatJson', () => {
  it('keeps simple members on one line', () => {
    const text = `{
  "name": "demo/State@1",
  "type": {
    "record": {
      "pc": { "ref": "demo/Pc@1" },
      "tags": { "list": { "option": { "text": {} } } },
      "sizes": [1, 2, 3]
    }
  },
  "none": []
}`
    expect(formatJson(parseJson(text), { indent: 2 })).toBe(text)
    expect(formatJson(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)))
  })
})
