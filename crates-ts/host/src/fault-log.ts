/**
 * Events at which the machine failed (K11). Counted in a file that is synced before anything is tried again, so that an
 * event that takes the process down cannot do so for ever: after the second time it is refused.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { CborWriter, sha256, toHex } from '@aos/cbor'
import type { EventIngress } from '@aos/kernel'
import { readText } from './files.ts'
import { nodeSha256 } from './sha256.ts'

const FAULTS_MAX = 2

/** Counts faults by what was being done, across openings, so that the same event is not tried for ever. */
export class FaultLog {
  readonly #file: string
  readonly #counts = new Map<string, number>()

  /** Reads what was counted before; one digest a line. A line that was cut off is passed over. */
  constructor(file: string) {
    this.#file = file
    if (!existsSync(file)) return
    for (const line of readText(file).split('\n')) if (/^[0-9a-f]{64}$/.test(line)) this.#count(line)
  }

  /** True when the event has failed as often as is allowed. Free of cost while nothing ever failed. */
  isQuarantined(event: EventIngress): boolean {
    return this.#counts.size > 0 && (this.#counts.get(digestOf(event)) ?? 0) >= FAULTS_MAX
  }

  /** How many inputs failed at all, and how many of them are refused from now on. */
  get tally(): { readonly failed: number; readonly quarantined: number } {
    const counts = [...this.#counts.values()]
    return { failed: counts.length, quarantined: counts.filter((count) => count >= FAULTS_MAX).length }
  }

  /** Durable when it returns. */
  record(event: EventIngress): void {
    const digest = digestOf(event)
    this.#count(digest)
    mkdirSync(dirname(this.#file), { recursive: true })
    const file = openSync(this.#file, 'a')
    try {
      writeSync(file, `${digest}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  }

  #count(digest: string): void {
    this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1)
  }
}

/** Of what the turn works on: schema, value, key. */
function digestOf(event: EventIngress): string {
  const writer = new CborWriter()
  writer.array(event.key === undefined ? 2 : 3)
  writer.text(event.schema)
  writer.bytes(event.value)
  if (event.key !== undefined) writer.bytes(event.key)
  return toHex(sha256(nodeSha256, writer.take()))
}
