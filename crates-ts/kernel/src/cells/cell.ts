/** One cell in memory (K19; spec/06-kernel.md, "Delivery"). */
import type { CellTable } from './cell-table.ts'

/** A cell that a turn has touched holds its new state in `pending` until the turn ends (K8). */
export interface Cell {
  readonly table: CellTable
  /** Its key in the table, one character a byte. */
  readonly text: string
  /** undefined: there is none, or no more. */
  state: Uint8Array | undefined
  /** Of `state`. */
  generation: number
  /** undefined: untouched by this turn; null: deleted by it. */
  pending: Uint8Array | null | undefined
  /** Changed since the last cut. */
  isDirty: boolean
  /** In the list of what the next checkpoint takes down. */
  isUntaken: boolean
  /** Taken down by the cut that is under way. */
  isFrozen: boolean
  /** The trie of its table has an entry for it. */
  isStored: boolean
  /** Asked for since memory was last looked through. */
  wasUsed: boolean
}

/** The key of the one cell of a reducer that is not keyed (K19). */
export const EMPTY_KEY: Uint8Array = new Uint8Array(0)
