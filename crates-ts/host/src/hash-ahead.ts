/**
 * Hashing on a second thread what a verified replay will compare (docs/decisions/0006-verification-encodes-again.md).
 *
 * Entries are read ahead, copied into shared memory and hashed there, while the thread of the kernel derives earlier ones. A
 * job that the second thread has not begun when its turn comes is taken back: nobody waits for a thread that is slow, not
 * started yet or gone. Digests never come from anywhere but this process.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { PartDigests } from '@aos/kernel'
import { hashPartsAhead, makeEntryHasher, type HashAheadMemory, type HashAheadSlot } from './hash-ahead-thread.ts'

const SLOTS = 4
const SLOT_ENTRIES = 512
const SLOT_BYTES = 512 * 1024
const DIGESTS_BYTES = 160
/** A job that was begun takes milliseconds; after this time the thread is taken for dead. */
const PATIENCE_MS = 2000
/** Starting a thread takes as long as verifying so many entries. */
const ENTRIES_WORTH_A_THREAD = 20_000

// States of a slot, as hash-ahead-thread.ts has them.
const IDLE = 0
const POSTED = 1
const TAKEN = 2
const DONE = 3
const POSTED_AT = 2 * SLOTS
const CONTROL_LENGTH = POSTED_AT + 1

export interface ReadEntry {
  readonly height: number
  readonly bytes: Uint8Array
}

/** Entries that were read together; views are valid until the next ones are asked for. */
export interface ReadEntries {
  readonly entries: readonly ReadEntry[]
  /** undefined when the second thread has not hashed it. */
  readonly digestsOf: (index: number) => PartDigests | undefined
}

/** Without digests: for entries that are few, or on one processor. */
export function* readEntries(batches: Iterable<readonly ReadEntry[]>): Generator<ReadEntries, void, undefined> {
  for (const entries of batches) yield { entries, digestsOf: noDigests }
}

/** Whether a second thread pays for so many entries here. */
export function isWorthHashingAhead(entries: number): boolean {
  return entries >= ENTRIES_WORTH_A_THREAD && availableParallelism() > 1
}

/** Entries as `batches` has them, in groups of its own. The thread ends with the iteration, however that ends. */
export function* readAndHashAhead(batches: Iterable<readonly ReadEntry[]>): Generator<ReadEntries, void, undefined> {
  const memory = makeMemory()
  const worker = startThread(memory)
  try {
    const jobs: Job[] = []
    const slots = memory.slots.map((slot, place) => new Job(memory.control, slot, place))
    const source = new EntrySource(batches)
    let turn = 0
    for (;;) {
      while (jobs.length < SLOTS) {
        const job = slots[turn % SLOTS]
        if (job === undefined || !source.fill(job)) break
        job.post()
        jobs.push(job)
        turn += 1
      }
      const job = jobs.shift()
      if (job === undefined) return
      yield job.take()
    }
  } finally {
    Atomics.store(memory.control, POSTED_AT, -1)
    Atomics.notify(memory.control, POSTED_AT)
    worker.unref()
  }
}

function makeMemory(): HashAheadMemory {
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes)
  return {
    control: new Int32Array(shared(4 * CONTROL_LENGTH)),
    slots: Array.from({ length: SLOTS }, () => ({
      bytes: new Uint8Array(shared(SLOT_BYTES)),
      ends: new Int32Array(shared(4 * SLOT_ENTRIES)),
      digests: new Uint8Array(shared(DIGESTS_BYTES * SLOT_ENTRIES)),
      parts: new Int32Array(shared(4 * 3 * SLOT_ENTRIES)),
    })),
  }
}

/** The thread's program is the text of two functions, so that it runs alike from sources and from a bundle. */
function startThread(memory: HashAheadMemory): Worker {
  const hasher = `(${makeEntryHasher.toString()})(require('node:crypto').hash)`
  const program = `(${hashPartsAhead.toString()})(require('node:worker_threads').workerData, ${hasher})`
  const worker = new Worker(program, { eval: true, workerData: memory, execArgv: [], env: {} })
  // A thread that cannot start hashes nothing, and its jobs are taken back.
  worker.on('error', () => undefined)
  worker.unref()
  return worker
}

/** Entries on their way through one slot; their bytes are copied, because those of the journal end with its next batch. */
class Job {
  readonly #control: Int32Array
  readonly #slot: HashAheadSlot
  readonly #place: number
  readonly #bytes: Uint8Array = new Uint8Array(SLOT_BYTES)
  readonly #ends: Int32Array = new Int32Array(SLOT_ENTRIES)
  #entries: ReadEntry[] = []
  #used = 0
  #isPosted = false

  constructor(control: Int32Array, slot: HashAheadSlot, place: number) {
    this.#control = control
    this.#slot = slot
    this.#place = place
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  clear(): void {
    this.#entries = []
    this.#used = 0
    this.#isPosted = false
  }

  /** False when there is no room. An entry larger than a slot goes alone, and is not hashed ahead. */
  add({ height, bytes }: ReadEntry): boolean {
    const count = this.#entries.length
    const end = this.#used + bytes.length
    if (count > 0 && (count === SLOT_ENTRIES || end > SLOT_BYTES)) return false
    if (end > SLOT_BYTES) {
      this.#entries.push({ height, bytes: bytes.slice() })
    } else {
      this.#bytes.set(bytes, this.#used)
      this.#entries.push({ height, bytes: this.#bytes.subarray(this.#used, end) })
      this.#ends[count] = end
    }
    this.#used = end
    return true
  }

  /** Does nothing when the thread still holds the slot from a job that nobody waited for. */
  post(): void {
    const state = Atomics.load(this.#control, this.#place)
    if (this.#used > SLOT_BYTES || (state !== IDLE && state !== DONE)) return
    this.#slot.bytes.set(this.#bytes.subarray(0, this.#used))
    this.#slot.ends.set(this.#ends.subarray(0, this.#entries.length))
    this.#control[SLOTS + this.#place] = this.#entries.length
    this.#isPosted = true
    Atomics.store(this.#control, this.#place, POSTED)
    Atomics.add(this.#control, POSTED_AT, 1)
    Atomics.notify(this.#control, POSTED_AT)
  }

  /** The entries, with digests if the thread has begun with them. */
  take(): ReadEntries {
    const entries = this.#entries
    if (!this.#isPosted) return { entries, digestsOf: noDigests }
    let state = Atomics.compareExchange(this.#control, this.#place, POSTED, IDLE)
    if (state === TAKEN) {
      Atomics.wait(this.#control, this.#place, TAKEN, PATIENCE_MS)
      state = Atomics.load(this.#control, this.#place)
    }
    if (state !== DONE) return { entries, digestsOf: noDigests }
    // Copies, out of memory that is shared.
    const digests = this.#slot.digests.slice(0, DIGESTS_BYTES * entries.length)
    const parts = this.#slot.parts.slice(0, 3 * entries.length)
    Atomics.store(this.#control, this.#place, IDLE)
    return { entries, digestsOf: (index) => digestsAt(digests, parts, index) }
  }
}

function noDigests(): undefined {
  return undefined
}

function digestsAt(bytes: Uint8Array, parts: Int32Array, index: number): PartDigests | undefined {
  const ingressAt = parts[3 * index] ?? 0
  if (ingressAt === 0) return undefined
  const derivedAt = parts[3 * index + 1] ?? 0
  return { bytes, at: DIGESTS_BYTES * index, ingressAt, derivedAt, bodiesAt: parts[3 * index + 2] ?? 0 }
}

/** Hands entries from batches to jobs. */
class EntrySource {
  readonly #entries: Iterator<ReadEntry>
  #next: ReadEntry | undefined

  constructor(batches: Iterable<readonly ReadEntry[]>) {
    this.#entries = eachEntry(batches)
  }

  /** False when nothing is left. The entry that has no room any more waits: its bytes last until the next is asked for. */
  fill(job: Job): boolean {
    job.clear()
    for (;;) {
      this.#next ??= this.#entries.next().value as ReadEntry | undefined // the generator returns undefined
      if (this.#next === undefined || !job.add(this.#next)) return !job.isEmpty
      this.#next = undefined
    }
  }
}

function* eachEntry(batches: Iterable<readonly ReadEntry[]>): Generator<ReadEntry, undefined, undefined> {
  for (const batch of batches) yield* batch
  return undefined
}
