import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { airDiffJson, diffDefinitions, formatJson, isJsonArray, isJsonObject, parseDefinitions } from '../src/index.ts'
import { checkAcceptance, parseJson } from '../src/index.ts'
import type { Definition, JsonNode, TypeExpr } from '../src/index.ts'
import { listVectors } from './_util.ts'

const VECTORS = new URL('../../../spec/vectors/air/', import.meta.url)

/** Read with our own reader, so that numbers beyond 2^53 keep their digits. */
function casesOf(file: string): readonly { readonly name: string; readonly member: (key: string) => JsonNode }[] {
  const node = parseJson(readFileSync(new URL(file, VECTORS), 'utf8'))
  if (!isJsonArray(node)) throw new Error(`${file} is no list`)
  return node.map((each) => {
    const member = (key: string): JsonNode => {
      const found = isJsonObject(each) ? each.get(key) : undefined
      if (found === undefined) throw new Error(`${file}: a case lacks ${key}`)
      return found
    }
    return { name: String(member('name')), member }
  })
}

function definitionsOf(node: JsonNode): readonly Definition[] {
  const parsed = parseDefinitions(node)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return parsed.value
}

/** Messages are for people and no part of the vectors. */
function withoutMessages(node: JsonNode): JsonNode {
  if (isJsonArray(node)) return node.map(withoutMessages)
  if (!isJsonObject(node)) return node
  const kept = [...node].filter(([key]) => key !== 'message' || !node.has('code'))
  return new Map(kept.map(([key, value]) => [key, withoutMessages(value)]))
}

describe.each(listVectors('diff'))('%s', (file) => {
  it.each(casesOf(file))('$name', ({ member }) => {
    const [before, after] = [definitionsOf(member('before')), definitionsOf(member('after'))]
    const found = withoutMessages(airDiffJson(diffDefinitions({ before, after })))
    expect(formatJson(found)).toBe(formatJson(member('diff')))
  })

  it.each(casesOf(file))('$name: the other way round has the same places', ({ member }) => {
    const [before, after] = [definitionsOf(member('before')), definitionsOf(member('after'))]
    const there = diffDefinitions({ before, after }).definitions
    const back = diffDefinitions({ before: after, after: before }).definitions
    expect(back.map(({ kind, name }) => [kind, name])).toEqual(there.map(({ kind, name }) => [kind, name]))
    for (const [index, diff] of there.entries()) {
      expect(back[index]?.acceptsOld).toEqual(diff.acceptedByOld)
      expect(back[index]?.acceptedByOld).toEqual(diff.acceptsOld)
    }
  })
})

describe('witnesses', () => {
  const pairs = new Map<string, TypeExpr>()
  const ref = (name: string): TypeExpr => ({ kind: 'ref', name })
  for (let level = 0; level < 40; level += 1) {
    const leaf: TypeExpr = level === 0 ? { kind: 'nat' } : ref(`t/P@${level}`)
    pairs.set(`t/P@${level + 1}`, { kind: 'record', fields: new Map([['a', leaf], ['b', leaf]]) }) // prettier-ignore
  }

  it('that would not fit on paper are not written: the verdict is unknown', () => {
    const other = new Map([...pairs, ['t/P@1', { kind: 'nat' } as const]])
    const verdict = checkAcceptance({ type: ref('t/P@40'), table: pairs }, { type: ref('t/P@40'), table: other })
    expect(verdict).toMatchObject({ verdict: 'unknown', code: 'air.too_large' })
  })

  it('are not needed for a yes, however often a schema is shared', () => {
    const other = new Map([...pairs, ['t/P@1', { kind: 'map', key: 'text', value: { kind: 'nat' } } as const]])
    const verdict = checkAcceptance({ type: ref('t/P@40'), table: pairs }, { type: ref('t/P@40'), table: other })
    expect(verdict).toEqual({ verdict: 'yes' })
  })

  it('have a tag that is no arm, also where arms are named like samples', () => {
    for (const kind of ['text', 'dec128', 'hash', 'uuid'] as const) {
      const zeros = {
        text: '',
        dec128: '0',
        hash: `sha256:${'0'.repeat(64)}`,
        uuid: '00000000-0000-0000-0000-000000000000',
      }
      const arms = new Map<string, TypeExpr>([[zeros[kind], { kind: 'unit' }], ['0', { kind: 'unit' }]]) // prettier-ignore
      const record: TypeExpr = { kind: 'record', fields: new Map([['$tag', { kind }]]) }
      const table = new Map<string, TypeExpr>()
      const verdict = checkAcceptance({ type: record, table }, { type: { kind: 'variant', arms }, table })
      expect(verdict).toMatchObject({ verdict: 'no', code: 'air.unknown_arm' })
    }
  })

  it('of records are none when a field has no values', () => {
    const table = new Map<string, TypeExpr>()
    const none: TypeExpr = { kind: 'variant', arms: new Map() }
    const record: TypeExpr = { kind: "record", fields: new Map<string, TypeExpr>([["a", none], ["b", { kind: "int" }]]) } // prettier-ignore
    expect(checkAcceptance({ type: record, table }, { type: { kind: 'bool' }, table })).toEqual({ verdict: 'yes' })
    expect(checkAcceptance({ type: { kind: 'map', key: 'int', value: none }, table }, { type: { kind: 'record', fields: new Map() }, table })).toEqual({ verdict: 'yes' }) // prettier-ignore
  })
})
