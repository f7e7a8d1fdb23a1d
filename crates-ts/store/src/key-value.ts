/**
 * A small ordered database with atomic, synced batches, as a port (spec/07-journal.md, "Storage"): metadata and the index of
 * the content store stand behind it. LevelDB on a real disk; the simulated machine of the kit in tests.
 */

/** A key and its value; undefined: the key is removed. */
export type KeyValuePair = readonly [Uint8Array, Uint8Array | undefined]

export interface KeyValue {
  /** Throws `store.corrupt` when what is stored cannot be read. */
  get(key: Uint8Array): Uint8Array | undefined
  /** All pairs or none, durable when it resolves. Each pair is copied before the next one is asked for. */
  write(pairs: Iterable<KeyValuePair>): Promise<void>
  /** Values of the keys from `from` inclusive to `to` exclusive, in the order of the keys' bytes. */
  values(range: { readonly from: Uint8Array; readonly to: Uint8Array }): AsyncIterable<Uint8Array>
  /** Releases the lock that opening took. */
  close(): Promise<void>
}

export interface KeyValueOptions {
  /** False: it must be there already (`store.not_found`). */
  readonly create: boolean
  /** Memory for what was read and for what is not on the medium in its final form yet; a hint. */
  readonly cacheBytes?: number
}

/** Opens and thereby locks. Throws `store.locked`, `store.not_found`, `store.corrupt`, `store.failed`, `store.no_space`. */
export type OpenKeyValue = (path: string, options: KeyValueOptions) => Promise<KeyValue>
