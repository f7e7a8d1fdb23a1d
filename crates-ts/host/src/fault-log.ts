/**
 * Ingress at which the machine failed (K11). Counted in a file that is synced before anything is tried again, so that
 * what fails every time cannot stop the world for ever: after the second time it is refused.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { encode, hashBytes, sha256, toHex } from '@aos/cbor'
import type { Data, Hash, HashBytes } from '@aos/cbor'
import {
  KIND_NUMBER,
  encodeApproval,
  encodeGovernance,
  encodeClock,
  encodeKeyChange,
  encodeSetEngine,
  encodeSetManifest,
} from '@aos/kernel'
import type { Ingress, IngressKind } from '@aos/kernel'
import { readText, syncFolder } from './files.ts'
import { nodeSha256 } from './sha256.ts'

const FAULTS_MAX = 2

/** The faults of one world folder, as they stand in its file. */
export class FaultLog {
  readonly #file: string
  readonly #counts = new Map<string, number>()

  /** Reads what was counted before; one digest a line. A line that was cut off is passed over. */
  constructor(file: string) {
    this.#file = file
    if (!existsSync(file)) return
    for (const line of readText(file).split('\n')) if (/^[0-9a-f]{64}$/.test(line)) this.#count(line)
  }

  /** True when the ingress has failed as often as is allowed. Free of cost while nothing ever failed. */
  isQuarantined(ingress: Ingress): boolean {
    return this.#counts.size > 0 && (this.#counts.get(digestOf(ingress)) ?? 0) >= FAULTS_MAX
  }

  /** True when receipts for the intent, whatever they say except `unknown`, have failed as often as is allowed. */
  isReceiptQuarantined(intent: Hash): boolean {
    if (this.#counts.size === 0) return false
    return (this.#counts.get(digestOfWork('receipt', receiptWork(hashBytes(intent), false))) ?? 0) >= FAULTS_MAX
  }

  /** How many inputs failed once, and how many are refused. */
  get tally(): { readonly failed: number; readonly quarantined: number } {
    const counts = [...this.#counts.values()]
    const quarantined = counts.filter((count) => count >= FAULTS_MAX).length
    return { failed: counts.length - quarantined, quarantined }
  }

  /** Durable when it returns, also the name of the file. */
  record(ingress: Ingress): void {
    const digest = digestOf(ingress)
    this.#count(digest)
    const folder = dirname(this.#file)
    mkdirSync(folder, { recursive: true })
    const file = openSync(this.#file, 'a')
    try {
      // A line that a crash cut off must not swallow this one.
      writeSync(file, `\n${digest}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    syncFolder(folder)
  }

  #count(digest: string): void {
    this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1)
  }
}

/** Of the kind and of everything that its turn works on; not of stamp, trace, principal or idempotency key. */
function digestOf(ingress: Ingress): string {
  return digestOfWork(ingress.kind, workOf(ingress))
}

function digestOfWork(kind: IngressKind, work: readonly Data[]): string {
  return toHex(sha256(nodeSha256, encode([KIND_NUMBER[kind], ...work])))
}

/** Not of what the receipt says: a second try says when it was made, and something else each time. */
function receiptWork(intentHash: HashBytes, isUnknown: boolean): readonly Data[] {
  return [intentHash, isUnknown]
}

function workOf(ingress: Ingress): readonly Data[] {
  switch (ingress.kind) {
    case 'event':
      return [ingress.schema, ingress.value, ingress.key ?? null]
    case 'genesis':
      return [ingress.nonce, ingress.clock, ingress.entropy, ingress.ownerKeys, ingress.hostKeys]
    case 'manifest':
      return [encodeSetManifest(ingress), [...ingress.blobs]]
    case 'key':
      return [encodeKeyChange(ingress)]
    case 'engine':
      return [encodeSetEngine(ingress)]
    case 'clock':
      return [encodeClock(ingress)]
    case 'receipt':
      return receiptWork(ingress.receipt.intentHash, ingress.receipt.status === 'unknown')
    case 'start':
      return [ingress.plan, ingress.input]
    case 'cancel':
      return [ingress.instance]
    case 'requeue':
      return [ingress.intent]
    case 'signal':
      return [ingress.intent, ingress.code]
    case 'approval':
      return [encodeApproval(ingress.approval)]
    case 'snapshot_root':
      return [ingress.cut, ingress.root]
    case 'governance':
      return [encodeGovernance(ingress.command), [...ingress.blobs]]
    case 'snapshot_cut':
    case 'tick':
      return []
  }
}
