/** The storage ports of a world (spec/07-journal.md, "Storage"). Every driver passes the kit in `kit/`. */
import type { Hash, HashBytes } from '@aos/cbor'

/** The last entry that stands: its height and its leaf hash. */
export interface JournalHead {
  readonly height: number
  readonly leaf: HashBytes
}

/** One encoded entry. `leaf` is SHA-256(0x00 ‖ header), computed by whoever made the entry. */
export interface JournalRecord {
  readonly height: number
  readonly leaf: HashBytes
  readonly bytes: Uint8Array
}

/** A record that may have only its header. `bytes` are those of an entry whose three other parts are null then. */
export interface HeaderRecord extends JournalRecord {
  readonly isCompacted: boolean
}

/**
 * Entries for the end of a journal, on the condition that it ends where the caller believes (spec/07-journal.md,
 * "Appending").
 */
export interface AppendRequest {
  /** The world id (hash of the genesis leaf). For the append of genesis itself: its own leaf. */
  readonly world: Hash
  readonly epoch: number
  /** What the caller believes is the head; undefined for an empty journal. */
  readonly expected: JournalHead | undefined
  /** Dense heights from expected.height + 1. */
  readonly entries: readonly JournalRecord[]
}

/** What became of an append; faults of the disk are thrown instead. Only `appended` means that it is durable. */
export type AppendResult =
  | { readonly kind: 'appended'; readonly head: JournalHead }
  /** Somebody else wrote: the head that stands. Nothing was appended. */
  | { readonly kind: 'conflict'; readonly head: JournalHead | undefined }
  /** Another opening is in force. Nothing counts as appended; every later call rejects with `store.failed`. */
  | { readonly kind: 'fenced'; readonly epoch: number }

/** One opening of a journal (spec/07-journal.md, "Appending" and "Reading"). */
export interface JournalPort {
  /** Epoch of this opening; raised durably by every writable open. */
  readonly epoch: number
  readonly head: JournalHead | undefined
  /** The lowest height from which on all entries are whole; 0 when nothing was compacted (spec/07-journal.md, "Compaction"). */
  readonly firstWhole: number
  /**
   * Appends all or nothing and resolves when it is durable. A retry whose first entry already stands at its height with
   * the same leaf is success. At most two calls may be in flight; they complete in order. After a rejected promise the
   * port is dead: every later call rejects with `store.failed`, and a failed sync is never retried.
   */
  appendIf(request: AppendRequest): Promise<AppendResult>
  /**
   * Records in height order, in batches; `from` inclusive, `to` inclusive (default: head). Bytes are views valid until the next batch.
   * Throws `journal.compacted` for a range that starts below `firstWhole`.
   */
  read(range: { readonly from: number; readonly to?: number }): Iterable<readonly JournalRecord[]>
  /** As `read`, of any range: compacted entries have their headers. */
  readHeaders(range: { readonly from: number; readonly to?: number }): Iterable<readonly HeaderRecord[]>
  /** Records after the fact, unsynced, what has been acknowledged, so that loss of a tail is noticed at the next open. */
  acknowledge(head: JournalHead): void
  close(): Promise<void>
}

/** A value and the SHA-256 of its bytes. */
export interface HashedValue {
  readonly hash: HashBytes
  readonly bytes: Uint8Array
}

/** What is to be kept when content is swept. */
export interface SweepOptions {
  /** Whether a value must stay. The hash is a view that the next call may change. */
  readonly isLive: (hash: HashBytes) => boolean
  /** Only counts; nothing is changed. */
  readonly dryRun?: boolean
  /** The part of a pack, from 0 to 1, that must be dead to make writing it again worthwhile: 0.3 unless given. */
  readonly deadShareMin?: number
}

/** What a sweep found: numbers of values and their bytes. */
export interface SweepReport {
  readonly live: number
  readonly dead: number
  readonly bytesLive: number
  readonly bytesDead: number
  /** What files are smaller by than before; in a dry run, about what they would be. Dead values may stay where freeing them is not worthwhile. */
  readonly bytesFreed: number
}

/** Values that are stored while it stands, also those that were there already. */
export interface StoredWatch {
  has(hash: HashBytes): boolean
  /** Forgets them; from now on nothing is noted. */
  end(): void
}

/** Content-addressed bytes. Every read checks the hash (`store.corrupt_blob`). */
export interface ContentStore {
  /** undefined on a miss. Synchronous: the kernel reads through it. */
  get(hash: Hash): Uint8Array | undefined
  /** As `get`, in memory that the next reading may write to: for who keeps nothing of it. */
  view(hash: Hash): Uint8Array | undefined
  has(hash: Hash): boolean
  /** Stores durably before it resolves; present ones are skipped. */
  put(blobs: readonly Uint8Array[]): Promise<readonly Hash[]>
  /**
   * As `put`, for whoever has computed the hashes from these very bytes: they are not computed again, and a value that is there may
   * be stored a second time. Nothing is copied: the caller leaves hashes and bytes as they are until it resolves.
   */
  putHashed(values: readonly HashedValue[]): Promise<void>
  /**
   * Notes what is stored from now on, for who is about to find out what is live: a value that was stored meanwhile counts as live in a
   * sweep when `isLive` says so.
   */
  watchStored(): StoredWatch
  /**
   * Removes values that are not live, in slices between which others go on; a call after the other. What is stored while it runs stays.
   * Throws `store.closed` when the store is closed meanwhile; what was not removed stays then.
   */
  sweep(options: SweepOptions): Promise<SweepReport>
  stat(): Promise<{ readonly count: number; readonly bytes: number }>
}
