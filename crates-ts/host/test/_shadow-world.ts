/** A world on disk whose modules are scripts, and which proposes changes: what is signed is taken as verified, as the kernel takes it from its host. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  EMPTY_MANIFEST,
  completeManifest,
  definitionsOf,
  encodeDefinition,
  encodePatch,
  hashDefinition,
  isPlaceholder,
  makeJsonSchemas,
  makePatch,
  parseDefinitions,
  parseJson,
  sortDefinitions,
} from '@aos/air'
import type { DefinitionSet, JsonSchemaDocument, Manifest } from '@aos/air'
import { decodeForeign, encode, encodeNode, hashBytes, hashText, sha256 } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import type { Ingress, IntentReport, ModuleRuntime, TurnResult } from '@aos/kernel'
import { nodeSha256, openWorld, runShadow, worldFolderAt } from '../src/index.ts'
import type { HostWorld, RunShadowOptions, ShadowReport } from '../src/index.ts'
import { encodeShadowReport } from '../src/shadow/report-json.ts'

/** What a scripted module is asked: an event with the state before it, or the input of a pure module. */
export interface Asked {
  readonly state: ReadonlyMap<Data, Data> | undefined
  readonly value: ReadonlyMap<Data, Data>
}

/** What it gives: a state, events and an effect; or the output of a pure module. */
export interface Given {
  readonly state?: Data | object
  readonly output?: Data | object
  readonly events?: readonly { readonly schema: string; readonly value: object }[]
  readonly outcome?: 'trap' | 'out_of_fuel'
}

export type Scripted = (asked: Asked) => Given

const OWNER_KEY = new Uint8Array(32).fill(7)
const HOST_KEY = new Uint8Array(32).fill(8)
const OWNER_AUTH = [{ keyId: sha256(nodeSha256, OWNER_KEY), signature: new Uint8Array(64).fill(1) }]
const HOST_ID = sha256(nodeSha256, HOST_KEY)
const FUEL = 10

type Accepted = Extract<TurnResult, { readonly kind: 'accepted' }>

export function accepted(result: TurnResult): Accepted {
  if (result.kind === 'accepted') return result
  throw result.kind === 'refused' ? result.error : new Error('a duplicate')
}

/** Nothing that the two would have done otherwise. */
export function expectNoDifference(report: ShadowReport): void {
  const { decisions, appearing, vanishing, plans, cells, deliveries, refusals, turns } = report
  const totals = [decisions, appearing, vanishing, plans, cells, deliveries, refusals, turns].map(({ total }) => total)
  expect(totals).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
}

/** Open, with genesis. */
export class ShadowWorld {
  readonly host: HostWorld
  readonly #base: string
  readonly #scripts: Map<string, Scripted>
  #inForce: DefinitionSet | undefined

  private constructor(host: HostWorld, base: string, scripts: Map<string, Scripted>) {
    this.host = host
    this.#base = base
    this.#scripts = scripts
  }

  /** Modules are scripts, or else real ones. */
  static async open(modules: 'scripted' | 'real' = 'scripted'): Promise<ShadowWorld> {
    const base = mkdtempSync(join(tmpdir(), 'aos-shadow-'))
    const folder = worldFolderAt(join(base, 'world'))
    const scripts = new Map<string, Scripted>()
    let now = 1_700_000_000_000_000_000n
    let draws = 0
    const host = await openWorld(folder, {
      environment: { AOS_KEY_DIR: join(base, 'keys') },
      ...(modules === 'scripted' ? { modules: runtimeOf(scripts) } : {}),
      stamper: {
        next: () => {
          now += 1_000_000n
          draws += 1
          const entropy = new Uint8Array(16)
          new DataView(entropy.buffer).setUint32(0, draws)
          return { nowNs: now, entropy }
        },
      },
    })
    const world = new ShadowWorld(host, base, scripts)
    const keys = { ownerKeys: [OWNER_KEY], hostKeys: [HOST_KEY] }
    accepted(await host.send({ kind: 'genesis', principal: 'local:test', nonce: new Uint8Array(16), clock: 'real', entropy: 'os', ...keys })) // prettier-ignore
    return world
  }

  async close(): Promise<void> {
    await this.host.close()
    rmSync(this.#base, { recursive: true, force: true })
  }

  /** A module's bytes are the name of its script. */
  script(name: string, script: Scripted): void {
    this.#scripts.set(name, script)
  }

  /** Puts definitions in force with an owner's signature. */
  async push(json: readonly object[]): Promise<void> {
    const { set, blobs } = await this.#set(json)
    const { manifestHash, manifestHeight: baseHeight } = this.host.kernel
    const base = manifestHash ?? hashDefinition(nodeSha256, EMPTY_MANIFEST)
    const manifest = hashDefinition(nodeSha256, set.manifest)
    accepted(await this.host.send({ kind: 'manifest', principal: 'local:test', manifest, base, baseHeight, blobs, auth: OWNER_AUTH })) // prettier-ignore
    this.#inForce = set
  }

  /** The number of the proposal. */
  async propose(json: readonly object[]): Promise<number> {
    const { set, blobs } = await this.#set(json)
    const { manifestHash: base, manifestHeight: baseHeight } = this.host.kernel
    if (this.#inForce === undefined || base === undefined) throw new Error('nothing is in force')
    const patchBytes = encodePatch(makePatch({ sha256: nodeSha256, base: this.#inForce, next: set }))
    const patch = await this.keep(patchBytes)
    const manifest = hashDefinition(nodeSha256, set.manifest)
    const command = { op: 'propose', patch, manifest, base, baseHeight } as const
    const ingress = { kind: 'governance', principal: 'key:owner', command, blobs: [...blobs, patch], auth: OWNER_AUTH } as const // prettier-ignore
    const [report] = accepted(await this.host.send(ingress)).governance
    if (report === undefined) throw new Error('nothing was proposed')
    return report.proposal
  }

  async shadow(proposal: number, more: Partial<RunShadowOptions> = {}): Promise<ShadowReport> {
    const report = await runShadow({ host: this.host, proposal, ...more })
    const value: unknown = JSON.parse(new TextDecoder().decode(encodeShadowReport(report)))
    expect(documentOf('shadow-report').check(value)).toEqual([])
    return report
  }

  /** An event, not waited for. */
  event(schema: string, value: object, principal = 'local:test'): Accepted {
    return accepted(this.host.submit({ kind: 'event', principal, schema, value: encodeNode(data(value)) }))
  }

  /** Everything so far is durable. */
  async settle(): Promise<void> {
    this.host.flush()
    await this.host.durable()
  }

  send(ingress: Ingress): TurnResult {
    return this.host.submit(ingress)
  }

  intents(): readonly IntentReport[] {
    return [...this.host.kernel.listIntents()]
  }

  answer(intent: IntentReport, payload: object): Accepted {
    const bytes = encodeNode(data(payload))
    return accepted(
      this.host.submit({
        kind: 'receipt',
        principal: `adapter:${intent.adapter}`,
        receipt: {
          world: this.host.id,
          height: intent.height,
          intentHash: hashBytes(intent.hash),
          paramsHash: intent.paramsHash,
          decisionHash: intent.decisionHash,
          adapterId: intent.adapter,
          status: 'ok',
          payloadHash: sha256(nodeSha256, bytes),
          cost: new Map([['calls', 1]]),
          startedNs: 1n,
          finishedNs: 2n,
        },
        payload: bytes,
        signature: { keyId: HOST_ID, signature: new Uint8Array(64).fill(3) },
      }),
    )
  }

  tick(): Accepted {
    return accepted(this.send({ kind: 'tick', principal: 'host:test' }))
  }

  /** An owner's answer to a parked intent. */
  decide(intent: IntentReport, decision: 'approve' | 'reject'): Accepted {
    const { manifestHash } = this.host.kernel
    if (manifestHash === undefined) throw new Error('nothing is in force')
    const approval = { world: this.host.id, intentHash: hashBytes(intent.hash), manifest: hashBytes(manifestHash), decision, expiresNs: 9_000_000_000_000_000_000n } // prettier-ignore
    return accepted(this.send({ kind: 'approval', principal: 'key:owner', approval, auth: OWNER_AUTH }))
  }

  /** Puts bytes into the content. */
  async keep(bytes: Uint8Array): Promise<Hash> {
    await this.host.store.content.put([bytes])
    return hashText(nodeSha256, bytes)
  }

  async #set(json: readonly object[]): Promise<{ readonly set: DefinitionSet; readonly blobs: readonly Hash[] }> {
    const parsed = parseDefinitions(parseJson(JSON.stringify(json)))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
    const own = parsed.value.map((each) =>
      each.kind === 'defmodule' && isPlaceholder(each.wasmHash)
        ? { ...each, wasmHash: hashText(nodeSha256, new TextEncoder().encode(each.name)) }
        : each,
    )
    const sorted = sortDefinitions(own)
    const given = own.find((each): each is Manifest => each.kind === 'manifest') ?? EMPTY_MANIFEST
    const manifest = completeManifest({ sha256: nodeSha256, manifest: given, ...sorted })
    const blobs: Hash[] = []
    for (const each of [...definitionsOf(sorted), manifest]) blobs.push(await this.keep(encodeDefinition(each)))
    for (const { name, wasmHash } of sorted.modules.values()) {
      blobs.push(wasmHash)
      if (wasmHash === hashText(nodeSha256, new TextEncoder().encode(name))) await this.keep(new TextEncoder().encode(name)) // prettier-ignore
    }
    return { set: { manifest, ...sorted }, blobs }
  }

  /** The bytes of a module that runs another script than that of its name. */
  async wasm(script: string): Promise<Hash> {
    return this.keep(new TextEncoder().encode(script))
  }
}

function documentOf(wanted: string): JsonSchemaDocument {
  const found = makeJsonSchemas().find(({ name }) => name === wanted)
  if (found === undefined) throw new Error(`there is no document ${wanted}`)
  return found
}

function runtimeOf(scripts: ReadonlyMap<string, Scripted>): ModuleRuntime {
  return {
    load: ({ wasmHash, bytes }) => ({
      wasmHash,
      rewrittenHash: wasmHash,
      rewritten: bytes,
      call: (input, fuelLimit) => {
        const script = scripts.get(new TextDecoder().decode(bytes))
        if (script === undefined) throw new Error('there is no such script')
        const given = script(askedOf(input))
        const outcome = given.outcome ?? 'ok'
        if (outcome !== 'ok') return { outcome, fuel: fuelLimit, note: 'by script', output: new Uint8Array(0) }
        return { outcome, fuel: FUEL, note: undefined, output: outputOf(given) }
      },
    }),
  }
}

function askedOf(input: Uint8Array): Asked {
  const envelope = asMap(decodeForeign(input))
  const inner = (bytes: Data | undefined): ReadonlyMap<Data, Data> | undefined =>
    bytes instanceof Uint8Array ? asMap(decodeForeign(bytes)) : undefined
  const event = envelope.has('event') ? asMap(envelope.get('event')) : undefined
  return {
    state: inner(envelope.get('state')),
    value: inner(event?.get('value') ?? envelope.get('input')) ?? new Map(),
  }
}

function outputOf({ state, output, events = [] }: Given): Uint8Array {
  if (output !== undefined) return encode({ output: encodeNode(data(output)) })
  return encode({
    state: state === undefined ? null : encodeNode(data(state)),
    domain_events: events.map(({ schema, value }) => ({ schema, value: encodeNode(data(value)) })),
    effects: [],
    ann: null,
  })
}

function asMap(value: Data | undefined): ReadonlyMap<Data, Data> {
  if (value instanceof Map) return value
  throw new Error('expected a map')
}

/** Plain objects are values of the codec as they are. */
function data(value: unknown): Data {
  return value as Data // written in this file's tests
}
