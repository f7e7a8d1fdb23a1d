import type { DefModule, TypeExpr } from '@aos/air'
import { describe, expect, it } from 'vitest'
import { generateGuest } from './generate.ts'

const nat: TypeExpr = { kind: 'nat' }
const ref = (name: string): TypeExpr => ({ kind: 'ref', name })
const record = (fields: Record<string, TypeExpr>): TypeExpr => ({
  kind: 'record',
  fields: new Map(Object.entries(fields)),
})

function reducer(abi: { state: string; event: string; context?: string }): DefModule {
  return {
    kind: 'defmodule',
    name: 'test/Module@1',
    moduleKind: 'reducer',
    wasmHash: '' as DefModule['wasmHash'], // the generator does not look at it
    reducer: { ...abi, effectsEmitted: [], capSlots: new Map() },
  }
}

const SCHEMAS: readonly (readonly [string, TypeExpr])[] = [
  ['test/State@1', record({ total: nat, inner: ref('test/Inner@1') })],
  ['test/Inner@1', record({ deep: record({ nat }) })],
  ['test/Event@1', record({ amount: ref('test/Amount@1') })],
  ['test/Amount@1', nat],
  ['test/Unused@1', record({ nat })],
]

const MODULE = reducer({ state: 'test/State@1', event: 'test/Event@1' })

function generatedOf(schemas: readonly (readonly [string, TypeExpr])[], extraSchemas: readonly string[] = []): string {
  return generateGuest({ module: MODULE, schemas: new Map(schemas), extraSchemas }).get('generated.ts') ?? ''
}

describe('generateGuest', () => {
  it('has classes for what the module reaches and for nothing else', () => {
    const classes = [...generatedOf(SCHEMAS).matchAll(/export (?:class|type|enum) (\w+)/g)].map(([, name]) => name)
    expect(classes).toEqual(['Amount', 'Event', 'InnerDeep', 'Inner', 'State'])
  })

  it('depends on the schemas, not on their order in the table', () => {
    expect(generatedOf(SCHEMAS.toReversed())).toBe(generatedOf(SCHEMAS))
    expect(generatedOf(SCHEMAS.filter(([name]) => name !== 'test/Unused@1'))).toBe(generatedOf(SCHEMAS))
  })

  it('adds the schemas that the author asks for', () => {
    expect(generatedOf(SCHEMAS, ['test/Unused@1'])).toContain('export class Unused ')
    expect(generatedOf(SCHEMAS)).not.toContain('Unused')
  })

  it('keeps the order of fields for the author and uses that of encoded keys for the bytes', () => {
    const text = generatedOf([...SCHEMAS.slice(1), ['test/State@1', record({ zz: nat, a: nat, bb: nat })]])
    const state = text.slice(text.indexOf('export class State'))
    expect([...state.matchAll(/public (\w+):/g)].map(([, name]) => name)).toEqual(['zz', 'a', 'bb'])
    expect([...state.matchAll(/writeNat\(this\.(\w+)\)/g)].map(([, name]) => name)).toEqual(['a', 'bb', 'zz'])
  })

  it('imports the context only for a module that declares one', () => {
    const glueOf = (module: DefModule): string =>
      generateGuest({ module, schemas: new Map(SCHEMAS) }).get('glue.ts') ?? ''
    expect(glueOf(MODULE)).toContain('reduce(state, event, out)')
    const withContext = reducer({ state: 'test/State@1', event: 'test/Event@1', context: 'test/Inner@1' })
    expect(glueOf(withContext)).toContain('reduce(state, event, out, context)')
  })

  it.each([
    ['sdk.unknown_schema', reducer({ state: 'test/State@1', event: 'test/Missing@1' }), SCHEMAS],
    ['sdk.recursive_schema', MODULE, [...SCHEMAS, ['test/Inner@1', record({ back: ref('test/State@1') })] as const]],
    ['sdk.not_a_guest', { ...MODULE, reducer: undefined } as unknown as DefModule, SCHEMAS], // what a parser never makes
  ])('refuses with %s', (code, module, schemas) => {
    expect(() => generateGuest({ module, schemas: new Map(schemas) })).toThrow(
      expect.objectContaining({ code }) as Error,
    )
  })
})
