import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkAcceptance,
  compareState,
  diffSchemas,
  type JsonNode,
  type SchemaTable,
  type StateItem,
  type StateReport,
  type StateVerdict,
  type TypeExpr,
} from '../src/index.ts'
import { formatJson } from '../src/json-format.ts'
import { choices, relatedType } from './_edits.ts'
import { patchedSet, patchOf, setOf, setPairs } from './_sets.ts'
import { propertyOptions, typedTable } from './_types.ts'
import { readVectors } from './_util.ts'

interface VectorFile {
  readonly base: readonly unknown[]
  readonly cases: readonly {
    readonly name: string
    readonly patch: unknown
    readonly verdict: StateVerdict
    readonly items: readonly object[]
  }[]
}

const file = readVectors<VectorFile>('../authority/state.json')
const base = setOf(file.base)

/** As it stands in a vector: types as JSON, of reasons only code and path. */
function plain({ because, fields, ...item }: StateItem): object {
  const json = (node: JsonNode): unknown => JSON.parse(formatJson(node))
  return {
    ...item,
    fields: fields.map(({ path, change, before, after }) => ({
      path,
      change,
      ...(before === undefined ? {} : { before: json(before) }),
      ...(after === undefined ? {} : { after: json(after) }),
    })),
    ...(because === undefined
      ? {}
      : { because: { code: because.code, ...('path' in because ? { path: because.path } : {}) } }),
  }
}

describe.each(file.cases)('$name', ({ patch, verdict, items }) => {
  const next = patchedSet(base, patchOf(patch, base))

  it('has these items', () => {
    const report = compareState({ base, next })
    expect(report.items.map(plain)).toEqual(items)
    expect(report.verdict).toBe(verdict)
  })

  it('says of what is not accepted where it differs, or that a schema is gone', () => {
    for (const { verdict: found, fields, before, after } of compareState({ base, next }).items) {
      if (found === 'accepted' || before === undefined || after === undefined) continue
      expect(fields).not.toEqual([])
    }
  })
})

it('a set compared with itself has no items', () => {
  expect(compareState({ base, next: base })).toEqual({ verdict: 'accepted', items: [] } satisfies StateReport)
})

it('the vectors have every subject with every verdict that it can have', () => {
  const seen = file.cases.flatMap(({ items }) => items.map((item) => `${String(Reflect.get(item, 'subject'))} ${String(Reflect.get(item, 'verdict'))}`)) // prettier-ignore
  expect([...new Set(seen)].toSorted()).toEqual([
    'asked accepted',
    'asked refused',
    'awaited accepted',
    'awaited refused',
    'key accepted',
    'key refused',
    'raised accepted',
    'raised migrated',
    'raised needs_migration',
    'raised refused',
    'state accepted',
    'state migrated',
    'state needs_migration',
  ])
})

it('any two sets have the same report again, and their items the gravest verdict', () => {
  const gravity: readonly StateVerdict[] = ['accepted', 'migrated', 'needs_migration', 'refused']
  fc.assert(
    fc.property(setPairs, ({ base: before, next }) => {
      const report = compareState({ base: before, next })
      expect(compareState({ base: before, next })).toEqual(report)
      const gravest = Math.max(0, ...report.items.map(({ verdict }) => gravity.indexOf(verdict)))
      expect(gravity.indexOf(report.verdict)).toBe(gravest)
    }),
    propertyOptions(100),
  )
})

/** The type with no reference in it. */
function writtenOut(type: TypeExpr, table: SchemaTable): unknown {
  const inside = (part: TypeExpr): unknown => writtenOut(part, table)
  switch (type.kind) {
    case 'ref': {
      const found = table.get(type.name)
      return found === undefined ? type : inside(found)
    }
    case 'record':
      return ['record', ...[...type.fields].map(([name, part]) => [name, inside(part)]).toSorted()]
    case 'variant':
      return ['variant', ...[...type.arms].map(([name, part]) => [name, inside(part)]).toSorted()]
    case 'list':
    case 'set':
      return [type.kind, inside(type.item)]
    case 'map':
      return ['map', type.key, inside(type.value)]
    case 'option':
      return ['option', inside(type.inner)]
    default:
      return type.kind
  }
}

it('schemas have no fields that differ exactly when they are equal with references followed', () => {
  let differing = 0
  fc.assert(
    fc.property(typedTable, choices, choices, ({ type, table }, first, second) => {
      const old = { type, table }
      const fresh = {
        type: relatedType(type, first),
        table: new Map([...table].map(([name, each]) => [name, name === 't/A@1' ? relatedType(each, second) : each])),
      }
      const items = diffSchemas(old, fresh)
      const isSame = JSON.stringify(writtenOut(type, table)) === JSON.stringify(writtenOut(fresh.type, fresh.table))
      expect(items.length === 0).toBe(isSame)
      if (checkAcceptance(old, fresh).verdict === 'no') expect(items).not.toEqual([])
      if (!isSame) differing += 1
      expect(diffSchemas(old, old)).toEqual([])
      // Each place once.
      expect(new Set(items.map(({ path, change }) => JSON.stringify([path, change]))).size).toBe(items.length)
    }),
    propertyOptions(300),
  )
  expect(differing).toBeGreaterThan(100)
})

it('two schemas that refer to another one over and over are compared in no time', () => {
  const level = (number: number): TypeExpr => {
    const below: TypeExpr = number === 0 ? { kind: 'nat' } : { kind: 'ref', name: `t/L${number - 1}@1` }
    return { kind: 'record', fields: new Map([['a', below], ['b', below]]) } // prettier-ignore
  }
  const table = new Map(Array.from({ length: 50 }, (_, number) => [`t/L${number}@1`, level(number)]))
  const changed = new Map([...table, ['t/L0@1', { kind: 'text' }] as const]) // prettier-ignore
  const type = { kind: 'ref', name: 't/L49@1' } as const
  const items = diffSchemas({ type, table }, { type, table: changed })
  expect(items.filter(({ change }) => change === 'retyped')).toHaveLength(1)
  expect(items.filter(({ change }) => change === 'reference_affected')).toHaveLength(49)
})
