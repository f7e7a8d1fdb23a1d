/** A world of AIR JSON over scripted modules, with receipts that count. */
import {
  EMPTY_MANIFEST,
  completeManifest,
  definitionsOf,
  encodeDefinition,
  hashDefinition,
  isPlaceholder,
  parseDefinitions,
  parseJson,
  sortDefinitions,
} from '@aos/air'
import type { Definition, DefinitionSet, Manifest } from '@aos/air'
import { encodeNode, formatHash, hashText, sha256 } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import type { Approval, Receipt, ReceiptStatus } from '@aos/effects'
import type { IntentReport, TurnResult } from '../src/index.ts'
import { Bench, OWNER_AUTH, nodeSha256 } from './_util.ts'
import type { Script } from './_util.ts'

type Accepted = Extract<TurnResult, { readonly kind: 'accepted' }>

const ADAPTER_KEY = new Uint8Array(32).fill(9)
export const ADAPTER_ID: Uint8Array = sha256(nodeSha256, ADAPTER_KEY)

export class EffectBench extends Bench {
  /** Puts definitions in force; the first time with genesis and an adapter's key before them. */
  air(
    definitions: readonly object[],
    scripts: Readonly<Record<string, Script>> = {},
    more: readonly Uint8Array[] = [],
  ): Accepted {
    if (this.world.id === undefined) {
      this.genesis()
      this.key('register', 'demo')
    }
    for (const [name, script] of Object.entries(scripts)) this.scripts.set(name, script)
    return accepted(this.submit(this.#manifest(definitions, more)))
  }

  key(change: 'register' | 'revoke', role: string): void {
    const { keysHeight: baseHeight } = this.world
    accepted(this.submit({ kind: 'key', principal: 'local:test', change, publicKey: ADAPTER_KEY, role, kinds: [], baseHeight, auth: OWNER_AUTH })) // prettier-ignore
  }

  /** A complete manifest of AIR JSON, with what it lists; everything is in the content. */
  set(json: readonly object[]): { readonly set: DefinitionSet; readonly blobs: readonly Hash[] } {
    const parsed = parseDefinitions(parseJson(JSON.stringify(json)))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
    const own = parsed.value.map((definition) => this.#withWasm(definition))
    const sorted = sortDefinitions(own)
    const given = own.find((definition): definition is Manifest => definition.kind === 'manifest') ?? EMPTY_MANIFEST
    const manifest = completeManifest({ sha256: nodeSha256, manifest: given, ...sorted })
    const blobs = [...definitionsOf(sorted), manifest].map((definition) => this.keep(encodeDefinition(definition)))
    for (const { wasmHash } of sorted.modules.values()) blobs.push(wasmHash)
    return { set: { manifest, ...sorted }, blobs }
  }

  #manifest(json: readonly object[], more: readonly Uint8Array[]): Parameters<Bench['submit']>[0] {
    const { set, blobs } = this.set(json)
    return {
      kind: 'manifest',
      principal: 'local:test',
      manifest: hashDefinition(nodeSha256, set.manifest),
      base: this.world.manifestHash ?? hashDefinition(nodeSha256, EMPTY_MANIFEST),
      baseHeight: this.world.manifestHeight,
      blobs: [...blobs, ...more.map((bytes) => this.keep(bytes))],
      auth: OWNER_AUTH,
    }
  }

  #withWasm(definition: Definition): Exclude<Definition, Manifest> | Manifest {
    if (definition.kind !== 'defmodule' || !isPlaceholder(definition.wasmHash)) return definition
    return { ...definition, wasmHash: this.keep(new TextEncoder().encode(definition.name)) }
  }

  /** Puts bytes into the content. */
  keep(bytes: Uint8Array): Hash {
    const hash = hashText(nodeSha256, bytes)
    this.content.set(hash, bytes)
    return hash
  }

  /** Open intents, in order. */
  intents(): readonly IntentReport[] {
    return [...this.world.listIntents()]
  }

  receipt(
    intent: IntentReport,
    payload: Data,
    more: { readonly status?: ReceiptStatus; readonly change?: Partial<Receipt>; readonly keyId?: Uint8Array } = {},
  ): TurnResult {
    // prettier-ignore
    const bytes = encodeNode(payload)
    const receipt: Receipt = {
      world: this.world.id ?? formatHash(new Uint8Array(32)),
      height: intent.height,
      intentHash: hashOf(intent.hash),
      paramsHash: intent.paramsHash,
      decisionHash: intent.decisionHash,
      adapterId: intent.adapter,
      status: more.status ?? 'ok',
      payloadHash: sha256(nodeSha256, bytes),
      cost: new Map([['calls', 1]]),
      startedNs: 1n,
      finishedNs: 2n,
      ...more.change,
    }
    const signature = { keyId: more.keyId ?? ADAPTER_ID, signature: new Uint8Array(64).fill(3) }
    return this.submit({ kind: 'receipt', principal: `adapter:${intent.adapter}`, receipt, payload: bytes, signature })
  }

  approve(intent: IntentReport, more: Partial<Approval> = {}, auth = OWNER_AUTH): TurnResult {
    const approval: Approval = {
      world: this.world.id ?? formatHash(new Uint8Array(32)),
      intentHash: hashOf(intent.hash),
      manifest: hashOf(this.world.manifestHash ?? formatHash(new Uint8Array(32))),
      decision: 'approve',
      expiresNs: 9_000_000_000_000_000_000n,
      ...more,
    }
    return this.submit({ kind: 'approval', principal: 'key:owner', approval, auth })
  }

  /** Both ways of replay give the same world: head, intents, running plans. */
  checkReplay(): void {
    const seen = (world: Bench['world']): string =>
      JSON.stringify([world.head, [...world.listIntents()].map(({ hash, status, isOrphan }) => [hash, status, isOrphan]), [...world.listInstances()], String(world.nextDueNs)], (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) // prettier-ignore
    for (const verify of [true, false]) {
      if (seen(this.replayed(verify)) !== seen(this.world)) throw new Error(`replay differs (verify: ${verify})`)
    }
  }
}

export function accepted(result: TurnResult): Accepted {
  if (result.kind === 'accepted') return result
  throw result.kind === 'refused' ? result.error : new Error('a duplicate')
}

export function refusal(result: TurnResult): string {
  return result.kind === 'refused' ? result.error.code : result.kind
}

function hashOf(hash: Hash): Uint8Array {
  return Uint8Array.from(Buffer.from(hash.slice('sha256:'.length), 'hex'))
}
