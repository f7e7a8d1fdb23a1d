/** A world over scripted modules: plain functions in place of WASM, so that a test can force any outcome. */
import { createHash } from 'node:crypto'

import { EMPTY_MANIFEST, compileSchema, encodeDefinition, hashDefinition } from '@aos/air'
import type { DefModule, DefSchema, EventRoute, Manifest, NamedRef, TypeExpr, Value } from '@aos/air'
import { decodeForeign, encode, encodeNode, formatHash, hashText, sha256 } from '@aos/cbor'
import type { Data, Hash, Sha256Port } from '@aos/cbor'

import { createWorld, hashEngine } from '../src/index.ts'
import type {
  CallOutcome,
  EventIngress,
  KernelPorts,
  KernelSemantics,
  ManifestIngress,
  Stamp,
  TurnResult,
  World,
} from '../src/index.ts'

export const nodeSha256: Sha256Port = {
  sha256Into: (input, output, offset) => output.set(createHash('sha256').update(input).digest(), offset),
}

export interface ScriptInput {
  readonly state: Data | undefined
  readonly schema: string
  readonly value: Data
  readonly key: Data | undefined
  readonly context: Data | undefined
  /** Of a pure module. */
  readonly input: Data | undefined
}

export interface ScriptEffect {
  readonly kind: string
  readonly params: Data
  readonly slot?: string
}

export interface ScriptOutput {
  /** Of a pure module. */
  readonly output?: Data
  readonly state?: Data | undefined
  /** Raw bytes in place of a state. */
  readonly rawState?: Uint8Array
  readonly events?: readonly { readonly schema: string; readonly value: Data; readonly key?: Data }[]
  readonly effects?: readonly (string | ScriptEffect)[]
  readonly outcome?: CallOutcome
  readonly fuel?: number
  readonly raw?: Uint8Array
  readonly fault?: Error
}

export type Script = (input: ScriptInput) => ScriptOutput

export interface WorldPlan {
  readonly schemas: Readonly<Record<string, TypeExpr>>
  readonly reducers: Readonly<
    Record<
      string,
      {
        readonly state: string
        readonly event: string
        readonly key?: string
        readonly script: Script
        readonly context?: boolean
        readonly effects?: readonly string[]
      }
    >
  >
  readonly routes: readonly EventRoute[]
}

export const OWNER_KEY: Uint8Array = new Uint8Array(32).fill(7)
export const OWNER_ID: Uint8Array = sha256(nodeSha256, OWNER_KEY)
/** The key of the host. */
export const HOST_KEY: Uint8Array = new Uint8Array(32).fill(8)

export const OWNER_AUTH = [{ keyId: OWNER_ID, signature: new Uint8Array(64).fill(1) }]

function accepted(result: TurnResult): void {
  if (result.kind !== 'accepted')
    throw new Error(JSON.stringify(result, (_, value: unknown) => (value instanceof Error ? value.message : value)))
}

/** A test bench: content, scripts, a world, and every entry it made. */
export class Bench {
  readonly content = new Map<Hash, Uint8Array>()
  readonly entries: Uint8Array[] = []
  readonly scripts = new Map<string, Script>()
  world: World
  #clock = 1_700_000_000_000_000_000n
  #draws = 0

  constructor() {
    this.world = createWorld(this.ports())
  }

  ports(): KernelPorts {
    return {
      sha256: nodeSha256,
      profile: { rewriter: 1, fuelTable: 1, limits: {} },
      content: {
        get: (hash) => {
          const bytes = this.content.get(hash)
          if (bytes === undefined) throw new Error(`missing ${hash}`)
          return bytes
        },
      },
      modules: {
        load: ({ wasmHash, bytes }) => ({
          wasmHash,
          rewrittenHash: wasmHash,
          rewritten: bytes,
          call: (input, fuelLimit) => this.#call(new TextDecoder().decode(bytes), input, fuelLimit),
        }),
      },
    }
  }

  #call(
    name: string,
    input: Uint8Array,
    fuelLimit: number,
  ): ReturnType<ReturnType<KernelPorts['modules']['load']>['call']> {
    const envelope = asMap(decodeForeign(input))
    // A pure module has no event.
    const event = envelope.has('event') ? asMap(envelope.get('event')) : new Map<Data, Data>()
    const embedded = (bytes: Data | undefined): Data | undefined =>
      bytes instanceof Uint8Array ? decodeForeign(bytes) : undefined
    const script = this.scripts.get(name)
    if (script === undefined) throw new Error(`no script ${name}`)
    const output = script({
      state: embedded(envelope.get('state')),
      schema: String(event.get('schema')),
      value: embedded(event.get('value')) ?? null,
      key: embedded(event.get('key')),
      context: embedded(envelope.get('ctx')),
      input: embedded(envelope.get('input')),
    })
    if (output.fault !== undefined) throw output.fault
    const outcome = output.outcome ?? 'ok'
    const fuel = outcome === 'ok' ? (output.fuel ?? 10) : fuelLimit
    return {
      outcome,
      fuel,
      note: undefined,
      output: outcome === 'ok' ? (output.raw ?? encodeOutput(output)) : new Uint8Array(0),
    }
  }

  /** Lets time pass before the next stamp. */
  skip(nanoseconds: bigint): void {
    this.#clock += nanoseconds
  }

  stamp(): Stamp {
    this.#clock += 1_000_000n
    this.#draws += 1
    const entropy = new Uint8Array(16)
    new DataView(entropy.buffer).setUint32(0, this.#draws)
    return { nowNs: this.#clock, entropy }
  }

  genesis(semantics?: KernelSemantics): TurnResult {
    const engine = semantics === undefined ? {} : { engine: engineOf(this, semantics) }
    return this.submit({
      kind: 'genesis',
      principal: 'local:test',
      ...engine,
      nonce: new Uint8Array(16),
      clock: 'real',
      entropy: 'os',
      ownerKeys: [OWNER_KEY],
      hostKeys: [HOST_KEY],
    })
  }

  submit(ingress: Parameters<World['submit']>[0]): TurnResult {
    const result = this.world.submit(ingress, this.stamp())
    if (result.kind === 'accepted') this.entries.push(result.entry)
    return result
  }

  /** A snapshot from cut to root; what it is made of goes into the content. */
  snapshot(): Hash {
    accepted(this.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' }))
    this.storeSlice(Number.POSITIVE_INFINITY)
    return this.rootOfCut()
  }

  /** Stores the next blobs of the snapshot under way. */
  storeSlice(bytesMax: number): void {
    for (const { hash, bytes } of this.world.sliceSnapshot(bytesMax)) this.content.set(formatHash(hash), bytes.slice())
  }

  /** Submits the root that the cut has come to. */
  rootOfCut(): Hash {
    const { snapshot } = this.world
    if (snapshot?.root === undefined) throw new Error('the cut has not come to a root')
    const { cut, root } = snapshot
    accepted(this.submit({ kind: 'snapshot_root', principal: 'host:snapshot', cut, root }))
    return root
  }

  /** A world that starts from the root and derives what lies behind its cut. */
  openFrom(root: Hash, options: { readonly verify: boolean } = { verify: false }): World {
    const world = createWorld(this.ports())
    world.open(root)
    for (const entry of this.entries.slice((world.head?.height ?? 0) + 1)) {
      const difference = world.replay(entry, options)
      if (difference !== undefined) throw new Error(JSON.stringify(difference))
    }
    return world
  }

  manifestIngress(plan: WorldPlan): ManifestIngress {
    const blobs: Hash[] = []
    const keep = (bytes: Uint8Array): Hash => {
      const hash = hashText(nodeSha256, bytes)
      this.content.set(hash, bytes)
      blobs.push(hash)
      return hash
    }
    const schemas: NamedRef[] = Object.entries(plan.schemas).map(([name, type]) => {
      const schema: DefSchema = { kind: 'defschema', name, type }
      return { name, hash: keep(encodeDefinition(schema)) }
    })
    const modules: NamedRef[] = Object.entries(plan.reducers).map(([name, reducer]) => {
      this.scripts.set(name, reducer.script)
      const module: DefModule = {
        kind: 'defmodule',
        name,
        moduleKind: 'reducer',
        wasmHash: keep(new TextEncoder().encode(name)),
        ...(reducer.key === undefined ? {} : { keySchema: reducer.key }),
        reducer: {
          state: reducer.state,
          event: reducer.event,
          effectsEmitted: reducer.effects ?? [],
          capSlots: new Map(),
          ...(reducer.context === true ? { context: 'sys/ReducerContext@1' } : {}),
        },
      }
      return { name, hash: keep(encodeDefinition(module)) }
    })
    const manifest: Manifest = { ...EMPTY_MANIFEST, schemas, modules, routes: plan.routes, hasRouting: true }
    return {
      kind: 'manifest',
      principal: 'local:test',
      manifest: keep(encodeDefinition(manifest)),
      base: this.world.manifestHash ?? hashDefinition(nodeSha256, EMPTY_MANIFEST),
      baseHeight: this.world.manifestHeight,
      blobs,
      auth: OWNER_AUTH,
    }
  }

  start(plan: WorldPlan): void {
    const first = this.genesis()
    if (first.kind !== 'accepted') throw new Error('genesis was not accepted')
    const second = this.submit(this.manifestIngress(plan))
    if (second.kind === 'refused') throw second.error
  }

  event(schema: string, value: Data, more: Partial<EventIngress> = {}): TurnResult {
    return this.submit({ kind: 'event', principal: 'local:test', schema, value: encodeNode(value), ...more })
  }

  state(reducer: string, key?: Data): Data | undefined {
    const bytes = this.world.readCell(reducer, key === undefined ? undefined : encodeNode(key))
    return bytes === undefined ? undefined : decodeForeign(bytes)
  }

  /** A second world fed with the entries. */
  replayed(verify: boolean): World {
    const world = createWorld(this.ports())
    for (const entry of this.entries) {
      const difference = world.replay(entry, { verify })
      if (difference !== undefined) throw new Error(JSON.stringify({ ...difference, key: undefined }))
    }
    return world
  }
}

function encodeOutput(output: ScriptOutput): Uint8Array {
  if (output.output !== undefined) return encode({ output: encodeNode(output.output) })
  const state = output.rawState ?? (output.state === undefined ? null : encodeNode(output.state))
  return encode({
    state,
    domain_events: (output.events ?? []).map(({ schema, value, key }) =>
      key === undefined
        ? { schema, value: encodeNode(value) }
        : { schema, value: encodeNode(value), key: encodeNode(key) },
    ),
    effects: (output.effects ?? []).map((effect) =>
      typeof effect === 'string'
        ? { kind: effect, params_cbor: encodeNode(null) }
        : { kind: effect.kind, params_cbor: encodeNode(effect.params), cap_slot: effect.slot ?? null },
    ),
    ann: null,
  })
}

export function asMap(value: Data | undefined): ReadonlyMap<Data, Data> {
  if (value instanceof Map) return value
  throw new Error('expected a map')
}

export function encodeValue(type: TypeExpr, value: Value): Uint8Array {
  return compileSchema(type, new Map()).encode(value)
}

/** Digest of an older engine, or of the newest one. */
export function engineOf(bench: Bench, semantics?: KernelSemantics): Hash {
  return hashEngine(nodeSha256, bench.ports().profile, semantics)
}
