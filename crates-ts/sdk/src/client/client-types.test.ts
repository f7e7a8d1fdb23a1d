import { EMPTY_MANIFEST, formatJson, parseJson, valueFromJson, valueToJson } from '@aos/air'
import type { DefModule, DefPlan, MapKeyType, Manifest, TypeExpr } from '@aos/air'
import fc from 'fast-check'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { generateClientTypes } from './client-types.ts'
import type { ClientTypesRequest } from './client-types.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_128)

const of = (
  kind: Exclude<TypeExpr['kind'], 'record' | 'variant' | 'list' | 'set' | 'map' | 'option' | 'ref'>,
): TypeExpr => ({
  kind,
})
const ref = (name: string): TypeExpr => ({ kind: 'ref', name })
const option = (inner: TypeExpr): TypeExpr => ({ kind: 'option', inner })
const record = (fields: Readonly<Record<string, TypeExpr>>): TypeExpr => ({
  kind: 'record',
  fields: new Map(Object.entries(fields)),
})
const variant = (arms: Readonly<Record<string, TypeExpr>>): TypeExpr => ({
  kind: 'variant',
  arms: new Map(Object.entries(arms)),
})

function manifestOf(schemas: Iterable<string>): Manifest {
  return { ...EMPTY_MANIFEST, schemas: [...schemas].map((name) => ({ name, hash: EMPTY_HASH })) }
}

const EMPTY_HASH = `sha256:${'0'.repeat(64)}` as Manifest['schemas'][number]['hash'] // nobody looks at it

function requestOf(table: ReadonlyMap<string, TypeExpr>, more: Partial<ClientTypesRequest> = {}): ClientTypesRequest {
  return {
    manifest: manifestOf(table.keys()),
    table,
    modules: new Map(),
    plans: new Map(),
    effects: new Map(),
    ...more,
  }
}

/** What the compiler says of a module, each with its line. */
function compile(text: string): readonly string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: [],
    lib: ['lib.es5.d.ts'],
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
  }
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, target) =>
    name === 'client.ts' ? ts.createSourceFile(name, text, target) : read(name, target)
  const program = ts.createProgram(['client.ts'], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ start = 0, messageText, file }) => {
    const before = file?.text.slice(0, start).split('\n').length ?? 0
    const line = file?.text.split('\n')[before - 1] ?? ''
    return `${ts.flattenDiagnosticMessageText(messageText, '\n')} in ${line}`
  })
}

const SCHEMAS = new Map<string, TypeExpr>([
  [
    'demo/Order@1',
    record({
      note: option(of('text')),
      id: of('uuid'),
      at: of('time'),
      lines: { kind: 'list', item: ref('demo/Line@1') },
    }),
  ],
  ['demo/Line@1', record({ name: of('text'), 'unit-price': of('dec128'), count: of('nat') })],
  ['demo/Event@1', variant({ Placed: ref('demo/Order@1'), Closed: of('unit'), $tag: of('int') })],
  ['demo/Key@1', of('text')],
  ['demo/Events@1', of('bool')],
  ['demo/EventInput@1', record({})],
])

const REDUCER: DefModule = {
  kind: 'defmodule',
  name: 'demo/Shop@1',
  moduleKind: 'reducer',
  wasmHash: EMPTY_HASH,
  keySchema: 'demo/Key@1',
  reducer: { state: 'demo/Order@1', event: 'demo/Event@1', effectsEmitted: [], capSlots: new Map() },
}
const PLAN: DefPlan = {
  kind: 'defplan',
  name: 'demo/plan@1',
  input: 'demo/Order@1',
  output: 'demo/Line@1',
  locals: new Map(),
  steps: [{ op: 'await_event', id: 'a', event: 'demo/Line@1', bind: 'a' }],
  edges: [],
  requiredCaps: [],
  allowedEffects: [],
  invariants: [],
}
const WORLD = requestOf(SCHEMAS, {
  manifest: {
    ...manifestOf(SCHEMAS.keys()),
    routes: [{ event: 'demo/Event@1', reducer: 'demo/Shop@1', keyField: 'id' }],
  },
  modules: new Map([[REDUCER.name, REDUCER]]),
  plans: new Map([[PLAN.name, PLAN]]),
})

describe('generateClientTypes', () => {
  const text = generateClientTypes(WORLD)

  it('names what is printed and what is accepted, and lists both', () => {
    expect(text).toContain(`/** \`demo/Line@1\` */
export interface Line {
  readonly count: number
  readonly name: string
  readonly "unit-price": string
}

export interface LineInput {
  readonly count: number | string
  readonly name: string
  readonly "unit-price": string
}
`)
    expect(text).toContain('export type Key = string\n\nexport type KeyInput = Key\n')
    // Names that are taken get a number.
    expect(text).toContain('export type Events2 = boolean')
    expect(text).toContain('readonly "demo/Event@1": { readonly value: Event; readonly input: EventInput2 }')
    expect(text).toContain(
      'readonly "demo/Shop@1": { readonly state: Order; readonly key: Key; readonly keyInput: KeyInput; readonly event: Event }',
    )
    expect(text).toContain('readonly "demo/plan@1": { readonly input: OrderInput; readonly output: Line }')
    expect(text).toContain('export interface Effects {}')
    expect(text).not.toMatch(/ $/m)
  })

  it('does not depend on the order of definitions or of their members', () => {
    const reversed = new Map([...SCHEMAS].toReversed().map(([name, type]) => [name, turned(type)]))
    const other = {
      ...WORLD,
      table: reversed,
      manifest: { ...WORLD.manifest, schemas: WORLD.manifest.schemas.toReversed() },
    }
    expect(generateClientTypes(other)).toBe(text)
  })

  it('compiles, and takes values for what they are', () => {
    const order = '{ "id": "a", "at": "5", "note": null, "lines": [] }'
    const good = [
      `const a: Reducers['demo/Shop@1']['state'] = ${order}`,
      `const b: Events['demo/Event@1']['value'] = { "Closed": null }`,
      `const c: Events['demo/Event@1']['input'] = "Closed"`,
      `const d: Events['demo/Event@1']['value'] = { "$tag": "$tag", "$value": 5 }`,
      `const e: Plans['demo/plan@1']['input'] = { "id": "a", "at": 5, "lines": [{ "count": "5", "name": "x", "unit-price": "1" }] }`,
      `const f = (event: Event): string => 'Placed' in event ? event.Placed.id : 'other'`,
    ]
    const bad = [
      `const k: Order = { "id": "a", "at": "5", "lines": [] }`,
      `const l: Order = { "id": "a", "at": 5, "note": null, "lines": [] }`,
      `const m: Event = { "Closed": {} }`,
      `const n: EventInput2 = "Placed"`,
      `const o: EventInput2 = { "Opened": null }`,
      `const p: Events['demo/Order@1']['input'] = ${order}`,
    ]
    expect(compile([text, ...good, ...bad].join('\n')).map((said) => / in const (\w)/.exec(said)?.[1])).toEqual([
      ...'klmnop',
    ])
  })
})

function turned(type: TypeExpr): TypeExpr {
  if (type.kind === 'record') return { kind: 'record', fields: new Map([...type.fields].toReversed()) }
  return type.kind === 'variant' ? { kind: 'variant', arms: new Map([...type.arms].toReversed()) } : type
}

const SCALARS = ['bool', 'int', 'nat', 'dec128', 'bytes', 'text', 'time', 'duration', 'hash', 'uuid', 'unit'] as const
const KEYS: readonly MapKeyType[] = ['int', 'nat', 'text', 'uuid', 'hash']
const NAMES = ['a', 'b', 'id', '$tag', '$value', 'new', 'with-dash', 'quo"te', 'back\\slash', 'é', '0']

const types: fc.Arbitrary<TypeExpr> = fc.letrec<{ type: TypeExpr }>((tie) => {
  const members = (least: number): fc.Arbitrary<ReadonlyMap<string, TypeExpr>> =>
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), tie('type')), {
        selector: ([name]) => name,
        minLength: least,
        maxLength: 4,
      })
      .map((list) => new Map(list))
  return {
    type: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(...SCALARS).map(of),
      members(0).map((fields): TypeExpr => ({ kind: 'record', fields })),
      members(1).map((arms): TypeExpr => ({ kind: 'variant', arms })),
      tie('type').map((item): TypeExpr => ({ kind: 'list', item })),
      tie('type').map((item): TypeExpr => ({ kind: 'set', item })),
      tie('type').map(option),
      fc.tuple(fc.constantFrom(...KEYS), tie('type')).map(([key, value]): TypeExpr => ({ kind: 'map', key, value })),
    ),
  }
}).type

const DIGITS = '0123456789abcdef'
const hex = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...DIGITS), { minLength: length, maxLength: length }).map((list) => list.join(''))

/** JSON that is accepted for a type, in whichever of its spellings. */
function accepted(type: TypeExpr): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'int':
    case 'duration':
      return fc.oneof(fc.maxSafeInteger(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String))
    case 'nat':
    case 'time':
      return fc.oneof(fc.maxSafeNat(), fc.bigInt(0n, 2n ** 64n - 1n).map(String))
    case 'dec128':
      return fc.constantFrom('0', '-1.50', '12345.6789')
    case 'bytes':
      return fc.constantFrom('', 'AQ==', 'AQIDBA==')
    case 'text':
      return fc.string()
    case 'hash':
      return hex(64).map((digits) => `sha256:${digits}`)
    case 'uuid':
      return hex(32).map((digits) => digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))
    case 'unit':
      return fc.constant(null)
    case 'record':
      return fc.record(Object.fromEntries([...type.fields].map(([name, field]) => [name, accepted(field)])), {
        requiredKeys: [...type.fields].flatMap(([name, field]) => (field.kind === 'option' ? [] : [name])),
      })
    case 'variant':
      return fc.oneof(...[...type.arms].flatMap(([name, arm]) => armOf(name, arm)))
    case 'list':
    case 'set':
      return fc.array(accepted(type.item), { maxLength: 2 })
    case 'map': {
      const entry = fc.tuple(accepted({ kind: type.key }), accepted(type.value))
      const entries = fc.uniqueArray(entry, { selector: ([key]) => String(key), maxLength: 2 })
      return type.key === 'text' ? entries.map((list) => Object.fromEntries(list)) : entries
    }
    case 'option':
      return fc.oneof(fc.constant(null), accepted(type.inner))
    case 'ref':
      throw new Error('there are none')
  }
}

function armOf(name: string, arm: TypeExpr): readonly fc.Arbitrary<unknown>[] {
  if (arm.kind === 'unit') return [fc.constant(name), fc.constant({ [name]: null })]
  return [accepted(arm).map((value) => (name === '$tag' ? { $tag: '$tag', $value: value } : { [name]: value }))]
}

it('what is printed and what is accepted are of their types, whatever the schema', { timeout: 60_000 }, () => {
  const samples = fc.sample(
    types.chain((type) => fc.tuple(fc.constant(type), fc.array(accepted(type), { minLength: 4, maxLength: 4 }))),
    { seed: SEED, numRuns: 80 },
  )
  const table = new Map(samples.map(([type], index) => [`t/T${index}@1`, type]))
  const lines = samples.flatMap(([type, values], index) =>
    values.flatMap((value, at) => {
      const json = JSON.stringify(value)
      const checked = valueFromJson(type, table, parseJson(json))
      // Where two readings are possible the value is refused, and no type can say so.
      if (!checked.ok) return []
      const printed = formatJson(valueToJson(type, table, checked.value))
      return [`const i${index}_${at}: T${index}Input = ${json}`, `const p${index}_${at}: T${index} = ${printed}`]
    }),
  )
  expect(lines.length, `seed ${SEED}`).toBeGreaterThan(500)
  expect(compile([generateClientTypes(requestOf(table)), ...lines].join('\n')), `seed ${SEED}`).toEqual([])
})
