/**
 * What a manifest means at run time: codecs, reducers and routes (spec/06-kernel.md, "Routing").
 * Built once when a manifest comes into force; derived from content, never stored.
 */
import { BUILTIN_SCHEMAS, compileSchema, resolveType } from '@aos/air'
import type { ApprovalRule, DefModule, FieldLocator, Manifest, SchemaCodec, SchemaTable, TypeExpr } from '@aos/air'
import { CborWriter, HASH_BYTES, formatHash, hashBytes, hashText } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import { kernelError } from './errors.ts'
import { makeFingerprints } from './governance/fingerprint.ts'
import { EMPTY_GATE_CATALOG } from './gate/gate-catalog.ts'
import type { GateCatalog } from './gate/gate-catalog.ts'
import { loadActions } from './load-actions.ts'
import { loadDefinitions } from './load-definitions.ts'
import type { EngineFeatures, GetNode, LoadedDefinitions } from './load-definitions.ts'
import type { CompiledPlan } from './plans/compiled-plan.ts'
import type { CompiledTrigger } from './plans/triggers.ts'
import type { KernelPorts, LoadedModule } from './ports.ts'

/** A reducer as deliveries need it: loaded, with codecs, hashes already as bytes. */
export interface ReducerRecord {
  readonly name: string
  readonly module: LoadedModule
  readonly wasmHash: Hash
  readonly wasmHashBytes: HashBytes
  readonly eventSchema: string
  readonly stateSchema: string
  /** undefined: not keyed. */
  readonly keySchema: string | undefined
  readonly stateCodec: SchemaCodec
  readonly eventCodec: SchemaCodec
  /** undefined: not keyed. */
  readonly keyCodec: SchemaCodec | undefined
  readonly effectsEmitted: ReadonlySet<string>
  readonly wantsContext: boolean
  /** Schemas that its event schema refers to, and how each is wrapped as an arm; for receipt events, which no route leads. */
  readonly members: ReadonlyMap<string, Member>
}

/** How a schema that a reducer's event schema refers to stands in it; `wrap` undefined: as it is. */
export interface Member {
  readonly wrap: Route['wrap']
}

/** How an event of one schema reaches one reducer. */
export interface Route {
  readonly reducer: ReducerRecord
  /** What stands before the event's own bytes when it is wrapped as an arm of the reducer's variant. */
  readonly wrap: { readonly head: Uint8Array; readonly unit: boolean } | undefined
  /** Finds the key in the bytes the reducer gets; undefined: the event carries it. */
  readonly locateKey: FieldLocator | undefined
}

/** What a manifest says beyond reducers and routes: plans and what lets effects pass (spec/10-plans.md; spec/11-gate.md). */
export interface ActionCatalog {
  readonly gate: GateCatalog
  /** By name. */
  readonly plans: ReadonlyMap<string, CompiledPlan>
  /** By event schema, in the order of the plans' names. */
  readonly triggers: ReadonlyMap<string, readonly CompiledTrigger[]>
  /** Grants of a module's slots. */
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** By key id, hexadecimal: those who may approve; empty: the owners. */
  readonly approvers: ReadonlyMap<string, ApproverRecord>
  /** How many approvals of whom a proposal needs (spec/17-governance.md, "Approvals"). */
  readonly approvals: readonly ApprovalRule[]
}

/** A person who may approve. */
export interface ApproverRecord {
  readonly name: string
  readonly roles: ReadonlySet<string>
}

/** Of a manifest that says nothing of plans or effects. */
export const EMPTY_ACTIONS: ActionCatalog = {
  gate: EMPTY_GATE_CATALOG,
  plans: new Map(),
  triggers: new Map(),
  slots: new Map(),
  approvers: new Map(),
  approvals: [],
}

/** What a manifest puts in force, compiled: replaced whole when another one comes. */
export interface Catalog {
  /** The codec of a schema that the manifest lists or that is built in; undefined for another name. */
  codec(name: string): SchemaCodec | undefined
  /** Types by name; built-in ones are among them. */
  readonly table: SchemaTable
  /** What a schema of the table is, with all that it refers to (spec/17-governance.md, "Fingerprints"). */
  fingerprint(name: string): Hash
  readonly reducers: ReadonlyMap<string, ReducerRecord>
  /** Routes by event schema, in the manifest's order. */
  readonly routes: ReadonlyMap<string, readonly Route[]>
  readonly actions: ActionCatalog
}

const EMPTY_FINGERPRINT: Hash = formatHash(new Uint8Array(HASH_BYTES))

/** What is in force between genesis and the first manifest: nothing. */
export const EMPTY_CATALOG: Catalog = {
  codec: () => undefined,
  table: new Map(),
  fingerprint: () => EMPTY_FINGERPRINT,
  reducers: new Map(),
  routes: new Map(),
  actions: EMPTY_ACTIONS,
}

/**
 * Loads and checks a manifest. Throws `kernel.bad_manifest` (details.issues), `kernel.bad_node`, and `wasm.*` for a module that is refused.
 */
export function loadCatalog(ports: KernelPorts, manifestHash: Hash, get: GetNode, options: EngineFeatures): Catalog {
  return compileCatalog(ports, loadDefinitions(ports, manifestHash, get, options), get, options)
}

/** The same for definitions that are loaded. Throws `kernel.bad_manifest`, and `wasm.*` for a module that is refused. */
export function compileCatalog(
  ports: KernelPorts,
  definitions: LoadedDefinitions,
  get: GetNode,
  options: EngineFeatures,
): Catalog {
  const table = tableOf(definitions)
  const codec = makeCodecs(table)
  const reducers = new Map<string, ReducerRecord>()
  const modules = new Map<string, { readonly definition: DefModule; readonly module: LoadedModule }>()
  for (const definition of definitions.modules.values()) {
    const module = loadModule(ports, definition, get)
    modules.set(definition.name, { definition, module })
    const record = makeReducer(definition, module, { codec, table })
    if (record !== undefined) reducers.set(definition.name, record)
  }
  return {
    codec,
    table,
    fingerprint: makeFingerprints(ports.sha256, table),
    reducers,
    routes: buildRoutes(definitions.manifest, reducers, table),
    actions: options.hasGate
      ? loadActions(ports, { ...definitions, modules }, { table, features: options })
      : EMPTY_ACTIONS,
  }
}

/** The types of a manifest's schemas and of the built-in ones, by name. */
export function tableOf(definitions: LoadedDefinitions): SchemaTable {
  const table = new Map<string, TypeExpr>()
  for (const [name, schema] of BUILTIN_SCHEMAS) table.set(name, schema.type)
  for (const [name, schema] of definitions.schemas) table.set(name, schema.type)
  return table
}

/** Codecs are compiled when they are first asked for. */
function makeCodecs(table: SchemaTable): Catalog['codec'] {
  const compiled = new Map<string, SchemaCodec>()
  return (name) => {
    const known = compiled.get(name)
    if (known !== undefined) return known
    const type = table.get(name)
    if (type === undefined) return undefined
    const made = compileSchema(type, table)
    compiled.set(name, made)
    return made
  }
}

function loadModule(ports: KernelPorts, module: DefModule, get: GetNode): LoadedModule {
  const bytes = get(module.wasmHash)
  if (hashText(ports.sha256, bytes) !== module.wasmHash) {
    throw kernelError('kernel.bad_node', `the content of ${module.wasmHash} has another hash`)
  }
  const entry = module.moduleKind === 'reducer' ? 'step' : 'run'
  return ports.modules.load({ wasmHash: module.wasmHash, bytes, entry })
}

function makeReducer(
  module: DefModule,
  loaded: LoadedModule,
  { codec, table }: { readonly codec: Catalog['codec']; readonly table: SchemaTable },
): ReducerRecord | undefined {
  const abi = module.reducer
  if (abi === undefined) return undefined
  return {
    name: module.name,
    module: loaded,
    wasmHash: module.wasmHash,
    wasmHashBytes: hashBytes(module.wasmHash),
    eventSchema: abi.event,
    stateSchema: abi.state,
    keySchema: module.keySchema,
    stateCodec: needCodec(codec, abi.state),
    eventCodec: needCodec(codec, abi.event),
    keyCodec: module.keySchema === undefined ? undefined : needCodec(codec, module.keySchema),
    effectsEmitted: new Set(abi.effectsEmitted),
    wantsContext: abi.context !== undefined,
    members: memberSchemas(abi.event, table),
  }
}

function needCodec(codec: Catalog['codec'], name: string): SchemaCodec {
  const found = codec(name)
  if (found === undefined) throw kernelError('kernel.bad_manifest', `no schema is named ${name}`)
  return found
}

/**
 * A route on a reducer's own event schema also admits the schemas it refers to: its ref target as it stands, and the ref
 * arms of a variant wrapped as that arm. A route that names such a schema itself comes first.
 */
function buildRoutes(
  manifest: Manifest,
  reducers: ReadonlyMap<string, ReducerRecord>,
  table: SchemaTable,
): ReadonlyMap<string, readonly Route[]> {
  const routes = new Map<string, Route[]>()
  const named = new Set(manifest.routes.map((route) => `${route.event} ${route.reducer}`))
  const add = (event: string, route: Route): void => {
    const list = routes.get(event)
    if (list === undefined) routes.set(event, [route])
    else list.push(route)
  }
  for (const { event, reducer: name, keyField } of manifest.routes) {
    const reducer = reducers.get(name)
    if (reducer === undefined) continue
    const { members } = reducer
    const wrappedCodec = reducer.eventCodec
    add(event, {
      reducer,
      wrap: event === reducer.eventSchema ? undefined : members.get(event)?.wrap,
      locateKey: locateIn(event, keyField, reducer, members, wrappedCodec, table),
    })
    if (event !== reducer.eventSchema) continue
    for (const [member, { wrap }] of members) {
      if (named.has(`${member} ${name}`)) continue
      add(member, { reducer, wrap, locateKey: keyField === undefined ? undefined : wrappedCodec.locate(keyField) })
    }
  }
  return routes
}

/** Schemas that the event schema of a reducer refers to, with how each is wrapped. */
function memberSchemas(eventSchema: string, table: SchemaTable): ReadonlyMap<string, Member> {
  const members = new Map<string, Member>()
  let type = table.get(eventSchema)
  while (type?.kind === 'ref') {
    members.set(type.name, { wrap: undefined })
    type = table.get(type.name)
  }
  if (type?.kind === 'variant') {
    for (const [tag, arm] of type.arms) {
      if (arm.kind === 'ref') members.set(arm.name, { wrap: makeWrap(tag, resolveType(arm, table).kind === 'unit') })
    }
  }
  return members
}

/** The bytes before the payload in `{"$tag": tag, "$value": payload}`; of a unit arm the whole value. */
function makeWrap(tag: string, unit: boolean): { readonly head: Uint8Array; readonly unit: boolean } {
  const writer = new CborWriter()
  writer.prefix()
  writer.map(unit ? 1 : 2)
  writer.text('$tag')
  writer.text(tag)
  if (!unit) writer.text('$value')
  return { head: writer.take(), unit }
}

/** The key field of a route is a path in the event it names; the located bytes are those the reducer gets. */
function locateIn(
  event: string,
  keyField: string | undefined,
  reducer: ReducerRecord,
  members: ReadonlyMap<string, Member>,
  wrappedCodec: SchemaCodec,
  table: SchemaTable,
): FieldLocator | undefined {
  if (keyField === undefined) return undefined
  const wrapped = event !== reducer.eventSchema && members.get(event)?.wrap !== undefined
  const locator = wrappedCodec.locate(wrapped ? `$value.${keyField}` : keyField)
  if (locator === undefined) {
    const type = table.get(event)
    throw kernelError(
      'kernel.bad_manifest',
      `${event} has no field ${keyField} (its type is a ${type?.kind ?? 'missing one'})`,
    )
  }
  return locator
}
