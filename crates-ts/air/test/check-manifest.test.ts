import { describe, expect, it } from 'vitest'
import {
  BUILTIN_SCHEMAS,
  checkManifest,
  compareIssues,
  completeManifest,
  hashDefinition,
  isPlaceholder,
  parseDefinitions,
  parseJson,
} from '../src/index.ts'
import type { AirIssue, DefModule, DefSchema, Manifest } from '../src/index.ts'
import { NODE_SHA256 } from './_util.ts'

interface Set {
  readonly manifest: Manifest
  readonly schemas: ReadonlyMap<string, DefSchema>
  readonly modules: ReadonlyMap<string, DefModule>
}

/** Schemas by name in the sugar lens; all of them and all modules are listed. */
function makeSet(options: {
  readonly schemas: Readonly<Record<string, unknown>>
  readonly modules?: readonly unknown[]
  readonly routes?: readonly unknown[]
}): Set {
  const schemas = Object.entries(options.schemas).map(([name, type]) => ({ $kind: 'defschema', name, type }))
  const modules = options.modules ?? []
  const parsed = parseDefinitions(parseJson(JSON.stringify([...schemas, ...modules])))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const schemaMap = new Map<string, DefSchema>()
  const moduleMap = new Map<string, DefModule>()
  for (const definition of parsed.value) {
    if (definition.kind === 'defschema') schemaMap.set(definition.name, definition)
    if (definition.kind === 'defmodule') moduleMap.set(definition.name, definition)
  }
  const manifest = parseDefinitions(
    parseJson(
      JSON.stringify({
        $kind: 'manifest',
        air_version: '1',
        schemas: [...schemaMap.keys()],
        modules: [...moduleMap.keys()],
        routing: { events: options.routes ?? [] },
      }),
    ),
  )
  const [only] = manifest.ok ? manifest.value : []
  if (only?.kind !== 'manifest') throw new Error('expected a manifest')
  return { manifest: only, schemas: schemaMap, modules: moduleMap }
}

function complete(set: Set): Set {
  return { ...set, manifest: completeManifest({ ...set, sha256: NODE_SHA256 }) }
}

function found(set: Set): readonly string[] {
  return checkManifest({ ...complete(set), sha256: NODE_SHA256 }).map(({ code, path }) => `${code} ${path.join('|')}`)
}

function reducer(name: string, event: string, more: Readonly<Record<string, unknown>> = {}): unknown {
  const abi = { reducer: { state: 'demo/State@1', event, ...(more['reducer'] as object | undefined) } }
  return { $kind: 'defmodule', name, module_kind: 'reducer', ...more, reducer: undefined, abi }
}

const COUNTER = makeSet({
  schemas: {
    'demo/Pc@1': { variant: { Idle: 'unit', Counting: 'unit', Done: 'unit' } },
    'demo/State@1': { record: { pc: 'demo/Pc@1', remaining: 'nat' } },
    'demo/Start@1': { record: { target: 'nat' } },
    'demo/Tick@1': 'unit',
    'demo/Event@1': { variant: { Start: 'demo/Start@1', Tick: 'demo/Tick@1' } },
  },
  modules: [reducer('demo/Counter@1', 'demo/Event@1')],
  routes: [
    { event: 'demo/Event@1', reducer: 'demo/Counter@1' },
    { event: 'demo/Tick@1', reducer: 'demo/Counter@1' },
  ],
})

describe('checkManifest', () => {
  it('finds nothing wrong with the counter, with or without a hash function', () => {
    expect(found(COUNTER)).toEqual([])
    expect(checkManifest(COUNTER)).toEqual([])
  })

  it('compares hashes when it can, and those of built-ins always', () => {
    expect(checkManifest({ ...COUNTER, sha256: NODE_SHA256 }).map(({ code }) => code)).toEqual(
      Array.from({ length: 6 }, () => 'air.hash_mismatch'),
    )
    const [first] = COUNTER.manifest.schemas
    if (first === undefined) throw new Error('expected a schema')
    const builtin = { ...COUNTER.manifest, schemas: [{ ...first, name: 'sys/TimerFired@1' }], modules: [], routes: [] }
    const issues = checkManifest({ manifest: builtin, schemas: new Map(), modules: new Map() })
    expect(issues.map(({ code, path }) => ({ code, path }))).toEqual([
      { code: 'air.hash_mismatch', path: ['schemas', 0, 'hash'] },
    ])
  })

  it('names the cycle', () => {
    const set = makeSet({
      schemas: {
        'demo/C@1': { record: { next: { option: 'demo/A@1' } } },
        'demo/A@1': { variant: { Leaf: 'nat', Node: { map: { key: 'text', value: 'demo/B@1' } } } },
        'demo/B@1': { list: { set: 'demo/C@1' } },
        'demo/User@1': 'demo/B@1',
      },
    })
    const expected: AirIssue[] = [
      {
        code: 'air.recursive_type',
        path: ['schemas', 'demo/A@1', 'type', 'variant', 'Node', 'map', 'value'],
        message: 'the schemas refer to themselves: demo/A@1 → demo/B@1 → demo/C@1 → demo/A@1',
        details: { cycle: ['demo/A@1', 'demo/B@1', 'demo/C@1', 'demo/A@1'] },
      },
    ]
    expect(checkManifest(set)).toEqual(expected)
  })

  it('bounds the nesting of schemas through references', () => {
    const schemas: Record<string, unknown> = { 'demo/L0@1': 'nat' }
    for (let level = 1; level <= 66; level += 1) schemas[`demo/L${level}@1`] = { list: `demo/L${level - 1}@1` }
    expect(found(makeSet({ schemas }))).toEqual(
      ['demo/L64@1', 'demo/L65@1', 'demo/L66@1'].map((name) => `air.too_deep schemas|${name}|type`),
    )
  })

  it('bounds the bytes of a definition', () => {
    const wide = Object.fromEntries(Array.from({ length: 1024 }, (_, index) => [`${'f'.repeat(1020)}${index}`, 'nat']))
    const set = makeSet({ schemas: { 'demo/Small@1': 'nat', 'demo/Wide@1': { record: wide } } })
    expect(found(set)).toEqual(['air.too_large schemas|demo/Wide@1'])
  })

  it('takes wide graphs of references in little time', () => {
    const schemas: Record<string, unknown> = { 'demo/L0@1': 'nat' }
    for (let level = 1; level < 60; level += 1) {
      const lower = `demo/L${level - 1}@1`
      schemas[`demo/L${level}@1`] = { record: Object.fromEntries([...'abcdefgh'].map((field) => [field, lower])) }
    }
    expect(found(makeSet({ schemas }))).toEqual([])
  })

  it('gives issues in order of path, whatever order the definitions have', () => {
    const set = makeSet({
      schemas: { 'demo/B@1': { list: 'demo/X@1' }, 'demo/A@1': { record: { z: 'demo/X@1', a: 'demo/Y@1' } } },
      modules: [reducer('demo/M@1', 'demo/A@1'), reducer('demo/L@1', 'demo/B@1', { key_schema: 'demo/B@1' })],
      routes: Array.from({ length: 11 }, (_, index) => ({ event: 'demo/A@1', reducer: `demo/No${index}@1` })),
    })
    const issues = checkManifest(complete(set))
    expect(issues.toSorted(compareIssues)).toEqual(issues)
    expect(issues.slice(0, 5).map(({ path }) => path.join('|'))).toEqual([
      'modules|demo/L@1|abi|reducer|event',
      'modules|demo/L@1|abi|reducer|state',
      'modules|demo/L@1|key_schema',
      'modules|demo/M@1|abi|reducer|state',
      'routing|events|0|reducer',
    ])
    expect(issues.at(-1)?.path).toEqual(['schemas', 'demo/B@1', 'type', 'list'])
    const reversed = {
      ...set,
      schemas: new Map([...set.schemas].toReversed()),
      modules: new Map([...set.modules].toReversed()),
    }
    expect(checkManifest(complete(reversed))).toEqual(issues)
  })
})

describe('routes', () => {
  const schemas = {
    'demo/State@1': 'nat',
    'demo/Id@1': 'text',
    'demo/Open@1': { record: { id: 'demo/Id@1', where: { record: { id: 'text' } } } },
    'demo/Close@1': { record: { id: 'text' } },
    'demo/Family@1': { variant: { Open: 'demo/Open@1', Close: 'demo/Close@1', Fired: 'sys/TimerFired@1' } },
    'demo/Alias@1': 'demo/Middle@1',
    'demo/Middle@1': 'demo/Family@1',
  }
  const keyed = {
    key_schema: 'demo/Id@1',
    reducer: { effects_emitted: ['timer.set'], context: 'sys/ReducerContext@1' },
  }

  it('lead the event of a reducer, what it is an alias of, and its arms', () => {
    const events = ['demo/Alias@1', 'demo/Middle@1', 'demo/Family@1']
    const routes = [
      ...events.map((event) => ({ event, reducer: 'demo/R@1', key_field: '$value.id' })),
      { event: 'demo/Open@1', reducer: 'demo/R@1', key_field: 'where.id' },
      { event: 'demo/Close@1', reducer: 'demo/R@1', key_field: 'id' },
      { event: 'sys/TimerFired@1', reducer: 'demo/R@1' },
    ]
    expect(found(makeSet({ schemas, modules: [reducer('demo/R@1', 'demo/Alias@1', keyed)], routes }))).toEqual([])
  })

  it.each([
    '',
    '$value',
    '$tag',
    'id',
    '$value.where',
    '$value..id',
    '$value.id.',
    '$value.$value.id',
    '$value.constructor',
  ])('do not lead to the key %j of a variant', (keyField) => {
    const routes = [{ event: 'demo/Family@1', reducer: 'demo/R@1', key_field: keyField }]
    const modules = [reducer('demo/R@1', 'demo/Family@1', keyed)]
    if (keyField === '') expect(() => makeSet({ schemas, modules, routes })).toThrow(/expected a manifest/)
    else expect(found(makeSet({ schemas, modules, routes }))).toEqual(['air.route_key_path routing|events|0|key_field'])
  })

  it('need a key in arms of the same type as the key schema', () => {
    const routes = [{ event: 'demo/Family@1', reducer: 'demo/R@1', key_field: '$value.id' }]
    const modules = [reducer('demo/R@1', 'demo/Family@1', keyed)]
    const mixed = { ...schemas, 'demo/Close@1': { record: { id: 'uuid' } } }
    expect(found(makeSet({ schemas: mixed, modules, routes }))).toEqual([
      'air.route_key_type routing|events|0|key_field',
    ])
  })
})

describe('completeManifest', () => {
  it('fills placeholders and nothing else', () => {
    const filled = completeManifest({ ...COUNTER, sha256: NODE_SHA256 })
    expect(filled.schemas.some(({ hash }) => isPlaceholder(hash))).toBe(false)
    expect(completeManifest({ ...COUNTER, manifest: filled, sha256: NODE_SHA256 })).toEqual(filled)
    const stale = { ...filled, schemas: filled.schemas.map(({ name }) => ({ name, hash: stalest(filled) })) }
    expect(completeManifest({ ...COUNTER, manifest: stale, sha256: NODE_SHA256 })).toEqual(stale)
    const none = completeManifest({ ...COUNTER, schemas: new Map(), sha256: NODE_SHA256 })
    expect(none.schemas).toEqual(COUNTER.manifest.schemas)
  })

  it('knows the built-ins', () => {
    const [name, schema] = [...BUILTIN_SCHEMAS][0] ?? []
    if (name === undefined || schema === undefined) throw new Error('expected a built-in')
    const [first] = COUNTER.manifest.schemas
    if (first === undefined) throw new Error('expected a schema')
    const manifest = { ...COUNTER.manifest, schemas: [{ ...first, name }] }
    expect(completeManifest({ ...COUNTER, manifest, sha256: NODE_SHA256 }).schemas).toEqual([
      { name, hash: hashDefinition(NODE_SHA256, schema) },
    ])
  })
})

function stalest(manifest: Manifest): Manifest['schemas'][number]['hash'] {
  const [module] = manifest.modules
  if (module === undefined) throw new Error('expected a module')
  return module.hash
}
