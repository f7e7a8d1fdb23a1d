/** The flights of examples/10-flights: the world, its events, and what a few lines of script make of them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ROOT } from '../tidy/tree.ts'
import type { Sandbox } from './command.ts'

export const FLIGHTS = { example: '10-flights', event: 'demo/Flight@1', reducer: 'demo/FlightStats@1' } as const

export interface Flight {
  readonly date: string
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

export interface Stats {
  readonly count: number
  readonly delay_total: number
  readonly worst: Flight
}

/** One JSON object a line, in the order of the file. */
export function readFlightLines(): readonly string[] {
  const packed = readFileSync(join(ROOT, 'examples', FLIGHTS.example, 'data/flights-20k.ndjson.gz'))
  return gunzipSync(packed)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
}

/** By origin; the worst is the first of equals. */
export function summarizeFlights(lines: readonly string[]): ReadonlyMap<string, Stats> {
  const stats = new Map<string, Stats>()
  for (const line of lines) {
    const flight = JSON.parse(line) as Flight // public data with exactly these members
    const { count, delay_total, worst } = stats.get(flight.origin) ?? { count: 0, delay_total: 0, worst: flight }
    stats.set(flight.origin, {
      count: count + 1,
      delay_total: delay_total + flight.delay,
      worst: flight.delay > worst.delay ? flight : worst,
    })
  }
  return stats
}

/** What the world says, by origin. */
export async function readStats(
  sandbox: Sandbox,
  world: string,
  origins: readonly string[],
): Promise<readonly Stats[]> {
  const stats: Stats[] = []
  for (const origin of origins) {
    const get = ['state', 'get', FLIGHTS.reducer, '--key', origin, '--world', world]
    stats.push((await sandbox.data<{ readonly state: Stats }>(get)).state)
  }
  return stats
}
