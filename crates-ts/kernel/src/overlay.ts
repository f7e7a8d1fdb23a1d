/** What a turn has written so far; nothing of it is visible before it ends (K8; spec/06-kernel.md, "Turn"). */
import type { Hash, HashBytes } from '@aos/cbor'
import { compareText } from '@aos/workspace'
import type { KnownTrees, TreeNote } from '@aos/workspace'
import { EMPTY_KEY } from './cells/cell.ts'
import type { Cell } from './cells/cell.ts'
import { bytesOfText, textOfBytes } from './collections/key-text.ts'
import { GovernanceOverlay } from './governance/governance-overlay.ts'
import type { ManifestChange } from './governance/manifest-change.ts'
import { EffectsOverlay } from './intents/effects-overlay.ts'
import type { Delivery } from './routing.ts'
import type { WorldState } from './state.ts'

const NO_CELLS: readonly Cell[] = []
const NO_MODULES: readonly (readonly [Hash, Hash])[] = []
const NO_BLOBS: readonly Hash[] = []
const NO_TREES: ReadonlyMap<Hash, readonly string[]> = new Map()

/** A cell as a turn sees it; the hash of a state that this turn has made is not known yet. */
export interface TurnCell {
  readonly key: Uint8Array
  /** Bytes of the state. */
  readonly size: number
  readonly stateHash: HashBytes | undefined
  /** Read when it is asked for. */
  readonly state: Uint8Array
}

/** The changes of one turn to cells, modules, plans, intents and what is known of content. */
export class Overlay implements KnownTrees {
  readonly #state: WorldState
  /** Cells with a pending state, and cells that were made for this turn. */
  #touched: Cell[] | undefined
  #modules: [Hash, Hash][] | undefined
  #effects: EffectsOverlay | undefined
  #blobs: Set<Hash> | undefined
  #trees: Map<Hash, readonly string[]> | undefined
  #governance: GovernanceOverlay | undefined

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
    this.#touch(cell)
    return cell
  }

  write(cell: Cell, state: Uint8Array | null): void {
    // A cell that was made for this turn is among the touched ones already; settling it twice does nothing.
    if (cell.pending === undefined) this.#touch(cell)
    cell.pending = state
  }

  /** Most turns touch one cell: a list that grows takes room for many. */
  #touch(cell: Cell): void {
    if (this.#touched === undefined) this.#touched = [cell]
    else this.#touched.push(cell)
  }

  moduleSeen(wasm: Hash): boolean {
    return this.#state.modulesUsed.has(wasm) || this.#modules?.some(([seen]) => seen === wasm) === true
  }

  useModule(wasm: Hash, rewritten: Hash): void {
    this.#modules ??= []
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

  workspacesOf(root: Hash): readonly string[] | undefined {
    return this.#trees?.get(root) ?? this.#state.trees.get(root)
  }

  /** The tree is of these workspaces from here on, too. */
  noteTree({ root, workspaces }: TreeNote): void {
    const known = this.workspacesOf(root) ?? []
    const added = workspaces.filter((name) => !known.includes(name))
    if (added.length === 0) return
    this.#trees ??= new Map()
    this.#trees.set(root, [...known, ...added].sort(compareText))
  }

  /** The state of a cell as the turn sees it. `key`: prefixed canonical bytes; undefined for a reducer that is not keyed. */
  cellState(reducer: string, key: Uint8Array | undefined): Uint8Array | undefined {
    const cell = this.#state.cells.find(reducer)?.find(textOfBytes(key ?? EMPTY_KEY))
    return cell?.pending === undefined ? cell?.state : (cell.pending ?? undefined)
  }

  /** At least as many cells as the reducer has in the eyes of the turn. */
  countCells(reducer: string): number {
    return (this.#state.cells.find(reducer)?.count ?? 0) + (this.#touched?.length ?? 0)
  }

  /** As the turn sees them, ascending by key bytes. Reads no state that is not asked for. */
  listCells(reducer: string): readonly TurnCell[] {
    const table = this.#state.cells.find(reducer)
    const cells = new Map<string, TurnCell>()
    for (const cell of table?.list() ?? []) cells.set(textOfBytes(cell.key), cell)
    for (const { table: touched, text, pending } of this.#touched ?? NO_CELLS) {
      if (touched !== table || pending === undefined) continue
      if (pending === null) cells.delete(text)
      else cells.set(text, { key: bytesOfText(text), size: pending.length, stateHash: undefined, state: pending })
    }
    return [...cells].sort(([left], [right]) => compareText(left, right)).map(([, cell]) => cell)
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

  /** Made when a turn first touches proposals or what is in force. */
  get governance(): GovernanceOverlay {
    this.#governance ??= new GovernanceOverlay(this.#state.governance)
    return this.#governance
  }

  /** Another manifest comes into force behind this turn. */
  get change(): ManifestChange | undefined {
    return this.#governance?.change
  }

  merge(): void {
    this.#effects?.merge()
    this.#governance?.merge()
    for (const [wasm, rewritten] of this.#modules ?? NO_MODULES) this.#state.modulesUsed.set(wasm, rewritten)
    for (const hash of this.#blobs ?? NO_BLOBS) this.#state.blobs.set(hash, true)
    for (const [root, workspaces] of this.#trees ?? NO_TREES) this.#state.trees.set(root, workspaces)
    for (const cell of this.#touched ?? NO_CELLS) cell.table.settle(cell, true)
    this.#state.cells.keepWithinLimit()
  }

  drop(): void {
    for (const cell of this.#touched ?? NO_CELLS) cell.table.settle(cell, false)
  }
}
