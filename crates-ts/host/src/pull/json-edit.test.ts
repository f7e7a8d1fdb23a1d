import fc from 'fast-check'
import { formatJson, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { expect, test } from 'vitest'
import { applySplices, editValue, keyOf } from './json-edit.ts'
import { spansOfJson } from './json-spans.ts'

const seed = Number(process.env['AOS_SEED'] ?? 20261128)

const KEYS = ['a', 'b', 'c', 'name', '$comment', 'q"\\']

const value: fc.Arbitrary<JsonNode> = fc.letrec<{ readonly node: JsonNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonNode>(null, true, 'x', 'y', '', '[{"', '\n', { kind: 'number', text: '-1.5e+3' }),
    fc.array(tie('node'), { maxLength: 5 }),
    fc.uniqueArray(fc.tuple(fc.constantFrom(...KEYS), tie('node')), { maxLength: 4, selector: ([key]) => key }).map((members) => new Map(members)), // prettier-ignore
  ),
})).node

/** A value and another one that is like it. */
const pair = fc.tuple(value, value, fc.nat(3)).map(([from, other, how]) => ({
  from,
  to: how === 0 ? other : mix(from, other, how),
}))

function mix(from: JsonNode, other: JsonNode, how: number): JsonNode {
  if (Array.isArray(from) && Array.isArray(other)) {
    const items: readonly JsonNode[] =
      how === 1 ? [...from.slice(1), ...other] : [...other.slice(0, 1), ...from.toReversed()]
    return items
  }
  if (from instanceof Map && other instanceof Map) {
    const members = [...from].map(([key, node]): [string, JsonNode] => [key, mix(node, other.get(key) ?? node, how)])
    return new Map([...(how === 1 ? members.slice(1) : members), ...other])
  }
  return other
}

const LAYOUTS: readonly ((node: JsonNode) => string)[] = [
  (node) => formatJson(node),
  (node) => formatJson(node, { indent: 2 }),
  (node) => `\t${formatJson(node, { indent: 4 }).replaceAll('\n', '\r\n')} `,
  (node) => formatJson(node, { indent: 2 }).replaceAll(/^ +/gm, (spaces) => '\t'.repeat(spaces.length / 2)),
]

function edit(text: string, to: JsonNode): string {
  return applySplices(text, editValue(text, spansOfJson(text), { from: parseJson(text), to }))
}

test('an edited text says what it is to say, in every layout', () => {
  fc.assert(
    fc.property(pair, fc.nat(LAYOUTS.length - 1), ({ from, to }, layout) => {
      const text = LAYOUTS[layout]?.(from) ?? ''
      expect(keyOf(parseJson(edit(text, to)))).toBe(keyOf(to))
      expect(edit(text, from)).toBe(text)
    }),
    { seed, numRuns: 2000 },
  )
})

const node = (text: string): JsonNode => parseJson(text)

test.each([
  ['a member', '{"a":1,  "b" : 2}', '{"a":1,"b":3}', '{"a":1,  "b" : 3}'],
  ['a new member', '{\n    "a": 1\n}', '{"a":1,"b":[]}', '{\n    "a": 1,\n    "b": []\n}'],
  ['a member less', '{"a":1, "b":2, "c":3}', '{"a":1,"c":3}', '{"a":1, "c":3}'],
  ['the last member less', '{"a":1, "b":2 }', '{"a":1}', '{"a":1 }'],
  ['an item between', '[ 1,\n  3 ]', '[1,2,3]', '[ 1, 2,\n  3 ]'],
  ['an item that moved', '[{"k" : 1},{"k":2}]', '[{"k":2},{"k":1}]', '[{"k":2}, {"k" : 1}]'],
  ['a name like the others', '[{ "name": "a" }]', '["a","b"]', '[{ "name": "a" }, { "name": "b" }]'],
  ['nothing left', '[ 1, 2 ]', '[]', '[]'],
])('%s', (_what, text, to, expected) => {
  const from = text.includes('"name"') ? node('["a"]') : node(text)
  expect(applySplices(text, editValue(text, spansOfJson(text), { from, to: node(to) }))).toBe(expected)
})

test('what neither side knows stays: annotations and members that follow from others', () => {
  const text = '{ "$comment": "why", "a": 1, "empty": [] }'
  const [from, to] = [node('{"a":1,"derived":1}'), node('{"a":2,"derived":1}')]
  expect(applySplices(text, editValue(text, spansOfJson(text), { from, to }))).toBe(
    '{ "$comment": "why", "a": 2, "empty": [] }',
  )
})

test('a value that is written in another form is written anew, and nothing around it', () => {
  const text = '{ "x-note": 1,   "params": { "url": "a" } }'
  const [from, to] = [
    node('{"params":{"record":{"url":{"text":"a"}}}}'),
    node('{"params":{"record":{"url":{"text":"b"}}}}'),
  ]
  expect(applySplices(text, editValue(text, spansOfJson(text), { from, to }))).toBe(
    '{ "x-note": 1,   "params": { "record": { "url": { "text": "b" } } } }',
  )
})
