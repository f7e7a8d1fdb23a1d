/** Cells of the forks: those that differ, and the migration of all that there are (spec/24-shadow-report.md, "Cells" and "Rehearsal"). */
import { formatJson } from '@aos/air'
import { isAosError, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { World } from '@aos/kernel'
import type { Definitions } from '../definitions.ts'
import { valueToNode } from '../values.ts'
import type { Budget } from './bounds.ts'
import type { CellPlace } from './fork-log.ts'
import { hashOf } from './hash-of.ts'
import type { ChangedCell, FailedMigration, ShadowMigrations } from './report.ts'

/** Writes keys as people write them: JSON text in the sugar lens; hexadecimal where the manifest has no such reducer. */
export class KeyWriter {
  readonly #sets: readonly Definitions[]

  constructor(...sets: readonly Definitions[]) {
    this.#sets = sets
  }

  /** The same for the same cell. */
  write({ reducer, key }: { readonly reducer: string; readonly key: Uint8Array }): string {
    for (const definitions of this.#sets) {
      const keySchema = definitions.modules.get(reducer)?.keySchema
      if (keySchema === undefined) continue
      try {
        return formatJson(valueToNode(definitions, keySchema, key))
      } catch (error) {
        if (!isAosError(error)) throw error
      }
    }
    return toHex(key)
  }
}

/** Hashes of states as they are now; undefined where there is none or it cannot be brought on. */
export function statesOf(world: World, cells: ReadonlyMap<string, CellPlace>): ReadonlyMap<string, Hash | undefined> {
  return new Map([...cells].map(([name, place]) => [name, stateOf(world, place)]))
}

function stateOf(world: World, { reducer, key }: CellPlace): Hash | undefined {
  try {
    const state = world.readCell(reducer, key)
    return state === undefined ? undefined : hashOf(state)
  } catch (error) {
    if (isAosError(error) && error.code === 'kernel.migration_failed') return undefined
    throw error
  }
}

/** Cells with other states, ascending by reducer, then by the bytes of the key. */
export function changedCells(
  cells: ReadonlyMap<string, CellPlace>,
  states: {
    readonly base: ReadonlyMap<string, Hash | undefined>
    readonly candidate: ReadonlyMap<string, Hash | undefined>
  },
  keys: KeyWriter,
): readonly ChangedCell[] {
  const names = [...cells.keys()].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0))
  return names.flatMap((name) => {
    const place = cells.get(name)
    const [from, to] = [states.base.get(name), states.candidate.get(name)]
    if (place === undefined || from === to) return []
    const { reducer, key } = place
    return [
      {
        reducer,
        ...(key === undefined ? {} : { key: keys.write({ reducer, key }) }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      },
    ]
  })
}

/** Brings on every cell of an older generation, and writes nothing. A step is a cell. */
export function* rehearse(
  world: World,
  given: { readonly reducers: readonly string[]; readonly budget: Budget; readonly keys: KeyWriter },
): Generator<undefined, ShadowMigrations, undefined> {
  const { reducers, budget, keys } = given
  const { listedMax, rehearsalFuelMax } = budget.bounds
  const failed: FailedMigration[] = []
  let [cells, fuel, failedCount] = [0, 0, 0]
  const made = (isWhole: boolean): ShadowMigrations => ({
    cells,
    fuel,
    failed: { total: failedCount, items: failed },
    isWhole,
  })
  for (const reducer of reducers) {
    for (const migration of world.rehearse(reducer)) {
      if (fuel > rehearsalFuelMax || budget.isOutOfTime) return made(false)
      cells += 1
      fuel += migration.fuel
      if (migration.outcome !== 'ok') {
        failedCount += 1
        if (failed.length < listedMax) {
          const { key, from, to, outcome, note } = migration
          const shown = key === undefined ? {} : { key: keys.write({ reducer, key }) }
          failed.push({ reducer, ...shown, from, to, outcome, ...(note === undefined ? {} : { note }) })
        }
      }
      yield
    }
  }
  return made(true)
}
