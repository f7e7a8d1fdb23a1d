/**
 * Keys in the order of their bytes: what is due, who waits, what was remembered first (K29). No key is the beginning of another. What has
 * changed lies sorted in memory, the rest in an ordered trie.
 */
import type { CborReader } from '@aos/cbor'
import type { FreshBlob } from './fresh-nodes.ts'
import { bytesOfText, textOfBytes } from './key-text.ts'
import type { NodeStore } from './node-store.ts'
import type { ChangesSince, SnapshotPart, TakenChanges } from './part.ts'
import { Trie } from './trie.ts'
import { EMPTY_ROOT } from './trie-update.ts'
import type { TrieRoot } from './trie-update.ts'

interface Mark {
  readonly key: string
  /** False: it is gone. */
  readonly isThere: boolean
}

const NO_VALUE = new Uint8Array(0)

/** Keys as texts with one character a byte. Insertion and removal cost a search and a move of what lies behind in memory. */
export class OrderedSet implements SnapshotPart {
  #trie: Trie
  /** Ascending from `#start` on; the last word about its keys. */
  #dirty: Mark[] = []
  /** Before it are keys that have gone: taking them out of the array each time would move all that lie behind. */
  #start = 0
  #frozen: readonly Mark[] = []
  /** Keys that changed since changes were taken down; undefined: they were not since the last root. */
  #untaken: Set<string> | undefined
  #flushed: TrieRoot | undefined
  /** undefined: not looked for yet; null: there is none. */
  #first: string | null | undefined
  /** No key before it is left in the trie. */
  #goneBefore = ''

  constructor(nodes: NodeStore, root: TrieRoot = EMPTY_ROOT) {
    this.#trie = new Trie(nodes, 'ordered', root)
  }

  get root(): TrieRoot {
    return this.#trie.root
  }

  get dirtyCount(): number {
    return this.#dirty.length - this.#start
  }

  add(key: string): void {
    this.#mark({ key, isThere: true })
    if (this.#first === null || (this.#first !== undefined && key < this.#first)) this.#first = key
  }

  delete(key: string): void {
    this.#mark({ key, isThere: false })
    if (this.#first === key) this.#first = undefined
  }

  has(key: string): boolean {
    for (const [marks, from] of [
      [this.#dirty, this.#start],
      [this.#frozen, 0],
    ] as const) {
      const mark = marks[placeOf(marks, key, from)]
      if (mark?.key === key) return mark.isThere
    }
    return this.#trie.get(bytesOfText(key)) !== undefined
  }

  /** The least key. */
  get first(): string | undefined {
    if (this.#first === undefined) {
      const [found] = this.#merged('', this.#goneBefore)
      this.#first = found ?? null
      if (found !== undefined) this.#goneBefore = found
    }
    return this.#first ?? undefined
  }

  /** True when nothing is in it. */
  get isEmpty(): boolean {
    return this.first === undefined
  }

  /** Ascending, from the first key that is not before `from`. */
  keys(from: string = ''): Iterable<string> {
    return this.#merged(from, from)
  }

  *#merged(from: string, trieFrom: string): Generator<string, void, undefined> {
    const isPlain = this.#frozen.length === 0
    const marks = isPlain ? this.#dirty : mergeMarks(this.#changes(), this.#frozen)
    let at = placeOf(marks, from, isPlain ? this.#start : 0)
    for (const entry of this.#trie.entries(trieFrom === '' ? undefined : bytesOfText(trieFrom))) {
      const key = textOfBytes(entry.key)
      for (let mark = marks[at]; mark !== undefined && mark.key < key; mark = marks[at]) {
        if (mark.isThere) yield mark.key
        at += 1
      }
      const mark = marks[at]
      if (mark?.key !== key) yield key
      else {
        if (mark.isThere) yield key
        at += 1
      }
    }
    for (let mark = marks[at]; mark !== undefined; mark = marks[at]) {
      if (mark.isThere) yield mark.key
      at += 1
    }
  }

  freeze(): void {
    this.#frozen = mergeMarks(this.#changes(), this.#frozen)
    this.#dirty = []
    this.#start = 0
  }

  *flush(): Generator<readonly FreshBlob[], TrieRoot, undefined> {
    const changes = this.#frozen.map(({ key, isThere }) => ({
      key: bytesOfText(key),
      value: isThere ? NO_VALUE : undefined,
    }))
    this.#flushed = yield* this.#trie.update(changes)
    return this.#flushed
  }

  adopt(isStored: boolean): void {
    this.#trie.adopt(this.#flushed ?? this.#trie.root, isStored)
    this.#flushed = undefined
    this.#frozen = []
    this.#untaken = undefined
    this.#goneBefore = ''
  }

  takeChanges(since: ChangesSince): TakenChanges {
    const all = mergeMarks(this.#changes(), this.#frozen)
    // The list goes on changing.
    let taken = [...all]
    if (since === 'checkpoint' && this.#untaken !== undefined) {
      taken = [...this.#untaken].sort(compareKeys).map((key) => {
        const mark = all[placeOf(all, key)]
        // What leaves no mark has gone.
        return mark?.key === key ? mark : { key, isThere: false }
      })
    }
    this.#untaken = new Set()
    return {
      size: taken.length,
      write: (into, index) => {
        const mark = taken[index]
        if (mark === undefined) return
        into.byteText(mark.key)
        if (mark.isThere) into.bytes(NO_VALUE)
        else into.null()
      },
    }
  }

  restoreChange(from: CborReader): void {
    const key = textOfBytes(from.bytes())
    if (from.isNull()) this.delete(key)
    else {
      from.bytes()
      this.add(key)
    }
  }

  #changes(): readonly Mark[] {
    return this.#start === 0 ? this.#dirty : this.#dirty.slice(this.#start)
  }

  #mark(mark: Mark): void {
    this.#untaken?.add(mark.key)
    const at = placeOf(this.#dirty, mark.key, this.#start)
    const isKnown = this.#dirty[at]?.key === mark.key
    // What no root has ever held leaves nothing behind.
    const leavesNothing = !mark.isThere && this.#trie.root.ref === undefined && this.#frozen.length === 0
    if (!leavesNothing) this.#dirty.splice(at, isKnown ? 1 : 0, mark)
    else if (isKnown && at > this.#start) this.#dirty.splice(at, 1)
    else if (isKnown) this.#dropFirst()
  }

  #dropFirst(): void {
    this.#start += 1
    if (this.#start * 2 < this.#dirty.length || this.#start < TRIM_MIN) return
    this.#dirty = this.#dirty.slice(this.#start)
    this.#start = 0
  }
}

/** From so many on the array is moved, when as many have gone as are left: each key is moved once on average. */
const TRIM_MIN = 1024

function compareKeys(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** First position that is not before the key. */
function placeOf(marks: readonly Mark[], key: string, from = 0): number {
  let low = from
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const mark = marks[middle]
    if (mark !== undefined && mark.key < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Both lists in order; of one key the word of `later` counts. */
function mergeMarks(later: readonly Mark[], earlier: readonly Mark[]): readonly Mark[] {
  if (earlier.length === 0) return later
  if (later.length === 0) return earlier
  const merged: Mark[] = []
  let at = 0
  for (const mark of later) {
    for (let other = earlier[at]; other !== undefined && other.key < mark.key; other = earlier[at]) {
      merged.push(other)
      at += 1
    }
    if (earlier[at]?.key === mark.key) at += 1
    merged.push(mark)
  }
  return [...merged, ...earlier.slice(at)]
}
