/** Tells the world what came of effects: signed in batches, checked, submitted in order (spec/14-dispatch.md, "Results"). */
import { sha256 } from '@aos/cbor'
import type { AosError } from '@aos/cbor'
import type { ReceiptIngress, SignalIngress, TurnResult } from '@aos/kernel'
import type { IntentReport } from '@aos/kernel'
import type { EffectsWorld } from './effects-face.ts'
import type { KeyPair } from '../keys/key-pair.ts'
import { signGroup } from '../receipts/signed-receipt.ts'
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
  /** In the order of the entries, those of a group together. */
  readonly onSettled: (settled: readonly Settled[]) => void
  /** Called once, when the world failed; nothing is settled any more. */
  readonly onFailure: (thrown: unknown) => void
}

/** Groups that are on their way to the disk before the next one is signed. */
const GROUPS_MAX = 2

/** A group is signed and submitted while those before become durable and the next one collects. */
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
    const groups: Promise<void>[] = []
    try {
      for (;;) {
        const isFull = groups.length === GROUPS_MAX
        if (this.#waiting.length === 0 || isFull) {
          const first = groups.shift()
          if (first === undefined) break
          await first
          continue
        }
        const group = this.#waiting
        this.#waiting = []
        this.#inFlight += group.length
        const settled = this.#settled(await this.#submit(group))
        // Its failure is met where the group is waited for.
        settled.catch(() => undefined)
        groups.push(settled)
      }
    } catch (thrown) {
      this.#isBroken = true
      this.#waiting = []
      this.#inFlight = 0
      this.#options.onFailure(thrown)
    }
    this.#underWay = undefined
  }

  /** Runs the turns; what they say may leave when it is durable. */
  async #submit(group: readonly Settling[]): Promise<readonly Settled[]> {
    const { host } = this.#options
    const signed = await this.#sign(group)
    const results: Settled[] = []
    let at = 0
    for (const settling of group) {
      const receipt = settling.kind === 'receipt' ? signed[at++] : undefined
      const ingress = receipt === undefined ? signalOf(settling) : receiptIngress(receipt)
      results.push(toSettled(settling, host.submit(ingress)))
    }
    host.flush()
    return results
  }

  async #settled(results: readonly Settled[]): Promise<void> {
    const { host, onSettled } = this.#options
    await host.durable()
    const told: Settled[] = []
    for (const settled of results) {
      const again = quarantinedOnce(settled)
      if (again === undefined) told.push(settled)
      else this.#waiting.push(again)
    }
    // Nothing of the group is pending any more when it is told of.
    this.#inFlight -= results.length
    onSettled(told)
  }

  /** One signature for all receipts of the group, checked as one from outside would be. */
  async #sign(group: readonly Settling[]): Promise<readonly SignedReceipt[]> {
    const { host, key, verifier, signsEach } = this.#options
    const unsigned: UnsignedReceipt[] = []
    for (const settling of group) if (settling.kind === 'receipt') unsigned.push(unsignedOf(host, settling))
    if (unsigned.length === 0) return []
    const groups = signsEach ? unsigned.map((one) => signGroup(key, [one])) : [signGroup(key, unsigned)]
    await verifier.check(
      host.kernel.keys,
      groups.flatMap(({ checks }) => checks),
    )
    return groups.flatMap(({ receipts }) => receipts)
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
      intentHash: intent.hashBytes,
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
