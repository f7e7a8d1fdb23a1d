/** Reading states of older generations (spec/17-governance.md, "Migrations"): brought on for the reader, and left as they are. */
import { sha256 } from '@aos/cbor'
import type { CanonicalBytes } from '@aos/cbor'
import type { CellReport, MigrationReport } from '../api.ts'
import { kernelError } from '../errors.ts'
import { LIMITS } from '../limits.ts'
import type { KernelPorts } from '../ports.ts'
import type { WorldState } from '../state.ts'
import type { CellTable, ListedCell } from './cell-table.ts'
import { FIRST_GENERATION, migrate } from './migrate.ts'
import type { Migration } from './migrate.ts'

/** State, ports and the fuel that one migration may take, for whoever reads cells without a turn. */
export interface ReadGround {
  readonly ports: KernelPorts
  readonly state: WorldState
}

/** A state as its reducer would be given it. Throws `kernel.migration_failed`. */
export function readState(
  ground: ReadGround,
  reducer: string,
  cell: { readonly state: Uint8Array; readonly generation: number },
): Uint8Array {
  const table = ground.state.cells.find(reducer)
  if (table === undefined || cell.generation >= table.generation) return cell.state
  const { outcome, state, note } = bringOn(ground, reducer, cell)
  if (state !== undefined) return state
  throw kernelError(
    'kernel.migration_failed',
    `a state of ${reducer} of generation ${cell.generation} cannot be brought on: ${outcome}`,
    { details: { reducer, outcome, ...(note === undefined ? {} : { note }) } },
  )
}

/** Cells in ascending order of key bytes, as their reducer would be given them. */
export function* listCells(ground: ReadGround, reducer: string): Generator<CellReport, void, undefined> {
  const table = ground.state.cells.find(reducer)
  for (const cell of table?.list() ?? []) yield isOlder(table, cell) ? broughtOn(ground, reducer, cell) : asListed(cell)
}

/** What bringing on every cell of an older generation comes to; nothing is written. Costs a walk through all of them. */
export function* rehearseMigrations(ground: ReadGround, reducer: string): Generator<MigrationReport, void, undefined> {
  const table = ground.state.cells.find(reducer)
  for (const cell of table?.list() ?? []) {
    if (table === undefined || !isOlder(table, cell)) continue
    const { outcome, fuel, note } = bringOn(ground, reducer, cell)
    const isKeyed = ground.state.catalog.reducers.get(reducer)?.keyCodec !== undefined
    yield {
      reducer,
      key: isKeyed ? cell.key : undefined,
      from: cell.generation,
      to: table.generation,
      outcome,
      fuel,
      note,
    }
  }
}

function isOlder(table: CellTable | undefined, cell: ListedCell): boolean {
  return table !== undefined && cell.generation < table.generation
}

function bringOn(
  { ports, state }: ReadGround,
  reducer: string,
  cell: { readonly state: Uint8Array; readonly generation: number },
): Migration {
  const { modules } = state.generations.get(reducer) ?? FIRST_GENERATION
  const record = state.catalog.reducers.get(reducer)
  return migrate(cell.state, {
    ports,
    modules: modules.slice(cell.generation),
    accepts: (bytes) => {
      record?.stateCodec.accepts(bytes)
    },
    fuelLimit: LIMITS.turnFuelMax,
  })
}

function asListed(cell: ListedCell): CellReport {
  return cell as ListedCell & { readonly key: CanonicalBytes } // keys of cells are canonical: they were located in, or checked as, canonical values
}

function broughtOn(ground: ReadGround, reducer: string, cell: ListedCell): CellReport {
  const state = readState(ground, reducer, cell)
  const stateHash = sha256(ground.ports.sha256, state)
  return { key: asListed(cell).key, size: state.length, stateHash, state }
}
