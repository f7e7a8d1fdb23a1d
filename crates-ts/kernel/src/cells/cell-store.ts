/** All cells of a world, by reducer (K19, K22), and the memory they may take. */
import type { NodeStore } from '../collections/node-store.ts'
import type { TrieRoot } from '../collections/trie-update.ts'
import { CellTable } from './cell-table.ts'
import type { CellMemory } from './cell-table.ts'

/** What a table is cut down to when there is too much. */
const KEPT_SHARE = 0.9
/** How much more there must be before it is looked again. */
const PATIENCE = 1.1

/** Tables come into being when a reducer is first delivered to, and outlive the manifest that made them. */
export class CellStore {
  readonly #nodes: NodeStore
  readonly #generationOf: (reducer: string) => number
  readonly #memory: CellMemory = { bytes: 0, dirtyBytes: 0, dirtyCells: 0, coldReads: 0 }
  readonly #tables = new Map<string, CellTable>()
  #bytesMax = Number.POSITIVE_INFINITY
  /** Memory at which it is worth looking through the cells again. */
  #lookAtBytes = Number.POSITIVE_INFINITY

  constructor(nodes: NodeStore, generationOf: (reducer: string) => number) {
    this.#nodes = nodes
    this.#generationOf = generationOf
  }

  get memory(): Readonly<CellMemory> {
    return this.#memory
  }

  /** By reducer, in the order in which they came into being. */
  tables(): Iterable<readonly [string, CellTable]> {
    return this.#tables
  }

  find(reducer: string): CellTable | undefined {
    return this.#tables.get(reducer)
  }

  /** Makes the table when there is none. `root`: of a snapshot. */
  open(reducer: string, root?: TrieRoot): CellTable {
    const known = this.#tables.get(reducer)
    if (known !== undefined) return known
    const table = new CellTable(this.#nodes, this.#memory, { root, generation: this.#generationOf(reducer) })
    this.#tables.set(reducer, table)
    return table
  }

  /** What states are written as has changed under tables that are there. */
  renewGenerations(): void {
    for (const [reducer, table] of this.#tables) table.generation = this.#generationOf(reducer)
  }

  /** A cut has taken down what had changed. */
  beginAfterCut(): void {
    this.#memory.dirtyBytes = 0
    this.#memory.dirtyCells = 0
  }

  limit(bytesMax: number): void {
    this.#bytesMax = bytesMax
    this.#lookAtBytes = bytesMax
  }

  /** Forgets cells that are stored and were not asked for lately, when there are too many. Cheap when there are not. */
  keepWithinLimit(): void {
    if (this.#memory.bytes <= this.#lookAtBytes) return
    const isEnough = (): boolean => this.#memory.bytes <= this.#bytesMax * KEPT_SHARE
    // The first look only notes who was asked for; a second one is needed when everybody was.
    for (let look = 0; look < 2 && !isEnough(); look += 1) {
      for (const table of this.#tables.values()) if (!isEnough()) table.evict(isEnough)
    }
    // What has changed since the last snapshot cannot be forgotten: looking again at every turn would not help.
    this.#lookAtBytes = Math.max(this.#bytesMax, this.#memory.bytes * PATIENCE)
  }
}
