/** Finding out what content a world needs (spec/16-snapshots.md, "Retention"). */
import { formatHash, hashBytes, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { walkSnapshot } from '@aos/kernel'
import type { ContentStore, SnapshotNote } from '@aos/store'
import type { OpenedStore } from '../host-world.ts'
import { isStateUnreadable } from '../snapshots/bad-snapshots.ts'
import { ENTRIES_A_STEP } from '../steps.ts'
import type { Steps } from '../steps.ts'
import { findHashes, findHashesOfEntry } from './find-hashes.ts'
import { HashSet } from './hash-set.ts'
import { claimedSnapshots } from './read-snapshots.ts'

/** So many snapshots are kept. */
const SNAPSHOTS_KEPT = 2

/** What is needed of a world. */
export interface MarkGround {
  readonly store: OpenedStore
  readonly readContent: (hash: Hash) => Uint8Array
  /** Needed although nothing names them. */
  readonly uploads: Iterable<Hash>
}

/** What was found to be needed. */
export interface Marks {
  readonly live: HashSet
  /** The snapshots that are kept, the newest first. */
  readonly snapshots: readonly SnapshotNote[]
}

/**
 * Marks the newest two snapshots that can be read whole, what whole entries name, and what all of that names. Throws what content throws
 * when the newest snapshot cannot be read: who sweeps then makes it worse.
 */
export function* markContent({ store, readContent, uploads }: MarkGround): Steps<Marks> {
  const marking = new Marking(store.content)
  const snapshots: SnapshotNote[] = []
  for (const note of claimedSnapshots(store)) {
    if (snapshots.length >= SNAPSHOTS_KEPT) break
    try {
      for (const { hash, bytes } of walkSnapshot({ get: readContent }, note.root, (of) => marking.isMarked(of))) {
        marking.mark(hash, bytes)
        yield
      }
      snapshots.push(note)
    } catch (error) {
      if (snapshots.length === 0 || !isStateUnreadable(error)) throw error
    }
  }
  for (const upload of uploads) marking.name(upload)
  yield* marking.entriesSteps(store)
  yield* marking.followSteps()
  return { live: marking.live, snapshots }
}

class Marking {
  readonly live = new HashSet()
  readonly #content: ContentStore
  /** Seen somewhere, not looked for yet. */
  #named = new HashSet()

  constructor(content: ContentStore) {
    this.#content = content
  }

  isMarked(hash: Hash): boolean {
    return this.live.has(hashBytes(hash))
  }

  mark(hash: Hash, bytes: Uint8Array): void {
    this.live.add(hashBytes(hash))
    findHashes(bytes, this.#note)
  }

  name(hash: Hash): void {
    this.#note(hashBytes(hash))
  }

  readonly #note = (hash: Uint8Array): void => {
    if (!this.live.has(hash)) this.#named.add(hash)
  };

  *entriesSteps({ journal }: OpenedStore): Steps<void> {
    if (journal.head === undefined) return
    for (const batch of journal.readHeaders({ from: 0 })) {
      for (const [index, record] of batch.entries()) {
        if (index % ENTRIES_A_STEP === 0) yield
        if (!record.isCompacted) findHashesOfEntry(record.bytes, this.#note)
      }
    }
  }

  /** What is named by what is named, to the end. */
  *followSteps(): Steps<void> {
    while (this.#named.size > 0) {
      const named = this.#named
      this.#named = new HashSet()
      for (const bytes of named.values()) {
        yield
        if (this.live.has(bytes)) continue
        const hash = formatHash(bytes)
        if (!this.#content.has(hash)) continue
        this.live.add(bytes)
        const value = this.#read(hash)
        if (value !== undefined) findHashes(value, this.#note)
      }
    }
  }

  /** undefined: damaged. It stays, and is told of by who reads it or verifies. */
  #read(hash: Hash): Uint8Array | undefined {
    try {
      return this.#content.get(hash)
    } catch (error) {
      if (isAosError(error) && error.code === 'store.corrupt_blob') return undefined
      throw error
    }
  }
}
