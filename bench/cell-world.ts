/** A world of one keyed reducer: as many cells as events name. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SchemaCodec } from '@aos/air'
import type { HostWorld } from '@aos/host'
import type { EventIngress } from '@aos/kernel'
import type { Random } from '@aos/store'
import { initBenchWorld, pushBenchWorld } from './bench-world.ts'
import type { BenchWorld } from './bench-world.ts'
import { keptWorld } from './kept-world.ts'
import { pump } from './pump.ts'

export const CELL_EVENT = 'bench/Deposit@1'
export const CELL_REDUCER = 'bench/Account@1'
/** Schema of the keys of cells. */
export const CELL_KEY = 'bench/AccountId@1'

const REDUCER_SOURCE = `import { AccountState, Deposit, Output } from './generated'

export function reduce(state: AccountState | null, deposit: Deposit, out: Output): AccountState | null {
  const account = state === null ? new AccountState() : state
  account.account = deposit.account
  account.deposits += 1
  account.balance += deposit.amount
  return account
}
`

const SYNC = { version: 1, air: { dir: 'air' }, modules: { [CELL_REDUCER]: { source: 'reducers/account' } } }

/** `root` is the checkout; the bundle must be there. The world has no cell yet. */
export function makeCellWorld(root: string): Promise<BenchWorld> {
  return keptWorld(root, 'cells-0', () => pushCellWorld(root))
}

async function pushCellWorld(root: string): Promise<BenchWorld> {
  const bench = await initBenchWorld(root, 'empty')
  const { root: place } = bench.folder
  mkdirSync(join(place, 'reducers/account'), { recursive: true })
  writeFileSync(join(place, 'reducers/account/index.ts'), REDUCER_SOURCE)
  writeFileSync(join(place, 'air/manifest.air.json'), JSON.stringify(MANIFEST))
  writeFileSync(join(place, 'air/defs.air.json'), JSON.stringify(definitions()))
  writeFileSync(join(place, 'aos.sync.json'), JSON.stringify(SYNC))
  await pushBenchWorld(bench)
  return bench
}

const SCHEMAS = [CELL_KEY, CELL_EVENT, 'bench/AccountState@1'] as const

const MANIFEST = {
  $kind: 'manifest',
  air_version: '1',
  schemas: SCHEMAS.map((name) => ({ name })),
  modules: [{ name: CELL_REDUCER }],
  routing: { events: [{ event: CELL_EVENT, reducer: CELL_REDUCER, key_field: 'account' }] },
}

function definitions(): readonly object[] {
  const [id, event, state] = SCHEMAS
  const schema = (name: string, type: object): object => ({ $kind: 'defschema', name, type })
  const nat = { nat: {} }
  return [
    schema(id, { text: {} }),
    schema(event, { record: { account: { text: {} }, amount: nat } }),
    schema(state, { record: { account: { text: {} }, balance: nat, deposits: nat } }),
    {
      $kind: 'defmodule',
      name: CELL_REDUCER,
      module_kind: 'reducer',
      key_schema: id,
      abi: { reducer: { state, event, effects_emitted: [], cap_slots: {} } },
    },
  ]
}

/** Key of a cell by its number; all have the same length. */
export function cellKey(index: number): string {
  return `account-${String(index).padStart(8, '0')}`
}

/** A line of `aos event send --ndjson`. */
export function depositLine(index: number): string {
  return JSON.stringify({ account: cellKey(index), amount: 1 })
}

/** Events for cells, by number. */
export class Deposits {
  readonly #codec: SchemaCodec

  constructor(host: HostWorld) {
    this.#codec = host.definitions.codec(CELL_EVENT)
  }

  into(index: number): EventIngress {
    const value = this.#codec.encode({ account: cellKey(index), amount: 1 })
    return { kind: 'event', principal: 'local:bench', schema: CELL_EVENT, value }
  }
}

/** Makes the cells `from` to `to - 1`, one event each. */
export async function fillCells(host: HostWorld, from: number, to: number): Promise<void> {
  const deposits = new Deposits(host)
  await pump(host, to - from, (index) => deposits.into(from + index))
}

/** Numbers below `cells`: all equally likely, or those of a working set that lies evenly among all. */
export function makePicker(random: Random, cells: number, workingSet: number): () => number {
  const size = Math.min(cells, workingSet)
  const step = Math.floor(cells / size)
  return () => random.below(size) * step
}
