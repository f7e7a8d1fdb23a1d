import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatDefinition,
  formatPatch,
  makeJsonSchemas,
  makePatch,
  parseDefinitions,
  parseJson,
  parsePatch,
} from '../src/index.ts'
import { plainDefinitions } from './arbitrary-definitions.ts'
import { setPairs } from './_sets.ts'
import { propertyOptions } from './_types.ts'
import { NODE_SHA256 } from './_util.ts'

const documents = makeJsonSchemas()

function accepts(name: string, value: unknown): boolean {
  const document = documents.find((each) => each.name === name)
  if (document === undefined) throw new Error(`there is no document ${name}`)
  return document.check(value).length === 0
}

const definitionJson = fc
  .tuple(plainDefinitions, fc.constantFrom('sugar' as const, 'tagged' as const))
  .map(([definition, lens]): unknown => JSON.parse(formatDefinition(definition, { lens })))

/** Without plans and grants: a document says nothing of slots. */
const patchJson = fc
  .tuple(setPairs, fc.constantFrom('sugar' as const, 'tagged' as const))
  .map(([{ base, next }, lens]): unknown => {
    const patch = makePatch({ sha256: NODE_SHA256, base, next })
    const operations = patch.operations.filter((each) => {
      if (each.op === 'add_def' || each.op === 'replace_def') return each.definition.kind !== 'defplan'
      return each.op !== 'set_defaults'
    })
    return JSON.parse(formatPatch({ ...patch, operations }, { lens }))
  })

/** What is put in the place of something else. */
const scraps: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 1, '', 'nat', 'sha256:', 'demo/A@1', 'demo/A', 'reducer', 'pure', [], {}, [1]),
  fc.constantFrom<unknown>(
    { nat: {} },
    { ref: 'demo/A@1' },
    { option: 'nat', list: 'nat' },
    { map: { key: 'bool', value: 'nat' } },
  ),
)
const keys = fc.constantFrom(
  '$kind',
  'name',
  'hash',
  'description',
  'x-\n',
  '$comment',
  'extra',
  'key_schema',
  'plans',
  'limits',
  'pure',
  '',
)

/** The value with one thing inside replaced, taken away, or added, as the numbers say. */
function damage(value: unknown, numbers: readonly number[], scrap: unknown, key: string): unknown {
  const [number = 0, ...rest] = numbers
  if (typeof value !== 'object' || value === null || number === 0) return scrap
  if (Array.isArray(value)) {
    const items = value as readonly unknown[]
    if (items.length === 0 || number === 1) return [...items, scrap]
    return items.map((item, index) => (index === number % items.length ? damage(item, rest, scrap, key) : item))
  }
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value)
  const at = number % Math.max(1, entries.length)
  if (number === 1 || entries.length === 0) return Object.fromEntries([...entries, [key, scrap]])
  if (number === 2) return Object.fromEntries(entries.filter((_, index) => index !== at))
  return Object.fromEntries(
    entries.map(([name, member], index) => [name, index === at ? damage(member, rest, scrap, key) : member]),
  )
}

describe('documents of patches', () => {
  it('take every patch in both lenses', () => {
    fc.assert(
      fc.property(patchJson, (json) => accepts('air-patch', json)),
      propertyOptions(60),
    )
  })

  it('take what the parser takes, and nothing else', () => {
    const seen = { taken: 0, refused: 0 }
    const numbers = fc.array(fc.nat(9), { minLength: 1, maxLength: 7 })
    fc.assert(
      fc.property(patchJson, numbers, scraps, keys, (json, places, scrap, key) => {
        const damaged = damage(json, places, scrap, key)
        const parsed = parsePatch(parseJson(JSON.stringify(damaged)), { slots: 'normal' })
        const issues = parsed.ok ? [] : parsed.issues.filter(({ code }) => code !== 'air.patch_node')
        const fits = accepts('air-patch', damaged)
        expect({ damaged, fits }).toEqual({ damaged, fits: issues.length === 0 })
        seen[fits ? 'taken' : 'refused'] += 1
      }),
      propertyOptions(300),
    )
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(20)
  })
})

describe('documents of definitions', () => {
  it('take every definition in both lenses', () => {
    fc.assert(
      fc.property(definitionJson, (json) => accepts('air-file', json) && accepts('air-file', [json, json])),
      propertyOptions(200),
    )
  })

  it('take what the parser takes, and nothing else', () => {
    const seen = { taken: 0, refused: 0 }
    const numbers = fc.array(fc.nat(9), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(definitionJson, numbers, scraps, keys, (json, places, scrap, key) => {
        const damaged = damage(json, places, scrap, key)
        const parsed = parseDefinitions(parseJson(JSON.stringify(damaged)), { reserved: 'accepted' })
        const issues = parsed.ok ? [] : parsed.issues.filter(({ code }) => code !== 'air.duplicate_name')
        const fits = accepts('air-file', damaged)
        expect({ damaged, fits }).toEqual({ damaged, fits: issues.length === 0 })
        seen[fits ? 'taken' : 'refused'] += 1
      }),
      propertyOptions(1500),
    )
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(50)
  })
})
