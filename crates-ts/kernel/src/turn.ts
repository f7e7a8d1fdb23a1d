/** Runs deliveries until the queue is quiet, on an overlay (K8 to K10; spec/06-kernel.md, "Turn"). */
import { hashBytes } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { RaisedReport, StepReport } from './api.ts'
import type { TurnBound } from './codes.ts'
import type { DeliveryRunner, TurnFacts } from './delivery.ts'
import type { EntryWriter } from './entry-writer.ts'
import { LIMITS } from './limits.ts'
import { routeEvent } from './routing.ts'
import type { Delivery } from './routing.ts'
import { EMPTY_KEY, cellKeyText } from './state.ts'
import type { Cell, WorldState } from './state.ts'

export interface TurnInput {
  readonly state: WorldState
  readonly runner: DeliveryRunner
  /** Absent when only the state is wanted (replay without verification). */
  readonly writer: EntryWriter | undefined
  readonly facts: TurnFacts
  readonly deliveries: readonly Delivery[]
}

/** How a turn ended; `bound` is the limit that dropped it, if one did (K8). */
export interface TurnEnd {
  readonly bound: TurnBound | undefined
  readonly fuel: number
  readonly steps: readonly StepReport[]
  readonly raised: readonly RaisedReport[]
}

/** What a turn has written so far; nothing of it is visible before `merge`. */
export class Overlay {
  readonly #state: WorldState
  /** Cells with a pending state, and cells that were made for this turn. */
  readonly #touched: Cell[] = []
  readonly #modules: [Hash, Hash][] = []

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

  merge(): void {
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

/** Runs to quiescence or to a bound; the caller merges or drops the overlay. Throws only for a fault. */
export function runTurn(input: TurnInput, overlay: Overlay): TurnEnd {
  const queue: Delivery[] = [...input.deliveries]
  const steps: StepReport[] = []
  const raised: RaisedReport[] = []
  let fuel = 0
  let bytes = 0
  let items = 0
  const end = (bound: TurnBound | undefined): TurnEnd => ({ bound, fuel, steps, raised })
  for (let ordinal = 0; ordinal < queue.length; ordinal += 1) {
    const delivery = queue[ordinal]
    if (delivery === undefined) break
    const fuelLimit = Math.min(LIMITS.stepFuelMax, LIMITS.turnFuelMax - fuel)
    if (fuelLimit <= 0) return end('fuel')
    items += noteModule(input, overlay, delivery)
    const cell = overlay.cell(delivery)
    const old = cell.pending === undefined ? cell.state : (cell.pending ?? undefined)
    const result = input.runner.run(input.state.catalog, delivery, old, { facts: input.facts, ordinal, fuelLimit })
    fuel += result.fuel
    if (result.outcome === 'out_of_fuel' && fuelLimit < LIMITS.stepFuelMax) return end('fuel')
    const deliveryIndex = items + 1
    items += 1
    if (items + result.raised.length > LIMITS.turnItemsMax) return end('items')
    if (result.state !== undefined) overlay.write(cell, result.state)
    bytes += result.state?.length ?? 0
    steps.push({
      reducer: delivery.reducer.name,
      key: delivery.key,
      outcome: result.outcome,
      fuel: result.fuel,
      note: result.note,
    })
    input.writer?.delivery({
      reducer: delivery.reducer.name,
      key: delivery.key,
      module: delivery.reducer.wasmHashBytes,
      outcome: result.outcome,
      fuel: result.fuel,
      state: result.state,
      cause: delivery.cause,
    })
    for (const event of result.raised) {
      bytes += event.value.length
      items += 1
      raised.push({ schema: event.schema, index: items })
      input.writer?.raised({ schema: event.schema, value: event.value, key: event.key, delivery: deliveryIndex })
      routeEvent(input.state.catalog, event, items, queue)
    }
    if (bytes > LIMITS.turnBytesMax) return end('bytes')
  }
  return end(undefined)
}

/** The first use of a module stands in the entry with the hash of the bytes that run. Returns the items written. */
function noteModule(input: TurnInput, overlay: Overlay, delivery: Delivery): number {
  const { wasmHash, wasmHashBytes, module } = delivery.reducer
  if (overlay.moduleSeen(wasmHash)) return 0
  overlay.useModule(wasmHash, module.rewrittenHash)
  input.writer?.moduleUse(wasmHashBytes, hashBytes(module.rewrittenHash))
  return 1
}
