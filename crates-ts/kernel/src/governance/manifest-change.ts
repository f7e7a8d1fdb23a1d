/**
 * Putting another manifest in force (spec/17-governance.md, "Change"): what it does to states and events that are there, and whether anything in flight would
 * be stranded by it.
 */
import type { Migration } from '@aos/air'
import type { Hash } from '@aos/cbor'
import { compileCatalog, tableOf } from '../catalog.ts'
import type { Catalog, ReducerRecord } from '../catalog.ts'
import { FIRST_GENERATION } from '../cells/migrate.ts'
import type { Generations } from '../cells/migrate.ts'
import { loadDefinitions } from '../load-definitions.ts'
import type { EngineFeatures, GetNode, LoadedDefinitions } from '../load-definitions.ts'
import { kernelError } from '../errors.ts'
import type { KernelPorts } from '../ports.ts'
import type { WorldState } from '../state.ts'
import { checkInFlight } from './in-flight.ts'
import { makeFingerprints } from './fingerprint.ts'
import { checkKeySchema, checkStateSchema } from './state-schemas.ts'
import type { SchemaOf } from './state-schemas.ts'
import { upcasterKey } from './upcast.ts'
import type { Upcaster } from './upcast.ts'

/** A manifest that was loaded and checked, and may come into force. */
export interface Candidate {
  readonly manifest: Hash
  readonly definitions: LoadedDefinitions
  readonly catalog: Catalog
}

/** What a change starts from. */
export type InForce = Pick<ManifestChange, 'manifest' | 'catalog'>

/** What is in force now. Throws `kernel.no_genesis`. */
export function inForceOf({ manifestHash, catalog }: WorldState): InForce {
  if (manifestHash === undefined) throw kernelError('kernel.no_genesis', 'the world has no genesis')
  return { manifest: manifestHash, catalog }
}

/** Loads a manifest and checks it like a fresh one. Throws `kernel.bad_manifest`, `kernel.bad_node`, `wasm.*`, and what `get` throws. */
export function loadCandidate(
  ports: KernelPorts,
  features: EngineFeatures,
  { manifest, get }: { readonly manifest: Hash; readonly get: GetNode },
): Candidate {
  const definitions = loadDefinitions(ports, manifest, get, features)
  return { manifest, definitions, catalog: compileCatalog(ports, definitions, get, features) }
}

/** Another manifest, made ready beside the one in force: its catalog, generations and upcasters; nothing of the world has moved yet. */
export interface ManifestChange {
  readonly manifest: Hash
  readonly catalog: Catalog
  /** By reducer; those that change. */
  readonly generations: ReadonlyMap<string, Generations>
  /** By their key. */
  readonly upcasters: ReadonlyMap<string, Upcaster>
}

/**
 * Throws `gov.state_schema`, `gov.key_schema` and `gov.live_schema`: the states that are there and what is in flight have to be able to go on. Costs a walk
 * through all running plans and open intents.
 */
export function planChange(
  ports: KernelPorts,
  state: WorldState,
  candidate: Candidate,
  before: InForce = inForceOf(state),
): ManifestChange {
  const migrations = new StateMigrations(ports, state, { candidate, before })
  const change: ManifestChange = {
    manifest: candidate.manifest,
    catalog: candidate.catalog,
    generations: migrations.generations(),
    upcasters: upcastersOf(before, candidate),
  }
  checkInFlight(state, { change, before: before.catalog })
  return change
}

/** From the entry of the given height on everything is as the change says. */
export function putInForce(state: WorldState, change: ManifestChange, height: number): void {
  state.manifestHash = change.manifest
  state.manifestHeight = height
  state.catalog = change.catalog
  for (const [key, upcaster] of change.upcasters) state.governance.upcasters.set(key, upcaster)
  for (const [reducer, generations] of change.generations) {
    state.generations.set(reducer, generations)
    const table = state.cells.find(reducer)
    if (table !== undefined) table.generation = generations.modules.length
  }
}

function upcastersOf(before: InForce, candidate: Candidate): ReadonlyMap<string, Upcaster> {
  const upcasters = new Map<string, Upcaster>()
  for (const migration of candidate.definitions.manifest.migrations) {
    if (migration.kind !== 'event') continue
    const from = before.catalog.fingerprint(migration.event)
    const to = candidate.catalog.fingerprint(migration.event)
    const module = wasmOf(candidate, migration)
    if (from !== to && module !== undefined) upcasters.set(upcasterKey(migration.event, from), { module, to })
  }
  return upcasters
}

function wasmOf({ definitions }: Candidate, { module }: Migration): Hash | undefined {
  return definitions.modules.get(module)?.wasmHash
}

/** What becomes of the states of every reducer. */
class StateMigrations {
  readonly #ports: KernelPorts
  readonly #state: WorldState
  readonly #candidate: Candidate
  readonly #inForce: InForce
  readonly #earlier = new Map<Hash, Schemas & { readonly definitions: LoadedDefinitions }>()

  constructor(
    ports: KernelPorts,
    state: WorldState,
    { candidate, before }: { readonly candidate: Candidate; readonly before: InForce },
  ) {
    this.#ports = ports
    this.#state = state
    this.#candidate = candidate
    this.#inForce = before
  }

  generations(): ReadonlyMap<string, Generations> {
    const { catalog, manifest } = this.#inForce
    const changed = new Map<string, Generations>()
    for (const name of new Set([...catalog.reducers.keys(), ...this.#candidate.catalog.reducers.keys()])) {
      if ((this.#state.cells.find(name)?.count ?? 0) === 0) continue
      const known = this.#state.generations.get(name) ?? FIRST_GENERATION
      const now = this.#candidate.catalog.reducers.get(name)
      if (now === undefined) {
        if (catalog.reducers.has(name)) changed.set(name, { ...known, lastManifest: manifest })
        continue
      }
      const before = this.#before(name, known)
      const modules = before === undefined ? known.modules : this.#modules(known, before, now)
      const isSame = modules === known.modules && known.lastManifest === undefined
      if (!isSame) changed.set(name, { modules, lastManifest: undefined })
    }
    return changed
  }

  /** The schemas by which the states that are there were written last. */
  #before(name: string, { lastManifest }: Generations): ReducerSchemas | undefined {
    const current = this.#inForce.catalog.reducers.get(name)
    if (current !== undefined) return schemasOf(this.#inForce.catalog, current.stateSchema, current.keySchema)
    if (lastManifest === undefined) return undefined
    const earlier = this.#load(lastManifest)
    const module = earlier.definitions.modules.get(name)
    return module?.reducer && schemasOf(earlier, module.reducer.state, module.keySchema)
  }

  #load(manifest: Hash): Schemas & { readonly definitions: LoadedDefinitions } {
    const known = this.#earlier.get(manifest)
    if (known !== undefined) return known
    const get = (hash: Hash): Uint8Array => this.#ports.content.get(hash)
    const definitions = loadDefinitions(this.#ports, manifest, get, this.#state)
    const table = tableOf(definitions)
    const loaded = { definitions, table, fingerprint: makeFingerprints(this.#ports.sha256, table) }
    this.#earlier.set(manifest, loaded)
    return loaded
  }

  #modules(
    known: Generations,
    before: ReducerSchemas,
    { name, stateSchema, keySchema }: ReducerRecord,
  ): readonly Hash[] {
    const { definitions, catalog } = this.#candidate
    const now = schemasOf(catalog, stateSchema, keySchema)
    checkKeySchema(name, before.key, now.key)
    if (before.state.fingerprint === now.state.fingerprint) return known.modules
    const migration = definitions.manifest.migrations.find((each) => each.kind === 'state' && each.reducer === name)
    const module = migration && wasmOf(this.#candidate, migration)
    if (module !== undefined) return [...known.modules, module]
    checkStateSchema(name, before.state, now.state)
    return known.modules
  }
}

type Schemas = Pick<Catalog, 'table' | 'fingerprint'>

interface ReducerSchemas {
  readonly state: SchemaOf
  readonly key: SchemaOf | undefined
}

function schemasOf(schemas: Schemas, state: string, key: string | undefined): ReducerSchemas {
  const schema = (name: string): SchemaOf => ({ name, table: schemas.table, fingerprint: schemas.fingerprint(name) })
  return { state: schema(state), key: key === undefined ? undefined : schema(key) }
}
