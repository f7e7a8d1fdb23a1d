/** 10-flights: 20,000 flights into one cell per airport, compared with a count made without a world. */
import { isJsonObject, parseJson } from '@aos/air'
import { AosError } from '@aos/cbor'
import { EventPipeline, localPrincipal, needReducer, readMoment, valueFromNode } from '@aos/host'
import type { HostWorld } from '@aos/host'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Example, ExampleRun, ExampleWork } from './example.ts'

const REDUCER = 'demo/FlightStats@1'
const EVENT = 'demo/Flight@1'
const DATA = join('data', 'flights-20k.ndjson.gz')
const SHOWN = 5
/** An airport with fewer flights is left out of the list of the worst. */
const FLIGHTS_MIN = 100

interface Airport {
  readonly code: string
  readonly count: number
  readonly delay: number
}

export const flightsExample: Example = { name: '10-flights', begin: () => Promise.resolve(FLIGHTS) }

const FLIGHTS: ExampleWork = {
  async feed({ host, progress }) {
    const lines = readLines(host)
    const started = performance.now()
    let accepted = 0
    const pipeline = new EventPipeline<number>(host, (reply, line) => {
      if (reply.kind === 'refused') throw new AosError(reply.error.code, `line ${line}: ${reply.error.message}`)
      accepted += 1
    })
    const principal = localPrincipal()
    for (const [index, line] of lines.entries()) {
      const value = valueFromNode(host.definitions, EVENT, parseJson(line))
      pipeline.push({ kind: 'event', principal, schema: EVENT, value }, index + 1)
      const full = pipeline.room()
      if (full === undefined) continue
      await full
      progress(`${accepted} of ${lines.length} flights`)
    }
    await pipeline.end()
    return { events: accepted, seconds: (performance.now() - started) / 1000 }
  },
  async check({ host }) {
    const expected = countPlainly(readLines(host))
    const found = new Map((await readAirports(host)).map((airport) => [airport.code, airport]))
    if (found.size !== expected.size) return `expected ${expected.size} airports, found ${found.size}`
    for (const [code, { count, delay }] of expected) {
      const cell = found.get(code)
      if (cell?.count === count && cell.delay === delay) continue
      return `${code}: expected ${count} flights and ${delay} minutes, found ${cell?.count ?? 0} and ${cell?.delay ?? 0}`
    }
    return undefined
  },
  tell: tellAirports,
}

async function tellAirports({ host }: ExampleRun): Promise<readonly string[]> {
  const airports = await readAirports(host)
  const flights = airports.reduce((sum, { count }) => sum + count, 0)
  const delay = airports.reduce((sum, airport) => sum + airport.delay, 0)
  const busiest = airports.toSorted((left, right) => right.count - left.count)
  const worst = airports.filter(({ count }) => count >= FLIGHTS_MIN).toSorted((left, right) => mean(right) - mean(left))
  return [
    'busiest airports            worst mean delay (from 100 flights on)',
    ...Array.from({ length: SHOWN }, (_, index) => `${cellOf(busiest[index]).padEnd(28)}${cellOf(worst[index])}`),
    `${flights} flights, ${airports.length} airports, mean delay ${(delay / flights).toFixed(1)} min`,
  ]
}

function cellOf(airport: Airport | undefined): string {
  if (airport === undefined) return ''
  return `${airport.code} ${String(airport.count).padStart(6)} ${mean(airport).toFixed(1).padStart(7)} min`
}

function mean(airport: Airport): number {
  return airport.delay / airport.count
}

async function readAirports(host: HostWorld): Promise<readonly Airport[]> {
  const { definitions, kernel } = await readMoment(host, undefined)
  const module = needReducer(definitions, REDUCER)
  const states = definitions.codec(module.reducer.state)
  const keys = definitions.codec(module.keySchema ?? '')
  const airports: Airport[] = []
  for (const cell of kernel.listCells(REDUCER)) {
    const state = states.decode(states.normalize(cell.state))
    const code = keys.decode(cell.key)
    if (!isRecord(state) || typeof code !== 'string') continue
    airports.push({ code, count: Number(state['count']), delay: Number(state['delay_total']) })
  }
  return airports
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Map) && !Array.isArray(value)
}

function readLines(host: HostWorld): readonly string[] {
  const text = gunzipSync(readFileSync(join(host.folder.root, DATA))).toString('utf8')
  return text.split('\n').filter((line) => line !== '')
}

/** The same figures without a world. */
function countPlainly(
  lines: readonly string[],
): ReadonlyMap<string, { readonly count: number; readonly delay: number }> {
  const airports = new Map<string, { count: number; delay: number }>()
  for (const line of lines) {
    const flight = parseJson(line)
    const origin = isJsonObject(flight) ? flight.get('origin') : undefined
    const delay: unknown = isJsonObject(flight) ? flight.get('delay') : undefined
    if (typeof origin !== 'string') continue
    const airport = airports.get(origin) ?? { count: 0, delay: 0 }
    airports.set(origin, airport)
    airport.count += 1
    if (isRecord(delay)) airport.delay += Number(delay['text'])
  }
  return airports
}
