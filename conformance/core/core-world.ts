/** A world made of nothing but the core: content in a map, and a module that is a plain function. */
import { createHash } from 'node:crypto'
import { EMPTY_MANIFEST, encodeDefinition, hashDefinition } from '@aos/air'
import type { Definition, Manifest, NamedRef } from '@aos/air'
import { decodeForeign, encode, encodeNode, hashText, sha256 } from '@aos/cbor'
import type { Data, Hash, Sha256Port } from '@aos/cbor'
import { createWorld } from '@aos/kernel'
import type { Ingress, KernelPorts, LoadedModule, Stamp, TurnResult, World } from '@aos/kernel'

export const REDUCER = 'core/Sum@1'
export const EVENT = 'core/Add@1'
const STATE = 'core/Total@1'
const KEY = 'core/Who@1'

const OWNER_KEY = new Uint8Array(32).fill(7)

/**
 * A copy of the digest, without `Buffer`. OpenSSL is what the host gives; it is fetched once, because the port itself
 * must not look for it while ambient things are away.
 */
export const SHA256: Sha256Port = {
  sha256Into: (input, output, offset) => output.set(createHash('sha256').update(input).digest(), offset),
}

export interface CoreWorld {
  readonly world: World
  readonly entries: readonly Uint8Array[]
  submit(ingress: Ingress): TurnResult
  /** A world without state on the same content. */
  makeFresh(): World
}

/** A world whose manifest is in force: a keyed reducer that adds up. */
export function makeCoreWorld(): CoreWorld {
  const content = new Map<Hash, Uint8Array>()
  const ports = makePorts(content)
  const entries: Uint8Array[] = []
  const world = createWorld(ports)
  let stamps = 0
  const nextStamp = (): Stamp => {
    stamps += 1
    return { nowNs: BigInt(stamps) * 1_000_000n, entropy: new Uint8Array(16).fill(stamps) }
  }
  const submit = (ingress: Ingress): TurnResult => {
    const result = world.submit(ingress, nextStamp())
    if (result.kind === 'accepted') entries.push(result.entry)
    return result
  }
  begin(content, world, submit)
  return { world, entries, submit, makeFresh: () => createWorld(ports) }
}

/** An event for one cell. */
export function addEvent(who: string, by: number, idempotencyKey?: string): Ingress {
  return {
    kind: 'event',
    principal: 'local:test',
    schema: EVENT,
    value: encodeNode({ who, by }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}

export function readTotal(world: World, who: string): Data | undefined {
  const state = world.readCell(REDUCER, encodeNode(who))
  return state === undefined ? undefined : decodeForeign(state)
}

function begin(content: Map<Hash, Uint8Array>, world: World, submit: (ingress: Ingress) => TurnResult): void {
  const first = submit({
    kind: 'genesis',
    principal: 'local:test',
    nonce: new Uint8Array(16),
    clock: 'real',
    entropy: 'os',
    ownerKeys: [OWNER_KEY],
    hostKeys: [],
  })
  const { manifest, blobs } = putDefinitions(content)
  const second = submit({
    kind: 'manifest',
    principal: 'local:test',
    manifest,
    base: hashDefinition(SHA256, EMPTY_MANIFEST),
    baseHeight: world.manifestHeight,
    blobs,
    auth: [{ keyId: sha256(SHA256, OWNER_KEY), signature: new Uint8Array(64) }],
  })
  for (const result of [first, second]) if (result.kind === 'refused') throw result.error
}

function putDefinitions(content: Map<Hash, Uint8Array>): { readonly manifest: Hash; readonly blobs: readonly Hash[] } {
  const put = (bytes: Uint8Array): Hash => {
    const hash = hashText(SHA256, bytes)
    content.set(hash, bytes)
    return hash
  }
  const refer = (definition: Exclude<Definition, Manifest>): NamedRef => ({
    name: definition.name,
    hash: put(encodeDefinition(definition)),
  })
  const record = (field: string): Definition & { readonly kind: 'defschema' } => ({
    kind: 'defschema',
    name: STATE,
    type: { kind: 'record', fields: new Map([[field, { kind: 'int' }]]) },
  })
  const add = new Map([
    ['who', { kind: 'text' as const }],
    ['by', { kind: 'int' as const }],
  ])
  const schemas = [
    refer(record('total')),
    refer({ kind: 'defschema', name: KEY, type: { kind: 'text' } }),
    refer({ kind: 'defschema', name: EVENT, type: { kind: 'record', fields: add } }),
  ]
  const wasmHash = put(new TextEncoder().encode('adds up'))
  const reducer = { state: STATE, event: EVENT, effectsEmitted: [], capSlots: new Map<string, string>() }
  const modules = [
    refer({ kind: 'defmodule', name: REDUCER, moduleKind: 'reducer', wasmHash, keySchema: KEY, reducer }),
  ]
  const routes = [{ event: EVENT, reducer: REDUCER, keyField: 'who' }]
  const manifest = put(encodeDefinition({ ...EMPTY_MANIFEST, schemas, modules, routes, hasRouting: true }))
  return { manifest, blobs: [...content.keys()] }
}

function makePorts(content: ReadonlyMap<Hash, Uint8Array>): KernelPorts {
  return {
    sha256: SHA256,
    profile: { rewriter: 1, fuelTable: 1, limits: {} },
    content: {
      get: (hash) => {
        const bytes = content.get(hash)
        if (bytes === undefined) throw new Error(`missing ${hash}`)
        return bytes
      },
    },
    modules: { load: ({ wasmHash, bytes }): LoadedModule => loadAdder(wasmHash, bytes) },
  }
}

function loadAdder(wasmHash: Hash, bytes: Uint8Array): LoadedModule {
  return {
    wasmHash,
    rewrittenHash: wasmHash,
    rewritten: bytes,
    call: (input) => {
      const envelope = asMap(decodeForeign(input))
      const state = envelope.get('state')
      const before = state instanceof Uint8Array ? Number(asMap(decodeForeign(state)).get('total')) : 0
      const value = asMap(envelope.get('event')).get('value')
      const by = value instanceof Uint8Array ? Number(asMap(decodeForeign(value)).get('by')) : 0
      const output = encode({ state: encodeNode({ total: before + by }), domain_events: [], effects: [], ann: null })
      return { outcome: 'ok', fuel: 10, output, note: undefined }
    },
  }
}

function asMap(value: Data | undefined): ReadonlyMap<Data, Data> {
  if (value instanceof Map) return value as ReadonlyMap<Data, Data> // decodeForeign gives Map<Data, Data> for a map
  throw new Error('expected a map')
}
