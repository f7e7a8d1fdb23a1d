/** The cells of one reducer (K22): those in memory, and a trie of the rest (spec/16-snapshots.md, "Cells"). */
import { sha256 } from '@aos/cbor'
import type { CborReader, HashBytes } from '@aos/cbor'
import type { FreshBlob } from '../collections/fresh-nodes.ts'
import { bytesOfText, textOfBytes } from '../collections/key-text.ts'
import type { NodeStore } from '../collections/node-store.ts'
import type { ChangesSince, SnapshotPart, TakenChanges } from '../collections/part.ts'
import { Trie } from '../collections/trie.ts'
import { EMPTY_ROOT } from '../collections/trie-update.ts'
import type { TrieChange, TrieRoot } from '../collections/trie-update.ts'
import type { Cell } from './cell.ts'
import { decodeCellValue, encodeCellValue } from './cell-value.ts'
import { ColdReads } from './cold-reads.ts'

/** Memory that all tables of a world take together. */
export interface CellMemory {
  /** Cells with their states, roughly. */
  bytes: number
  /** States that changed since the last cut, and what a snapshot will make of them. */
  dirtyBytes: number
  /** Cells that changed since the last cut. */
  dirtyCells: number
  /** Nodes and states that openings would have had to read for cells that changed, added up: of interest is how much came since some moment. */
  coldReads: number
}

/** A cell that is listed, as it was written; its state is read when it is asked for. */
export interface ListedCell {
  readonly key: Uint8Array
  readonly generation: number
  readonly size: number
  readonly stateHash: HashBytes
  readonly state: Uint8Array
}

/** A cell without its state: the object, its text, its place in the table. */
export const CELL_BYTES = 360
/** What a changed cell adds to a snapshot beside its state: its share of a leaf. */
const DIRTY_CELL_BYTES = 1200

/** From so much on, states are copied out of their blocks. */
const REPLACED_BYTES_MAX: number = 512 * 1024

/** States that are given out together. */
const BATCH_STATES = 64

interface Frozen {
  readonly cell: Cell
  readonly state: Uint8Array | undefined
  readonly generation: number
}

/** Reads and writes are by the text of the key. */
export class CellTable implements SnapshotPart {
  readonly #nodes: NodeStore
  readonly #memory: CellMemory
  readonly #cells = new Map<string, Cell>()
  readonly #trie: Trie
  #dirty: Cell[] = []
  #frozen: readonly Frozen[] = []
  #flushed: TrieRoot | undefined
  #cold: ColdReads
  /** Changed since changes were taken down; undefined: they were not since the last root. */
  #untaken: Cell[] | undefined
  /** States that were written since the last cut, also those that others replaced: pieces of blocks that may still be held. */
  #writtenBytes = 0
  /** Of these, what was copied out of its blocks when that was last done. */
  #copiedBytes = 0
  #count: number
  /** Of states that are written from now on. */
  generation: number

  constructor(
    nodes: NodeStore,
    memory: CellMemory,
    { root, generation }: { readonly root?: TrieRoot | undefined; readonly generation: number },
  ) {
    this.#nodes = nodes
    this.#memory = memory
    this.#trie = new Trie(nodes, 'hashed', root ?? EMPTY_ROOT)
    this.#count = root?.count ?? 0
    this.#cold = new ColdReads(this.#count)
    this.generation = generation
  }

  get root(): TrieRoot {
    return this.#trie.root
  }

  get dirtyCount(): number {
    return this.#dirty.length
  }

  /** Cells that have a state. */
  get count(): number {
    return this.#count
  }

  /** Of a checkpoint: how many cells have a state with its changes. */
  restoreCount(count: number): void {
    this.#count = count
  }

  /** True when the cell is in memory. */
  holds(text: string): boolean {
    return this.#cells.has(text)
  }

  /** The cell, read into memory when it is not there; undefined when there is none. */
  find(text: string): Cell | undefined {
    const known = this.#cells.get(text)
    if (known === undefined) return this.#read(text)
    known.wasUsed = true
    return known
  }

  /** A cell without a state, for a turn that may give it one. To be given to `settle` at the end of the turn. */
  make(text: string): Cell {
    return this.#put({ text, state: undefined, generation: this.generation, isStored: false })
  }

  /** The end of a turn: `pending` counts, or is dropped. */
  settle(cell: Cell, isMerged: boolean): void {
    const { pending } = cell
    cell.pending = undefined
    if (isMerged && pending !== undefined) this.#write(cell, pending ?? undefined)
    if (cell.state === undefined && !cell.isStored && !cell.isFrozen) this.#forget(cell)
  }

  /** Ascending by key bytes. Costs a walk through the whole trie and a sort. */
  *list(): Generator<ListedCell, void, undefined> {
    const listed: { readonly text: string; readonly value: Uint8Array | undefined }[] = []
    for (const [text, cell] of this.#cells) if (cell.state !== undefined) listed.push({ text, value: undefined })
    for (const { key, value } of this.#trie.entries()) {
      const text = textOfBytes(key)
      if (!this.#cells.has(text)) listed.push({ text, value })
    }
    listed.sort((left, right) => (left.text < right.text ? -1 : left.text > right.text ? 1 : 0))
    for (const { text, value } of listed) {
      const cell = value === undefined ? this.#cells.get(text) : undefined
      if (cell?.state !== undefined) yield this.#listed(bytesOfText(text), cell.state, cell.generation)
      else if (value !== undefined) yield this.#listedFrom(bytesOfText(text), value)
    }
  }

  freeze(): void {
    for (const { cell } of this.#frozen) {
      cell.isFrozen = false
      if (!cell.isDirty) this.#dirty.push(cell)
    }
    const frozen: Frozen[] = []
    for (const cell of this.#dirty) {
      cell.isDirty = false
      // Made and deleted again between two cuts: no root has ever held it.
      if (cell.state === undefined && !cell.isStored) continue
      cell.isFrozen = true
      frozen.push({ cell, state: cell.state, generation: cell.generation })
    }
    this.#frozen = frozen
    this.#dirty = []
    this.#writtenBytes = 0
    this.#copiedBytes = 0
    this.#cold = new ColdReads(this.#count)
  }

  *flush(): Generator<readonly FreshBlob[], TrieRoot, undefined> {
    const changes: TrieChange[] = []
    let states: FreshBlob[] = []
    for (const { cell, state, generation } of this.#frozen) {
      const key = bytesOfText(cell.text)
      if (state === undefined) changes.push({ key, value: undefined })
      else {
        const stateHash = sha256(this.#nodes.sha256, state)
        states.push({ hash: stateHash, bytes: state })
        changes.push({ key, value: encodeCellValue({ generation, size: state.length, stateHash }) })
      }
      if (states.length < BATCH_STATES) continue
      yield states
      states = []
    }
    yield states
    this.#flushed = yield* this.#trie.update(changes)
    return this.#flushed
  }

  adopt(isStored: boolean): void {
    this.#trie.adopt(this.#flushed ?? this.#trie.root, isStored)
    this.#flushed = undefined
    for (const cell of this.#untaken ?? []) cell.isUntaken = false
    this.#untaken = undefined
    for (const { cell, state } of this.#frozen) {
      cell.isFrozen = false
      cell.isStored = state !== undefined
      if (cell.isDirty) continue
      if (cell.state === undefined) this.#forget(cell)
      // A piece of a block would keep the whole block alive.
      else if (isStored) cell.state = cell.state.slice()
    }
    this.#frozen = []
  }

  takeChanges(since: ChangesSince): TakenChanges {
    const known = this.#untaken ?? this.#changed()
    for (const cell of known) cell.isUntaken = false
    this.#untaken = []
    this.#cold = new ColdReads(this.#count)
    if (this.#writtenBytes - this.#copiedBytes > REPLACED_BYTES_MAX) this.#copyStates()
    return takeCells(since === 'root' ? this.#changed() : known)
  }

  restoreChange(from: CborReader): void {
    const text = textOfBytes(from.bytes())
    const isStored = from.bool()
    const generation = Number(from.uint())
    const state = from.isNull() ? undefined : from.bytes().slice()
    const known = this.#cells.get(text)
    if (state === undefined && !isStored) {
      if (known !== undefined) this.#restore(known, undefined)
      if (known !== undefined) this.#forget(known)
      return
    }
    const cell = known ?? this.#put({ text, state: undefined, generation, isStored })
    cell.generation = generation
    this.#restore(cell, state)
  }

  /** Looks once through the cells and forgets those that nobody asked for since the last time, until `isEnough`. */
  evict(isEnough: () => boolean): void {
    for (const cell of this.#cells.values()) {
      if (cell.isDirty || cell.isFrozen || cell.pending !== undefined || !cell.isStored) continue
      if (cell.wasUsed) cell.wasUsed = false
      else {
        this.#forget(cell)
        if (isEnough()) return
      }
    }
  }

  #read(text: string): Cell | undefined {
    if (this.#trie.root.ref === undefined) return undefined
    const value = this.#trie.get(bytesOfText(text))
    if (value === undefined) return undefined
    const { generation, stateHash } = decodeCellValue(value)
    return this.#put({ text, state: this.#nodes.read(textOfBytes(stateHash)), generation, isStored: true })
  }

  /** All that changed since the last root. */
  #changed(): readonly Cell[] {
    const frozen = this.#frozen.flatMap(({ cell }) => (cell.isDirty ? [] : [cell]))
    return frozen.length === 0 ? this.#dirty : [...frozen, ...this.#dirty]
  }

  /** Changed cells stay in memory for long, and a piece of a block keeps the whole block alive. */
  #copyStates(): void {
    let bytes = 0
    for (const cell of this.#dirty) {
      const { state } = cell
      if (state === undefined) continue
      bytes += state.length
      if (state.length < state.buffer.byteLength) cell.state = state.slice()
    }
    this.#memory.dirtyBytes += bytes - this.#writtenBytes
    this.#writtenBytes = bytes
    this.#copiedBytes = bytes
  }

  #restore(cell: Cell, state: Uint8Array | undefined): void {
    const memory = this.#memory
    const more = (state?.length ?? 0) - (cell.state?.length ?? 0)
    memory.bytes += more
    memory.dirtyBytes += more
    this.#writtenBytes += more
    cell.state = state
    if (!cell.isDirty) this.#markDirty(cell)
  }

  #markDirty(cell: Cell): void {
    const memory = this.#memory
    cell.isDirty = true
    memory.dirtyBytes += DIRTY_CELL_BYTES
    memory.dirtyCells += 1
    this.#dirty.push(cell)
  }

  #put(known: Pick<Cell, 'text' | 'state' | 'generation' | 'isStored'>): Cell {
    const { text, state, generation, isStored } = known
    const cell: Cell = {
      table: this,
      text,
      state,
      generation,
      pending: undefined,
      isDirty: false,
      isUntaken: false,
      isFrozen: false,
      isStored,
      wasUsed: true,
    }
    this.#cells.set(text, cell)
    this.#memory.bytes += CELL_BYTES + text.length + (state?.length ?? 0)
    return cell
  }

  #forget(cell: Cell): void {
    this.#cells.delete(cell.text)
    this.#memory.bytes -= CELL_BYTES + cell.text.length + (cell.state?.length ?? 0)
  }

  #write(cell: Cell, state: Uint8Array | undefined): void {
    const memory = this.#memory
    const size = state?.length ?? 0
    memory.bytes += size - (cell.state?.length ?? 0)
    memory.dirtyBytes += size
    this.#writtenBytes += size
    if (!cell.isUntaken && this.#untaken !== undefined) {
      cell.isUntaken = true
      this.#untaken.push(cell)
    }
    if ((cell.state === undefined) !== (state === undefined)) this.#count += state === undefined ? -1 : 1
    cell.state = state
    cell.generation = this.generation
    if (cell.isDirty) return
    this.#markDirty(cell)
    memory.coldReads += this.#cold.add(cell.isStored || cell.isFrozen)
  }

  #listed(key: Uint8Array, state: Uint8Array, generation: number): ListedCell {
    const { sha256: port } = this.#nodes
    return {
      key,
      generation,
      size: state.length,
      state,
      get stateHash() {
        return sha256(port, state)
      },
    }
  }

  #listedFrom(key: Uint8Array, value: Uint8Array): ListedCell {
    const nodes = this.#nodes
    const { size, stateHash, generation } = decodeCellValue(value)
    return {
      key,
      generation,
      size,
      stateHash,
      get state() {
        return nodes.read(textOfBytes(stateHash))
      },
    }
  }
}

/** The cells as they are now: what can change about them is noted. */
function takeCells(cells: readonly Cell[]): TakenChanges {
  const taken = [...cells]
  const states = taken.map(({ state }) => state)
  const generations = taken.map(({ generation }) => generation)
  const areStored = Uint8Array.from(taken, ({ isStored }) => (isStored ? 1 : 0))
  return {
    size: taken.length,
    write: (into, index) => {
      const state = states[index]
      into.byteText(taken[index]?.text ?? '')
      into.bool(areStored[index] === 1)
      into.uint(generations[index] ?? 0)
      if (state === undefined) into.null()
      else into.bytes(state)
    },
  }
}
