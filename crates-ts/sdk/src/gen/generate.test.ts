import type { DefModule, TypeExpr } from '@aos/air'
import { describe, expect, it } from 'vitest'
import { generateGuest } from './generate.ts'

const nat: TypeExpr = { kind: 'nat' }
const ref = (name: string): TypeExpr => ({ kind: 'ref', name })
const variant = (arms: Record<string, TypeExpr>): TypeExpr => ({ kind: 'variant', arms: new Map(Object.entries(arms)) })
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

  it('depends on no order of fields and arms', () => {
    const fields = { zz: nat, a: nat, bb: nat, 'b-b': nat, b_b: nat }
    const arms = { Later: { kind: 'unit' }, First: { kind: 'unit' }, first: nat } as const
    const turned = <T>(members: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(Object.entries(members).toReversed())
    const textOf = (state: TypeExpr, event: TypeExpr): string =>
      generatedOf([...SCHEMAS, ['test/State@1', state], ['test/Event@1', event]])
    const text = textOf(record(fields), variant(arms))
    expect(textOf(record(turned(fields)), variant(turned(arms)))).toBe(text)
    const state = text.slice(text.indexOf('export class State'))
    expect([...state.matchAll(/writeNat\(this\.(\w+)\)/g)].map(([, name]) => name)).toEqual([
      'a',
      'bb',
      'zz',
      'b_b_',
      'b_b',
    ])
    expect([...text.matchAll(/get is(\w+)\(/g)].map(([, name]) => name)).toEqual(['First', 'Later', 'First_'])
  })

  it('gives the constructor what has no default, and names what could be taken for each other', () => {
    const unit: TypeExpr = { kind: 'unit' }
    const text = generatedOf([
      ...SCHEMAS,
      ['test/Chosen@1', variant({ Off: unit, On: unit })],
      ['test/Sole@1', variant({ Some: nat, None: unit })],
      ['test/Boxed@1', record({ n: nat, chosen: ref('test/Chosen@1') })],
      ['test/Inner@1', record({ n: nat, sole: ref('test/Sole@1') })],
      ['test/Event@1', record({ to: ref('test/Chosen@1'), from: ref('test/Chosen@1'), n: nat })],
      [
        'test/State@1',
        record({ n: nat, inner: ref('test/Inner@1'), chosen: ref('test/Chosen@1'), box: ref('test/Boxed@1') }),
      ],
    ])
    const classOf = (name: string): string => new RegExp(`export class ${name} {[^]*?\n}`).exec(text)?.[0] ?? ''
    const headOf = (name: string): string => /{([^]*?)\n\n? {2}schemaName/.exec(classOf(name))?.[1]?.trim() ?? ''
    expect(classOf('Chosen')).not.toContain('initial')
    expect(classOf('Sole')).toContain('return Sole.None()')
    expect(headOf('Inner')).toBe('n: u64 = 0\n  sole: Sole = Sole.initial()\n\n  constructor() {}')
    expect(headOf('State')).toBe(
      'n: u64 = 0\n  inner: Inner = new Inner()\n\n  constructor(\n    public box: Boxed,\n    public chosen: Chosen,\n  ) {}',
    )
    expect(headOf('Event')).toContain(
      'n: u64 = 0\n\n  private constructor(\n    named: Named$,\n    public to: Chosen,\n    public from: Chosen,\n  ) {}',
    )
    expect(headOf('Event')).toContain(
      'static of_to_from(to: Chosen, from: Chosen): Event {\n    return new Event(changetype<Named$>(0), to, from)',
    )
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
