/** What `aos worlds ls` shows of a host of many worlds. */
import type { WorldReport } from '@aos/host'
import type { CommandResult, DaemonFacts } from './context.ts'

/** One world, as scripts see it. */
export interface WorldRow {
  readonly name: string
  readonly state: string
  readonly busy: boolean
  readonly world: string | null
  readonly height: number | null
  readonly open_work: number | null
  /** In logical time. */
  readonly next_due_ns: string | null
  /** RFC 3339: when it is woken by itself. */
  readonly wakes_at: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** The host and its worlds, as `--json` prints them under `data`. */
export interface WorldsData extends DaemonFacts {
  readonly folder: string
  readonly workers: number
  readonly worlds: readonly WorldRow[]
}

/** A report of a keeper as a row. */
export function rowOf({ name, state, isBusy, rest, wakesAtMs, error }: WorldReport): WorldRow {
  return {
    name,
    state,
    busy: isBusy,
    world: rest?.world ?? null,
    height: rest?.height ?? null,
    open_work: rest?.openWork ?? null,
    next_due_ns: rest?.nextDueNs === undefined ? null : String(rest.nextDueNs),
    wakes_at: wakesAtMs === undefined ? null : new Date(Math.max(0, wakesAtMs)).toISOString(),
    error: error ?? null,
  }
}

/** The result of `aos worlds ls`: a line for the host, one for all worlds, and one for each. */
export function describeWorlds(data: WorldsData): CommandResult {
  const { folder, pid, since, workers, worlds } = data
  const width = Math.max(0, ...worlds.map(({ name }) => name.length))
  const awake = worlds.filter(({ state }) => state === 'awake').length
  const threads = workers === 0 ? '' : `, ${workers} threads`
  const lines = [
    `host      process ${pid} since ${since}${threads}`,
    `worlds    ${worlds.length} in ${folder}, ${awake} awake`,
    ...worlds.map((row) => lineOf(row, width)),
  ]
  return { data, text: lines.join('\n') }
}

function lineOf(
  { name, state, busy, height, open_work: work, wakes_at: wakesAt, error }: WorldRow,
  width: number,
): string {
  const parts = [
    busy ? 'busy' : state,
    height === null ? 'no entry known' : `height ${height}`,
    ...(work === null || work === 0 ? [] : [`${work} open`]),
    ...(wakesAt === null ? [] : [`wakes at ${wakesAt}`]),
    ...(error === null ? [] : [`${error.message} [${error.code}]`]),
  ]
  return `${name.padEnd(width)}  ${parts.join(', ')}`
}
