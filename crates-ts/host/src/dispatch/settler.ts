/** Tells the world what came of effects: signed in batches, checked, submitted in order (spec/14-dispatch.md, "Results"). */
import { hashBytes, sha256 } from '@aos/cbor'
import type { AosError } from '@aos/cbor'
import type { ReceiptIngress, SignalIngress, TurnResult } from '@aos/kernel'
import type { IntentReport } from '@aos/kernel'
import type { EffectsWorld } from './effects-face.ts'
import type { KeyPair } from '../keys/key-pair.ts'
import { signReceipts } from '../receipts/signed-receipt.ts'
import type { ReceiptVerifier, SignedReceipt, UnsignedReceipt } from '../receipts/signed-receipt.ts'
import { nodeSha256 } from '../sha256.ts'
import { failure } from './effect-result.ts'
import type { EncodedResult } from './effect-result.ts'

/** Principal of what the dispatcher itself says. */
const PRINCIPAL = 'host:dispatch'

/** What is to be told of one intent. */
export type Settling =
  | {
      readonly kind: 'receipt'
      readonly intent: IntentReport
      readonly result: EncodedResult
      readonly startedNs: bigint
      readonly finishedNs: bigint
    }
  | { readonly kind: 'dead'; readonly intent: IntentReport; readonly code: string }

/** What became of it, once that is durable. */
export type Settled =
  | { readonly kind: 'accepted'; readonly settling: Settling; readonly height: number }
  | { readonly kind: 'refused'; readonly settling: Settling; readonly error: AosError }

/** What a settler works with. */
export interface SettlerOptions {
  readonly host: EffectsWorld
  readonly key: KeyPair
  readonly verifier: ReceiptVerifier
  /** No batches. */
  readonly signsEach: boolean
  /** In the order of the entries. */
  readonly onSettled: (settled: Settled) => void
  /** Called once, when the world failed; nothing is settled any more. */
  readonly onFailure: (thrown: unknown) => void
}

/** One group is signed and submitted while the next one collects. */
export class Settler {
  readonly #options: SettlerOptions
  #waiting: Settling[] = []
  #inFlight = 0
  #underWay: Promise<void> | undefined
  #isBroken = false

  constructor(options: SettlerOptions) {
    this.#options = options
  }

  /** What is not durable yet. */
  get pending(): number {
    return this.#waiting.length + this.#inFlight
  }

  /** Takes it; `onSettled` tells of it. */
  add(settling: Settling): void {
    if (this.#isBroken) return
    this.#waiting.push(settling)
    this.#underWay ??= this.#run()
  }

  /** Waits until nothing is under way. */
  async drain(): Promise<void> {
    await this.#underWay
  }

  async #run(): Promise<void> {
    // Whatever finishes in the same turn of the event loop shares the signature.
    await new Promise<void>((resolve) => {
      setImmediate(resolve)
    })
    try {
      while (this.#waiting.length > 0) {
        const group = this.#waiting
        this.#waiting = []
        this.#inFlight = group.length
        await this.#settle(group)
      }
    } catch (thrown) {
      this.#isBroken = true
      this.#waiting = []
      this.#inFlight = 0
      this.#options.onFailure(thrown)
    }
    this.#underWay = undefined
  }

  async #settle(group: readonly Settling[]): Promise<void> {
    const { host, onSettled } = this.#options
    const signed = await this.#sign(group)
    const results: Settled[] = []
    for (const settling of group) {
      const receipt = signed.get(settling)
      const ingress = receipt === undefined ? signalOf(settling) : receiptIngress(receipt)
      results.push(toSettled(settling, host.submit(ingress)))
    }
    host.flush()
    await host.durable()
    // Nothing is pending any more when the last of them is told of.
    this.#inFlight = 0
    for (const settled of results) {
      const again = quarantinedOnce(settled)
      if (again === undefined) onSettled(settled)
      else this.#waiting.push(again)
    }
  }

  /** One signature for all receipts of the group, checked as one from outside would be. */
  async #sign(group: readonly Settling[]): Promise<ReadonlyMap<Settling, SignedReceipt>> {
    const { host, key, verifier, signsEach } = this.#options
    const receipts = group.filter((settling) => settling.kind === 'receipt')
    if (receipts.length === 0) return new Map()
    const unsigned = receipts.map((settling) => unsignedOf(host, settling))
    const signed = signsEach ? unsigned.flatMap((one) => signReceipts(key, [one])) : signReceipts(key, unsigned)
    await verifier.verify(host.kernel.keys, signed)
    return new Map(
      receipts.flatMap((settling, index) => {
        const one = signed[index]
        return one === undefined ? [] : [[settling, one] as const]
      }),
    )
  }
}

function unsignedOf(host: EffectsWorld, settling: Extract<Settling, { readonly kind: 'receipt' }>): UnsignedReceipt {
  const { intent, result, startedNs, finishedNs } = settling
  const { status, payload, cost } = result
  return {
    payload,
    receipt: {
      world: host.id,
      height: intent.height,
      intentHash: hashBytes(intent.hash),
      paramsHash: intent.paramsHash,
      decisionHash: intent.decisionHash,
      adapterId: intent.adapter,
      status,
      payloadHash: sha256(nodeSha256, payload),
      cost,
      startedNs,
      finishedNs,
    },
  }
}

/** The ingress of a receipt whose signature holds. */
export function receiptIngress({ receipt, payload, signature }: SignedReceipt): ReceiptIngress {
  return { kind: 'receipt', principal: `adapter:${receipt.adapterId}`, receipt, payload, signature }
}

function signalOf({ intent, ...rest }: Settling): SignalIngress {
  const code = 'code' in rest ? rest.code : 'attempts'
  return { kind: 'signal', principal: PRINCIPAL, intent: intent.hash, code }
}

function toSettled(settling: Settling, result: TurnResult): Settled {
  if (result.kind === 'refused') return { kind: 'refused', settling, error: result.error }
  return { kind: 'accepted', settling, height: result.height }
}

/** The machine failed twice at what the adapter said, so the effect is reported as unknown (K11). */
function quarantinedOnce(settled: Settled): Settling | undefined {
  if (settled.kind !== 'refused' || settled.error.code !== 'host.quarantined') return undefined
  const { settling } = settled
  if (settling.kind !== 'receipt' || settling.result.status === 'unknown') return undefined
  return { ...settling, result: hostFault() }
}

/** What stands in the place of a receipt at which the machine failed twice. */
export function hostFault(): EncodedResult {
  return failure('host_fault', 'the host failed twice at the receipt of this effect', { status: 'unknown' })
}
