/** What a turn has written so far; nothing of it is visible before it ends (K8; spec/06-kernel.md, "Turn"). */
import type { Hash } from '@aos/cbor'
import { EMPTY_KEY } from './cells/cell.ts'
import type { Cell } from './cells/cell.ts'
import { textOfBytes } from './collections/key-text.ts'
import { EffectsOverlay } from './intents/effects-overlay.ts'
import type { Delivery } from './routing.ts'
import type { WorldState } from './state.ts'

const NO_BLOBS: readonly Hash[] = []

/** The changes of one turn to cells, modules, plans and intents. */
export class Overlay {
  readonly #state: WorldState
  /** Cells with a pending state, and cells that were made for this turn. */
  readonly #touched: Cell[] = []
  readonly #modules: [Hash, Hash][] = []
  #effects: EffectsOverlay | undefined
  #blobs: Set<Hash> | undefined

  constructor(state: WorldState) {
    this.#state = state
  }

  /** The cell of a delivery; made without a state when there is none. */
  cell(delivery: Delivery): Cell {
    const table = this.#state.cells.open(delivery.reducer.name)
    const text = textOfBytes(delivery.key ?? EMPTY_KEY)
    const known = table.find(text)
    if (known !== undefined) return known
    const cell = table.make(text)
    this.#touched.push(cell)
    return cell
  }

  write(cell: Cell, state: Uint8Array | null): void {
    // A cell that was made for this turn is among the touched ones already; settling it twice does nothing.
    if (cell.pending === undefined) this.#touched.push(cell)
    cell.pending = state
  }

  moduleSeen(wasm: Hash): boolean {
    return this.#state.modulesUsed.has(wasm) || this.#modules.some(([seen]) => seen === wasm)
  }

  useModule(wasm: Hash, rewritten: Hash): void {
    this.#modules.push([wasm, rewritten])
  }

  /** The world knows of this content by an entry, or by this turn. */
  isBlobKnown(hash: Hash): boolean {
    return this.#blobs?.has(hash) === true || this.#state.blobs.has(hash)
  }

  knowBlob(hash: Hash): void {
    this.#blobs ??= new Set()
    this.#blobs.add(hash)
  }

  /** Made when a turn first touches plans or intents: most turns never do. */
  get effects(): EffectsOverlay {
    this.#effects ??= new EffectsOverlay(this.#state.effects)
    return this.#effects
  }

  /** This turn has touched plans or intents. */
  get hasEffects(): boolean {
    return this.#effects !== undefined
  }

  merge(): void {
    this.#effects?.merge()
    for (const [wasm, rewritten] of this.#modules) this.#state.modulesUsed.set(wasm, rewritten)
    for (const hash of this.#blobs ?? NO_BLOBS) this.#state.blobs.set(hash, true)
    for (const cell of this.#touched) cell.table.settle(cell, true)
    this.#state.cells.keepWithinLimit()
  }

  drop(): void {
    for (const cell of this.#touched) cell.table.settle(cell, false)
  }
}
