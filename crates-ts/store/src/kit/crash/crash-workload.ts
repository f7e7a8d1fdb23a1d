/** What a world is made to do before it crashes: appends with two in flight, acknowledgements, content, refused requests. */
import { dirname } from 'node:path'
import { formatHash, parseHash, sha256, type Hash, type HashBytes } from '@aos/cbor'
import { nodeSha256 } from '../../node-sha256.ts'
import type { JournalHead, JournalRecord } from '../../port.ts'
import type { WorldStore } from '../../world-store.ts'
import { KIND_SNAPSHOT_ROOT } from '../../entry-parts.ts'
import { isKeptKind } from '../compaction-suite.ts'
import { headOf, makeEntries, worldOf } from '../entries.ts'
import type { Random } from '../machine/random.ts'
import { must, type ExpectedWorld } from './expected-world.ts'
import { SIMULATED_WORLD } from './open-simulated.ts'

/** A group whose answer never came, as it was asked for. */
export interface LostRequest {
  readonly group: readonly JournalRecord[]
  readonly expected: JournalHead | undefined
}

const ABSENT = parseHash(`sha256:${'0'.repeat(64)}`)

/** What a life may end with, so that it can be crashed there. */
export type Ending = 'compaction' | 'sweep'

/** A folder that has been there for long. */
const ARCHIVES: string = dirname(SIMULATED_WORLD)
const BLOB_BYTES_LARGE = 300_000

/** One life's work on an opened world. */
export class CrashWorkload {
  readonly #store: WorldStore
  readonly #world: ExpectedWorld
  readonly #random: Random
  readonly #mark: string
  #archives = 0

  constructor(store: WorldStore, world: ExpectedWorld, random: Random, mark: string) {
    this.#store = store
    this.#world = world
    this.#random = random
    this.#mark = mark
  }

  /** Rejects with what the store rejects with, or with BrokenPromise. */
  async run(lost: LostRequest | undefined, ending: Ending | undefined): Promise<void> {
    const random = this.#random
    if (lost !== undefined && random.chance(0.5)) await this.#repeat(lost)
    for (let groups = random.between(1, 6); groups > 0; groups -= 1) {
      await allOf(this.#draw())
      if (random.chance(0.2)) this.#readSome()
      if (random.chance(0.2)) this.#note()
    }
    if (ending === 'compaction') await this.#compact(this.#world.entries.length)
    if (ending === 'sweep') {
      await this.#put()
      await allOf([this.#sweep(), this.#put(), this.#put()])
    }
  }

  /** What goes on at the same time. */
  #draw(): readonly Promise<void>[] {
    const random = this.#random
    const kind = random.below(12)
    if (kind < 4) return [this.#append()]
    if (kind < 6) return [this.#append(), this.#append()]
    if (kind < 8) return [this.#append(), this.#put()]
    if (kind < 9) return [this.#put()]
    if (kind < 10) return random.chance(0.5) ? [this.#sweep(), this.#put()] : [this.#sweep()]
    if (kind < 11) return random.chance(0.5) ? [this.#compact(), this.#append()] : [this.#compact()]
    return [this.#beRefused()]
  }

  /** A last acknowledged entry, so that the loss of any is noticed. */
  async appendAcknowledged(): Promise<void> {
    await this.#append()
    const { head } = this.#store.journal
    if (head !== undefined) this.#store.journal.acknowledge(head)
  }

  async #append(): Promise<void> {
    const random = this.#random
    const large = random.chance(0.03) ? 20_000 : random.chance(0.2) ? 3_000 : 200
    const group = makeEntries(this.#world.submitted, random.between(1, 4), {
      payloadBytes: random.below(large),
      mark: this.#mark,
      kindAt: (height) => (height % 5 === 3 ? KIND_SNAPSHOT_ROOT : undefined),
    })
    const expected = this.#world.submitted
    this.#world.unanswered.push(group)
    await this.#submit({ group, expected })
  }

  async #submit({ group, expected }: LostRequest): Promise<void> {
    const { journal } = this.#store
    const world = worldOf(this.#world.entries.length > 0 ? this.#world.entries : (this.#world.unanswered[0] ?? group))
    const result = await journal.appendIf({ world, epoch: journal.epoch, expected, entries: group })
    must(result.kind === 'appended', `an append was answered with ${result.kind}`)
    this.#world.answered(group)
    must((journal.head?.height ?? -1) >= headOf(group).height, 'the head is below the append that was answered')
    if (this.#random.chance(0.7)) journal.acknowledge(headOf(group))
  }

  /** Asks again for what was not answered: it may stand already. */
  async #repeat(lost: LostRequest): Promise<void> {
    const last = headOf(lost.group)
    const standing = this.#world.entries[last.height]
    if (standing === undefined) {
      this.#world.unanswered.push(lost.group)
      await this.#submit(lost)
      return
    }
    const { journal } = this.#store
    const world = worldOf(this.#world.entries)
    const result = await journal.appendIf({ world, epoch: journal.epoch, expected: lost.expected, entries: lost.group })
    const stands = result.kind === 'appended' && isHead(result.head, this.#world.head)
    must(stands, 'a repeated append that stands was not answered with the head')
  }

  async #put(): Promise<void> {
    const random = this.#random
    const blobs = Array.from({ length: random.between(1, 3) }, () => this.#blob())
    this.#world.unansweredContent = blobs
    // A miss makes a store search for what it may have forgotten.
    if (random.chance(0.3)) must(!this.#store.content.has(ABSENT), 'what was never stored is there')
    const hashes = random.chance(0.5) ? await this.#store.content.put(blobs) : await this.#putHashed(blobs)
    this.#world.unansweredContent = []
    for (const [index, blob] of blobs.entries()) {
      const hash = formatHash(sha256(nodeSha256, blob))
      must(hashes[index] === hash, 'content was stored under another hash')
      this.#world.content.set(hash, blob)
    }
  }

  async #putHashed(blobs: readonly Uint8Array[]): Promise<readonly Hash[]> {
    const values = blobs.map((bytes) => ({ hash: sha256(nodeSha256, bytes), bytes }))
    await this.#store.content.putHashed(values)
    return values.map(({ hash }) => formatHash(hash))
  }

  /** About half of the content is needed no more. */
  async #sweep(): Promise<void> {
    const dead = new Set<Hash>()
    for (const [hash, bytes] of this.#world.content) {
      if (this.#random.chance(0.5)) continue
      dead.add(hash)
      this.#world.swept.push(bytes)
      this.#world.content.delete(hash)
    }
    const isLive = (hash: HashBytes): boolean => !dead.has(formatHash(hash))
    const report = await this.#store.content.sweep({ isLive, deadShareMin: this.#random.pick([0, 0.3]) })
    must(report.dead <= dead.size, 'a sweep counts more that is dead than there is')
  }

  #blob(): Uint8Array {
    const random = this.#random
    if (this.#world.swept.length > 0 && random.chance(0.5)) return random.pick(this.#world.swept)
    const { unansweredContent } = this.#world
    if (unansweredContent.length > 0 && random.chance(0.5)) return random.pick(unansweredContent)
    const stored = [...this.#world.content.values()]
    if (stored.length > 0 && random.chance(0.2)) return random.pick(stored)
    return new Uint8Array(random.chance(0.02) ? BLOB_BYTES_LARGE : random.below(2_000)).fill(random.below(256))
  }

  async #compact(before = this.#random.below(this.#world.entries.length + 2)): Promise<void> {
    const { journal } = this.#store
    this.#world.unansweredBefore = before
    this.#archives += 1
    const archive = this.#random.chance(0.5)
      ? `${ARCHIVES}/${this.#mark}-${journal.epoch}-${this.#archives}`
      : undefined
    this.#world.unansweredArchive = archive
    const options = archive === undefined ? {} : { archive }
    const report = await this.#store.compact({ before, keep: isKeptKind, ...options })
    const { firstWhole } = journal
    must(
      report.compactedThrough === (firstWhole === 0 ? undefined : firstWhole - 1),
      'a compaction reports another end',
    )
    must(firstWhole <= Math.max(before, this.#world.firstWhole), `entries below ${firstWhole} were cut, not ${before}`)
    this.#world.compacted(firstWhole)
  }

  /** Requests that must change nothing. */
  async #beRefused(): Promise<void> {
    const { journal } = this.#store
    const { entries, head } = this.#world
    if (head === undefined) return
    const expected = entries.length > 1 ? headOf(entries.slice(0, -1)) : undefined
    const other = makeEntries(expected, 2, { mark: 'other' })
    const world = worldOf(entries)
    const conflict = await journal.appendIf({ world, epoch: journal.epoch, expected, entries: other })
    must(
      conflict.kind === 'conflict' && isHead(conflict.head, head),
      'another history was not answered with a conflict',
    )
    const next = makeEntries(head, 1, { mark: 'fenced' })
    const fenced = await journal.appendIf({ world, epoch: journal.epoch - 1, expected: head, entries: next })
    must(fenced.kind === 'fenced' && fenced.epoch === journal.epoch, 'an epoch of before was not fenced')
  }

  #note(): void {
    const height = this.#world.head?.height ?? 0
    const note = { cut: height, rootHeight: height + 1, root: formatHash(new Uint8Array(32).fill(height)) }
    this.#world.notes.push(note)
    this.#store.snapshotNotes.put(note)
  }

  #readSome(): void {
    const { entries } = this.#world
    if (entries.length === 0) return
    const from = this.#random.below(entries.length)
    this.#world.checkRange(this.#store, from, this.#random.between(from, entries.length - 1))
  }
}

function isHead(left: JournalHead | undefined, right: JournalHead | undefined): boolean {
  return left !== undefined && left.height === right?.height && Buffer.compare(left.leaf, right.leaf) === 0
}

/** Waits for all, then fails with the first failure: none is left behind. */
async function allOf(calls: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(calls)) if (result.status === 'rejected') throw result.reason
}
