/** Records of the state by key: what has changed lies in memory, the rest in a trie that is read when it is asked for (K29). */
import { CborReader, HASH_BYTES, encode, formatHash, fromHex, hashBytes, sha256, toHex } from '@aos/cbor'
import type { CborWriter, Hash } from '@aos/cbor'
import { SNAPSHOT_LIMITS } from '../limits.ts'
import { PAUSE, PAUSE_CHANGES } from './fresh-nodes.ts'
import type { FreshBlob } from './fresh-nodes.ts'
import { bytesOfText, textOfBytes, utf8Bytes, utf8Text } from './key-text.ts'
import type { NodeStore } from './node-store.ts'
import type { ChangesSince, SnapshotPart, TakenChanges } from './part.ts'
import { Trie } from './trie.ts'
import { EMPTY_ROOT } from './trie-update.ts'
import type { TrieChange, TrieRoot } from './trie-update.ts'

/** How a record stands in the trie. Equal records have equal bytes; the bytes are an array of CBOR. */
export interface RecordCodec<V> {
  encode(record: V): Uint8Array
  decode(bytes: Uint8Array): V
}

/** How the text of a key becomes its bytes in the trie, and back. */
export interface KeyCodec {
  toBytes(text: string): Uint8Array
  toText(bytes: Uint8Array): string
}

/** The bytes themselves, one character each. */
export const BYTE_KEYS: KeyCodec = { toBytes: bytesOfText, toText: textOfBytes }
/** Two hexadecimal digits a byte. */
export const HEX_KEYS: KeyCodec = { toBytes: fromHex, toText: toHex }
/** `sha256:` and two hexadecimal digits a byte. */
export const HASH_KEYS: KeyCodec = {
  toBytes: (text) => hashBytes(text as Hash), // the keys of such a collection are hashes
  toText: formatHash,
}
/** Text in UTF-8. */
export const TEXT_KEYS: KeyCodec = { toBytes: utf8Bytes, toText: utf8Text }

/** How the entries of a collection stand in its trie. */
export interface CollectionForm<V> {
  readonly keys: KeyCodec
  readonly records: RecordCodec<V>
}

/** Records that stay in memory although nothing about them has changed. */
const CLEAN_MAX = 16_384

/** Records by the text of their key. Records never change: another one is put in their place. */
export class Collection<V> implements SnapshotPart {
  readonly #nodes: NodeStore
  readonly #codec: RecordCodec<V>
  readonly #keys: KeyCodec
  #trie: Trie
  readonly #clean = new Map<string, V>()
  /** Changed since the last cut; undefined: gone. */
  #dirty = new Map<string, V | undefined>()
  /** Changed before the cut that is under way. */
  #frozen = new Map<string, V | undefined>()
  /** Of `#dirty`: keys that are gone in the trie, or will be with the cut under way, so they may go again without a trace. */
  readonly #fresh = new Set<string>()
  /** Changed since changes were taken down; undefined: they were not since the last root. */
  #untaken: Set<string> | undefined
  /** Of `#untaken`: what was taken down has no such key. */
  readonly #untold = new Set<string>()
  #flushed: TrieRoot | undefined

  constructor(nodes: NodeStore, form: CollectionForm<V>, root: TrieRoot = EMPTY_ROOT) {
    this.#nodes = nodes
    this.#codec = form.records
    this.#keys = form.keys
    this.#trie = new Trie(nodes, 'hashed', root)
  }

  get root(): TrieRoot {
    return this.#trie.root
  }

  /** Records that the next snapshot will write. */
  get dirtyCount(): number {
    return this.#dirty.size
  }

  get(key: string): V | undefined {
    const known = this.#dirty.get(key)
    if (known !== undefined) return known
    if (this.#dirty.has(key)) return undefined
    const frozen = this.#frozen.get(key)
    if (frozen !== undefined) return frozen
    if (this.#frozen.has(key)) return undefined
    return this.#clean.get(key) ?? this.#read(key)
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  set(key: string, record: V): void {
    this.#dirty.set(key, record)
    this.#clean.delete(key)
    this.#untaken?.add(key)
  }

  /** Puts a record where there is none. Costs more than `set`; what goes before the next cut then leaves nothing to be written. */
  add(key: string, record: V): void {
    if (!this.#dirty.has(key)) this.#fresh.add(key)
    if (this.#untaken?.has(key) === false) this.#untold.add(key)
    this.set(key, record)
  }

  delete(key: string): void {
    this.#clean.delete(key)
    if (this.#untold.delete(key)) this.#untaken?.delete(key)
    else this.#untaken?.add(key)
    // What no root has ever held leaves nothing behind.
    const isUnknown = this.#trie.root.ref === undefined && this.#frozen.size === 0
    if (this.#fresh.delete(key) || isUnknown) this.#dirty.delete(key)
    else this.#dirty.set(key, undefined)
  }

  /** Every record. Those that were read from the trie come in its order, behind those in memory: sort where order counts. */
  *entries(): Generator<readonly [string, V], void, undefined> {
    for (const [key, record] of this.#dirty) if (record !== undefined) yield [key, record]
    for (const [key, record] of this.#frozen) {
      if (record !== undefined && !this.#dirty.has(key)) yield [key, record]
    }
    for (const entry of this.#trie.entries()) {
      const key = this.#keys.toText(entry.key)
      if (!this.#dirty.has(key) && !this.#frozen.has(key))
        yield [key, this.#clean.get(key) ?? this.#decode(entry.value)]
    }
  }

  *values(): Generator<V, void, undefined> {
    for (const [, record] of this.entries()) yield record
  }

  freeze(): void {
    for (const [key, record] of this.#frozen) if (!this.#dirty.has(key)) this.#dirty.set(key, record)
    this.#frozen = this.#dirty
    this.#dirty = new Map()
    this.#fresh.clear()
  }

  *flush(): Generator<readonly FreshBlob[], TrieRoot, undefined> {
    const changes: TrieChange[] = []
    for (const [text, record] of this.#frozen) {
      if (changes.length % PAUSE_CHANGES === PAUSE_CHANGES - 1) yield PAUSE
      const key = this.#keys.toBytes(text)
      if (record === undefined) changes.push({ key, value: undefined })
      else changes.push({ key, value: yield* this.#place(this.#codec.encode(record)) })
    }
    this.#flushed = yield* this.#trie.update(changes)
    return this.#flushed
  }

  adopt(isStored: boolean): void {
    this.#trie.adopt(this.#flushed ?? this.#trie.root, isStored)
    this.#flushed = undefined
    for (const [key, record] of this.#frozen) {
      if (record !== undefined && !this.#dirty.has(key)) this.#clean.set(key, record)
    }
    this.#frozen = new Map()
    this.#untaken = undefined
    this.#untold.clear()
    if (!isStored) return
    for (const key of this.#clean.keys()) {
      if (this.#clean.size <= CLEAN_MAX) break
      this.#clean.delete(key)
    }
  }

  takeChanges(since: ChangesSince): TakenChanges {
    const taken: (readonly [string, V | undefined])[] = []
    if (since === 'root' || this.#untaken === undefined) {
      for (const change of this.#frozen) if (!this.#dirty.has(change[0])) taken.push(change)
      taken.push(...this.#dirty)
    } else {
      for (const key of this.#untaken) {
        taken.push([key, this.#dirty.has(key) ? this.#dirty.get(key) : this.#frozen.get(key)])
      }
    }
    this.#untaken = new Set()
    this.#untold.clear()
    return {
      size: taken.length,
      write: (into, index) => {
        const change = taken[index]
        if (change !== undefined) this.#writeChange(into, ...change)
      },
    }
  }

  restoreChange(from: CborReader): void {
    const key = this.#keys.toText(from.bytes())
    if (from.isNull()) this.delete(key)
    // A record may hold what it was read from.
    else this.set(key, this.#codec.decode(from.bytes().slice()))
  }

  #writeChange(into: CborWriter, key: string, record: V | undefined): void {
    into.bytes(this.#keys.toBytes(key))
    if (record === undefined) into.null()
    else into.bytes(this.#codec.encode(record))
  }

  *#place(bytes: Uint8Array): Generator<readonly FreshBlob[], Uint8Array, undefined> {
    if (bytes.length <= SNAPSHOT_LIMITS.inlineBytesMax) return bytes
    const hash = sha256(this.#nodes.sha256, bytes)
    yield [{ hash, bytes }]
    return encode(hash)
  }

  #read(key: string): V | undefined {
    if (this.#trie.root.ref === undefined) return undefined
    const value = this.#trie.get(this.#keys.toBytes(key))
    if (value === undefined) return undefined
    const record = this.#decode(value)
    this.#clean.set(key, record)
    return record
  }

  #decode(value: Uint8Array): V {
    const hash = referenceOf(value)
    return this.#codec.decode(hash === undefined ? value : this.#nodes.read(textOfBytes(hash)))
  }
}

/** The hash under which a record lies; undefined when the value is the record itself. */
export function referenceOf(value: Uint8Array): Uint8Array | undefined {
  if (value.length !== HASH_BYTES + 2 || value[0] !== BYTES_HEAD) return undefined
  return new CborReader(value).bytes()
}

/** A byte string whose length stands in one byte. */
const BYTES_HEAD = 0x58
