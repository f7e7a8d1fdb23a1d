/** What a turn has written so far; nothing of it is visible before it ends (K8; spec/06-kernel.md, "Turn"). */
import type { Hash } from '@aos/cbor'
import { EffectsOverlay } from './intents/effects-state.ts'
import type { Delivery } from './routing.ts'
import { EMPTY_KEY, cellKeyText } from './state.ts'
import type { Cell, WorldState } from './state.ts'

/** The changes of one turn to cells, modules, plans and intents. */
export class Overlay {
  readonly #state: WorldState
  /** Cells with a pending state, and cells that were made for this turn. */
  readonly #touched: Cell[] = []
  readonly #modules: [Hash, Hash][] = []
  #effects: EffectsOverlay | undefined

  constructor(state: WorldState) {
    this.#state = state
  }

  /** The cell of a delivery; made without a state when there is none. */
  cell(delivery: Delivery): Cell {
    const reducer = delivery.reducer.name
    let table = this.#state.cells.get(reducer)
    if (table === undefined) {
      table = new Map()
      this.#state.cells.set(reducer, table)
    }
    const key = delivery.key ?? EMPTY_KEY
    const text = cellKeyText(key)
    const known = table.get(text)
    if (known !== undefined) return known
    // A copy: the key may be a view of the ingress, whose bytes are the caller's.
    const cell: Cell = { key: key.slice(), table, text, state: undefined, generation: 0, pending: undefined }
    table.set(text, cell)
    this.#touched.push(cell)
    return cell
  }

  write(cell: Cell, state: Uint8Array | null): void {
    if (cell.pending === undefined) this.#touched.push(cell)
    cell.pending = state
  }

  moduleSeen(wasm: Hash): boolean {
    return this.#state.modulesUsed.has(wasm) || this.#modules.some(([seen]) => seen === wasm)
  }

  useModule(wasm: Hash, rewritten: Hash): void {
    this.#modules.push([wasm, rewritten])
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
    for (const cell of this.#touched) {
      if (cell.pending !== undefined) cell.state = cell.pending ?? undefined
      cell.pending = undefined
      if (cell.state === undefined) cell.table.delete(cell.text)
    }
  }

  drop(): void {
    for (const cell of this.#touched) {
      cell.pending = undefined
      if (cell.state === undefined) cell.table.delete(cell.text)
    }
  }
}
