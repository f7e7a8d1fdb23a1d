import { isAosError, toHex } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../json.ts'
import type { TypeExpr } from '../model.ts'
import { encodeTypeExpr } from './node.ts'
import { parseTypeExpr } from './parse.ts'
import { resolveType } from './resolve.ts'

function parsed(text: string): TypeExpr {
  const result = parseTypeExpr(parseJson(text))
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}

function issuesOf(text: string, lenient = false): readonly string[] {
  const result = parseTypeExpr(parseJson(text), { lenient })
  return result.ok ? [] : result.issues.map(({ code, path }) => `${code} ${path.join('.')}`)
}

describe('parseTypeExpr', () => {
  it('folds both lenses to one expression', () => {
    const tagged = `{"record":{"a":{"nat":{}},"b":{"map":{"key":{"text":{}},"value":{"option":{"ref":"demo/X@1"}}}},
      "c":{"variant":{"On":{"unit":{}},"Off":{"list":{"set":{"bytes":{}}}}}}}}`
    const sugar = `{"record":{"a":"nat","b":{"map":{"key":"text","value":{"option":"demo/X@1"}}},
      "c":{"variant":{"On":"unit","Off":{"list":{"set":"bytes"}}}}}}`
    expect(parsed(sugar)).toEqual(parsed(tagged))
  })

  it('keeps the empty map of a primitive in the node', () => {
    expect(toHex(encodeTypeExpr(parsed('"nat"')))).toBe('d9d9f7a1636e6174a0')
    expect(toHex(encodeTypeExpr(parsed('{"map":{"key":"int","value":"unit"}}')))).toBe(
      'd9d9f7a1636d6170a2636b6579a163696e74a06576616c7565a164756e6974a0',
    )
  })

  it('reads annotations and forgets them, but not inside a record', () => {
    expect(parsed('{"nat":{"description":"how many"},"$comment":"x","x-unit":1}')).toEqual({ kind: 'nat' })
    expect(parsed('{"record":{"description":"text"}}')).toEqual({
      kind: 'record',
      fields: new Map([['description', { kind: 'text' }]]),
    })
    expect(issuesOf('{"record":{"$comment":"a remark"}}')).toEqual(['air.bad_type record.$comment'])
  })

  it.each([
    ['{"nat":{},"int":{}}', ['air.ambiguous_type ']],
    ['{"natt":{}}', ['air.bad_type ']],
    ['{}', ['air.bad_type ']],
    ['5', ['air.bad_type ']],
    ['null', ['air.bad_type ']],
    ['["nat"]', ['air.bad_type ']],
    ['"Nat"', ['air.bad_type ']],
    ['"nat?"', ['air.bad_type ']],
    ['{"nat":null}', ['air.bad_type nat']],
    ['{"nat":{"max":3}}', ['air.unknown_key nat.max']],
    ['{"list":"nat","max":3}', ['air.unknown_key max']],
    ['{"ref":"demo/State"}', ['air.bad_name ref']],
    ['{"ref":"Demo/State@1"}', ['air.bad_name ref']],
    ['{"ref":"demo/State@01"}', ['air.bad_name ref']],
    ['{"ref":"demo/State@0"}', ['air.bad_name ref']],
    ['{"ref":7}', ['air.bad_type ref']],
    ['{"map":{"key":"bool","value":"nat"}}', ['air.bad_map_key map.key']],
    ['{"map":{"key":"demo/Id@1","value":"nat"}}', ['air.bad_map_key map.key']],
    ['{"map":{"value":{"nat":{}},"size":1}}', ['air.missing_field map.key', 'air.unknown_key map.size']],
    [
      '{"record":{"b":"x","a":{"list":{}},"":"nat"}}',
      ['air.bad_name record.', 'air.bad_type record.a.list', 'air.bad_type record.b'],
    ],
    ['{"record":[]}', ['air.bad_type record']],
  ])('refuses %s with every issue, by path', (text, expected) => {
    expect(issuesOf(text)).toEqual(expected)
  })

  it('takes unknown keys when lenient', () => {
    expect(issuesOf('{"list":"nat","max":3}', true)).toEqual([])
    expect(issuesOf('{"nat":{},"int":{}}', true)).toEqual(['air.ambiguous_type '])
  })

  it('bounds nesting', () => {
    const nested = (depth: number): string => `${'{"list":'.repeat(depth)}"nat"${'}'.repeat(depth)}`
    expect(issuesOf(nested(31))).toEqual([])
    expect(issuesOf(nested(32))).toEqual([`air.too_deep ${Array.from({ length: 32 }, () => 'list').join('.')}`])
  })
})

describe('resolveType', () => {
  const table = new Map<string, TypeExpr>([
    ['demo/A@1', { kind: 'ref', name: 'demo/B@1' }],
    ['demo/B@1', { kind: 'ref', name: 'demo/C@1' }],
    ['demo/C@1', { kind: 'list', item: { kind: 'ref', name: 'demo/C@1' } }],
    ['demo/X@1', { kind: 'ref', name: 'demo/Y@1' }],
    ['demo/Y@1', { kind: 'ref', name: 'demo/Z@1' }],
    ['demo/Z@1', { kind: 'ref', name: 'demo/Y@1' }],
  ])

  it('follows aliases of aliases', () => {
    expect(resolveType({ kind: 'ref', name: 'demo/A@1' }, table).kind).toBe('list')
    expect(resolveType({ kind: 'unit' }, table)).toEqual({ kind: 'unit' })
  })

  it('names the cycle and the missing schema', () => {
    const caught = (name: string): unknown => {
      try {
        return resolveType({ kind: 'ref', name }, table)
      } catch (error) {
        if (!isAosError(error)) throw error
        return [error.code, error.details]
      }
    }
    expect(caught('demo/X@1')).toEqual(['air.recursive_type', { cycle: ['demo/Y@1', 'demo/Z@1', 'demo/Y@1'] }])
    expect(caught('demo/None@1')).toEqual(['air.unknown_schema', { name: 'demo/None@1' }])
  })
})
