/** Answers from a script for intents that no recorded receipt is for (spec/24-shadow-report.md, "Receipts"; spec/13-adapters.md, "Scripts"). */
import { callAdapter, makeScripted, makeScrubber } from '@aos/adapters'
import type { KindTypes, Script, ScriptedAdapter } from '@aos/adapters'
import { sha256, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { IntentReport, ReceiptIngress } from '@aos/kernel'
import { loadDefinitions } from '../definitions.ts'
import { encodeResult } from '../dispatch/effect-result.ts'
import { nodeSha256 } from '../sha256.ts'
import type { Fork } from './fork.ts'
import { boundTo, hostKeyId } from './translate.ts'

/** Nobody verifies it: a fork takes signatures as verified. */
const SIGNATURE = new Uint8Array(64)

/** One use of a script for one fork. */
export class ScriptAnswers {
  readonly #fork: Fork
  readonly #adapter: ScriptedAdapter
  readonly #types = new Map<string, KindTypes>()

  constructor(fork: Fork, script: Script) {
    this.#fork = fork
    // No time passes in a fork: what waits answers at once, and what hangs is given up at once.
    const steps = script.steps.map((step) => ({ ...step, delayMs: 0 }))
    const typesOf = (kind: string): KindTypes | undefined => this.#types.get(kind)
    this.#adapter = makeScripted({ id: 'shadow', kinds: [], script: { ...script, steps }, typesOf })
  }

  /** The receipt of an intent; undefined when no step of the script is left for it, or the world has no host key. */
  async answer(intent: IntentReport): Promise<ReceiptIngress | undefined> {
    const { world, content } = this.#fork
    const keyId = hostKeyId(world)
    if (keyId === undefined || world.id === undefined) return undefined
    this.#know(intent)
    const call = {
      effectKind: intent.effectKind,
      params: intent.paramsSchema.codec.decode(intent.params),
      intentHash: intent.hash,
      idempotencyKey: toHex(intent.idempotencyKey),
      attempt: 1,
      grant: { name: intent.grant, capType: '', params: null },
      blobs: {
        get: (hash: Hash) => content.find(hash),
        put: (bytes: Uint8Array) => Promise.resolve(content.put(bytes)),
      },
      signal: AbortSignal.abort(),
    }
    const result = await callAdapter(this.#adapter, call, { scrubber: makeScrubber([]) })
    if (result === undefined || this.#adapter.calls.at(-1)?.step === undefined) return undefined
    const { status, payload, cost } = encodeResult(intent, result)
    const nowNs = world.time.logicalNowNs
    const receipt = {
      world: world.id,
      ...boundTo(intent),
      status,
      payloadHash: sha256(nodeSha256, payload),
      cost,
      startedNs: nowNs,
      finishedNs: nowNs,
    }
    return {
      kind: 'receipt',
      principal: `adapter:${intent.adapter}`,
      receipt,
      payload,
      signature: { keyId, signature: SIGNATURE },
    }
  }

  /** The schemas are those of the emission. */
  #know({ manifest, effectKind, paramsSchema, receipt }: IntentReport): void {
    const { table } = loadDefinitions(manifest, (hash) => this.#fork.content.get(hash))
    this.#types.set(effectKind, { params: paramsSchema.type, receipt: receipt.type, table })
  }
}
