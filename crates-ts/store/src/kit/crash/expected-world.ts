/** What must stand in a world that has crashed, and what may (spec/07-journal.md, "Conformance of a driver"). */
import { equalBytes, formatHash, isAosError, sha256, type Hash } from '@aos/cbor'
import { MerkleLog } from '../../merkle.ts'
import { nodeSha256 } from '../../node-sha256.ts'
import type { JournalHead, JournalPort, JournalRecord } from '../../port.ts'
import type { WorldStore } from '../../world-store.ts'
import type { SnapshotNote } from '../../snapshot-notes.ts'
import { PACKED_BYTES_MAX } from '../../packs/pack-layout.ts'
import { compactedForm } from '../compaction-suite.ts'
import { headOf } from '../entries.ts'

/** A promise of the store that it has broken. */
export class BrokenPromise extends Error {}

/** Throws BrokenPromise with the text unless the condition holds. */
export function must(condition: boolean, otherwise: string): void {
  if (!condition) throw new BrokenPromise(otherwise)
}

/** The record of everything that the store has answered. */
export class ExpectedWorld {
  /** What must stand: answered as appended, or found by an opening. */
  readonly entries: JournalRecord[] = []
  /** Groups given to the store and not answered, in order: each may stand whole, after those before it. */
  unanswered: (readonly JournalRecord[])[] = []
  /** The highest epoch that any opening has had. */
  epoch = 0
  readonly content: Map<Hash, Uint8Array> = new Map()
  /** Content that a sweep was to remove: it may be there or not, and may be stored again. */
  readonly swept: Uint8Array[] = []
  /** Content whose storing was not answered: it may be there, and may be stored again. */
  unansweredContent: readonly Uint8Array[] = []

  /** Entries below it were cut to their headers. */
  firstWhole = 0
  /** A compaction that was not answered may have cut what is below. */
  unansweredBefore = 0
  /** Archives of what was cut, and the one that must be there when the compaction that was not answered has cut anything. */
  readonly archives: string[] = []
  unansweredArchive: string | undefined
  /** Notes that were given to the store. Any of them may be lost. */
  readonly notes: SnapshotNote[] = []

  get head(): JournalHead | undefined {
    return this.entries.length === 0 ? undefined : headOf(this.entries)
  }

  /** The head when everything that was given to the store comes to stand. */
  get submitted(): JournalHead | undefined {
    const last = this.unanswered.at(-1)
    return last === undefined ? this.head : headOf(last)
  }

  /** The first of the unanswered groups has been answered. */
  answered(group: readonly JournalRecord[]): void {
    must(this.unanswered[0] === group, 'a group was acknowledged before an earlier one')
    this.unanswered.shift()
    this.entries.push(...group)
  }

  /** A compaction has been answered, or what it came to was found. */
  compacted(firstWhole: number): void {
    if (firstWhole > this.firstWhole && this.unansweredArchive !== undefined) this.archives.push(this.unansweredArchive)
    this.firstWhole = firstWhole
    this.unansweredBefore = 0
    this.unansweredArchive = undefined
  }

  /** Checks everything after an opening for writing; what it found stands from now on. */
  checkOpened(store: WorldStore): void {
    must(store.journal.epoch > this.epoch, `epoch ${store.journal.epoch} after epoch ${this.epoch}`)
    this.epoch = store.journal.epoch
    this.#checkFirstWhole(store)
    this.compacted(store.journal.firstWhole)
    const height = store.journal.head?.height ?? -1
    this.#settle(height + 1)
    // A large value may be found before its name is durable (spec/07-journal.md, J37): only storing it again makes it last.
    for (const bytes of this.unansweredContent.filter(({ length }) => length <= PACKED_BYTES_MAX)) {
      const hash = formatHash(sha256(nodeSha256, bytes))
      if (store.content.get(hash) !== undefined) this.content.set(hash, bytes)
    }
    this.checkStanding(store)
    const log = store.logHead()
    const expected = new MerkleLog()
    for (const { leaf } of this.entries) expected.append(leaf)
    const isSame = log.size === this.entries.length && log.root === formatHash(expected.root())
    must(isSame, 'the log has another size or root than its entries')
  }

  /** Checks that exactly what must stand can be read, and all content. */
  checkStanding(store: WorldStore): void {
    const head = store.journal.head
    const expected = this.head
    must(head?.height === expected?.height, `the head is ${head?.height ?? 'none'}, not ${expected?.height ?? 'none'}`)
    if (head !== undefined && expected !== undefined)
      must(equalBytes(head.leaf, expected.leaf), 'the head is another entry')
    must(
      store.world === (this.entries[0] === undefined ? undefined : formatHash(this.entries[0].leaf)),
      'another world',
    )
    this.checkRange(store, 0, this.entries.length - 1)
    for (const [hash, bytes] of this.content) checkBlob(store, hash, bytes)
    for (const { cut, rootHeight, root } of store.snapshotNotes.list()) {
      const isOurs = this.notes.some((note) => note.cut === cut && note.rootHeight === rootHeight && note.root === root)
      must(isOurs, `a snapshot at ${cut} is noted that nobody noted`)
    }
  }

  /** Whole entries are read; of those that were cut the headers, and the kinds that are kept. */
  checkRange(store: WorldStore, from: number, to: number): void {
    this.#checkFirstWhole(store)
    const { journal } = store
    const { firstWhole } = journal
    const cut = Math.min(to, firstWhole - 1)
    this.#checkRecords(journal.readHeaders({ from, to: cut }), { from, to: cut, form: compactedForm })
    const whole = { from: Math.max(from, firstWhole), to, form: (bytes: Uint8Array) => bytes }
    this.#checkRecords(journal.read(whole), whole)
    if (from <= cut) must(isCompacted(journal, { from, to }), `height ${from} was cut and can be read`)
  }

  #checkRecords(batches: Iterable<readonly JournalRecord[]>, { from, to, form }: RecordRange): void {
    let next = from
    for (const batch of batches) {
      for (const record of batch) {
        const entry = this.entries[next]
        must(record.height === next && entry !== undefined, `height ${record.height} was read, not ${next}`)
        if (entry !== undefined) {
          must(equalBytes(form(entry.bytes), record.bytes), `height ${next} reads back otherwise`)
          must(equalBytes(entry.leaf, record.leaf), `height ${next} has another leaf`)
        }
        next += 1
      }
    }
    must(next > to, `reading ended before height ${next}, not after ${to}`)
  }

  #checkFirstWhole({ journal: { firstWhole } }: WorldStore): void {
    must(firstWhole >= this.firstWhole, `entries are whole from ${firstWhole}, but were cut up to ${this.firstWhole}`)
    const may = Math.max(this.firstWhole, this.unansweredBefore)
    must(firstWhole <= may, `entries are whole from ${firstWhole}, but nobody asked for more than ${may}`)
  }

  /** The journal has so many entries: what was unanswered stands up to there, and the rest is gone for good. */
  #settle(count: number): void {
    must(count >= this.entries.length, `height ${count} is lost: ${this.entries.length} entries were acknowledged`)
    while (this.entries.length < count) {
      const group = this.unanswered.shift()
      must(group !== undefined, `height ${this.entries.length} was never appended`)
      this.entries.push(...(group ?? []))
    }
    must(this.entries.length === count, `only a part of a group stands: it ends at height ${count - 1}`)
    this.unanswered = []
  }
}

interface RecordRange {
  readonly from: number
  readonly to: number
  /** The bytes that an entry must have. */
  readonly form: (bytes: Uint8Array) => Uint8Array
}

/** Reading is refused because entries were cut. */
function isCompacted(journal: JournalPort, range: { readonly from: number; readonly to: number }): boolean {
  try {
    for (const _ of journal.read(range)) return false
    return false
  } catch (error) {
    if (isAosError(error) && error.code === 'journal.compacted') return true
    throw error
  }
}

function checkBlob(store: WorldStore, hash: Hash, bytes: Uint8Array): void {
  const found = store.content.get(hash)
  must(found !== undefined && store.content.has(hash), `${hash} is lost`)
  if (found !== undefined) must(equalBytes(found, bytes), `${hash} reads back otherwise`)
}
