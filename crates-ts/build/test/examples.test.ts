/** The example worlds' reducers do what their READMEs say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { compileSchema } from '@aos/air'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileGuest } from '../src/index.ts'
import { readExample } from './_example-world.ts'
import { callReducer, loadGuest } from './_guest-driver.ts'
import type { GuestModule } from './_guest-driver.ts'

describe('00-counter', () => {
  const world = readExample('00-counter')
  const event = compileSchema({ kind: 'ref', name: 'demo/CounterEvent@1' }, world.schemas)
  const state = compileSchema({ kind: 'ref', name: 'demo/CounterState@1' }, world.schemas)
  let guest: GuestModule

  beforeAll(async () => {
    const { wasm, warnings } = await compileGuest(world.sources)
    expect(warnings).toEqual([])
    expect(wasm.length).toBeLessThan(10_240)
    guest = loadGuest(wasm)
  }, 120_000)

  function statesAfter(events: readonly Parameters<typeof event.encode>[0][]): unknown[] {
    let current: Uint8Array | null = null
    return events.map((value) => {
      const output = callReducer(guest, {
        state: current,
        event: { schema: 'demo/CounterEvent@1', value: event.encode(value) },
      })
      expect(output).toMatchObject({ domainEvents: [], effects: [], ann: null })
      current = output.state
      return current === null ? null : state.decode(current)
    })
  }

  const start = (target: number): Parameters<typeof event.encode>[0] => ({ $tag: 'Start', $value: { target } })
  const tick = { $tag: 'Tick' }

  it('counts from three down to done', () => {
    expect(statesAfter([start(3), tick, tick, tick, tick])).toEqual([
      { pc: { $tag: 'Counting' }, remaining: 3 },
      { pc: { $tag: 'Counting' }, remaining: 2 },
      { pc: { $tag: 'Counting' }, remaining: 1 },
      { pc: { $tag: 'Done' }, remaining: 0 },
      { pc: { $tag: 'Done' }, remaining: 0 },
    ])
  })

  it('is idle after a tick before any start, done at once with a target of zero, and can start again', () => {
    expect(statesAfter([tick, start(0), start(1), tick])).toEqual([
      { pc: { $tag: 'Idle' }, remaining: 0 },
      { pc: { $tag: 'Done' }, remaining: 0 },
      { pc: { $tag: 'Counting' }, remaining: 1 },
      { pc: { $tag: 'Done' }, remaining: 0 },
    ])
  })
})

interface Flight {
  readonly date: string
  readonly delay: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

interface Stats {
  count: number
  delay_total: number
  histogram: { name: string; count: number }[]
  worst: Flight
}

const BUCKETS: readonly (readonly [string, number])[] = [
  ['early', 0],
  ['under 15 min', 15],
  ['under 1 h', 60],
  ['under 3 h', 180],
  ['3 h or more', Infinity],
]

/** What the reducer should compute, from the whole list at once. */
function modelStats(flights: readonly Flight[]): Stats {
  const [first, ...others] = flights
  if (first === undefined) throw new Error('expected a flight')
  return {
    count: flights.length,
    delay_total: flights.reduce((sum, { delay }) => sum + delay, 0),
    histogram: BUCKETS.map(([name, limit], at) => ({
      name,
      count: flights.filter(({ delay }) => delay < limit && delay >= (BUCKETS[at - 1]?.[1] ?? -Infinity)).length,
    })),
    worst: others.reduce((worst, flight) => (flight.delay > worst.delay ? flight : worst), first),
  }
}

describe('10-flights', () => {
  const world = readExample('10-flights')
  const packed = readFileSync(join(world.directory, 'data/flights-20k.ndjson.gz'))
  const lines = gunzipSync(packed).toString('utf8').trimEnd().split('\n')
  // All 20,000 go through the world itself elsewhere. Encoding checks every value.
  const flights = lines.slice(0, 3000).map((line) => JSON.parse(line) as Flight)

  it('keeps for every airport what a plain computation over its flights gives', async () => {
    const { wasm } = await compileGuest(world.sources)
    expect(wasm.length).toBeLessThan(10_240)
    const guest = loadGuest(wasm)
    const event = compileSchema({ kind: 'ref', name: 'demo/Flight@1' }, world.schemas)
    const state = compileSchema({ kind: 'ref', name: 'demo/AirportStats@1' }, world.schemas)
    const cells = new Map<string, Uint8Array>()
    const byOrigin = new Map<string, Flight[]>()
    for (const flight of flights) {
      const value = event.encode({ ...flight })
      const output = callReducer(guest, {
        state: cells.get(flight.origin) ?? null,
        event: { schema: 'demo/Flight@1', value },
      })
      if (output.state === null) throw new Error('expected a state')
      state.validate(output.state)
      cells.set(flight.origin, output.state)
      byOrigin.set(flight.origin, [...(byOrigin.get(flight.origin) ?? []), flight])
    }
    expect([lines.length, cells.size]).toEqual([20_000, byOrigin.size])
    for (const [origin, bytes] of cells) expect(state.decode(bytes)).toEqual(modelStats(byOrigin.get(origin) ?? []))
  }, 120_000)

  it('is keyed by the origin of a flight', () => {
    expect(world.module.keySchema).toBe('demo/Airport@1')
    expect(world.manifest.routes).toEqual([
      { event: 'demo/Flight@1', reducer: 'demo/FlightStats@1', keyField: 'origin' },
    ])
  })
})
