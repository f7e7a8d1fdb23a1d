/**
 * A host of many worlds (`aos run --worlds`): what it takes with all of them asleep and with a hundred of them busy, how long a
 * single event waits there, and how long a world takes to wake.
 */
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectControl, worldsFolderAt } from '@aos/host'
import type { ControlClient, WorldsFolder } from '@aos/host'
import { COUNTER_EVENT, makeBenchWorld } from './counter-world.ts'
import type { BenchWorld } from './counter-world.ts'
import { residentBytes } from './host-process.ts'
import { makeRow, median, now, percentile } from './measure.ts'
import type { BenchRow } from './measure.ts'
import type { BenchContext } from './run.ts'

const WORLDS = 300
const WORLDS_FULL = 1000
const BUSY = 100
/** A world of which nothing is wanted sleeps soon. */
const IDLE_MS = 3000
/** No world sleeps but for want of room. */
const LONG_IDLE = '1h'
/** So many clients wake worlds at a time. */
const WAKING = 32
/** A host gives memory back in two steps after everything has become quiet. */
const QUIET_MS = 15_000
const STEADY_MS = 2000
const MEASURE_MS = 6000
const SINGLE_EVERY_MS = 10
/** What one message of a stream holds. */
const EVENTS_A_MESSAGE = 512

const MEGABYTE = 1_000_000
const IDLE_MEGABYTES_MAX = 60
/** A gibibyte. */
const MEGABYTES_MAX = 1073
/** "A few". */
const GROUPS_MAX = 4

export async function benchWorlds(context: BenchContext): Promise<readonly BenchRow[]> {
  const { root, isFull, onStep } = context
  const bench = await makeBenchWorld(root)
  try {
    // Opened once after the push: then everything is there that an opening makes.
    await bench.command(['event', 'send', COUNTER_EVENT, '"Tick"', '--world', bench.folder.root])
    const few = join(bench.scratch, 'few')
    const many = join(bench.scratch, 'many')
    const count = context.count(isFull ? WORLDS_FULL : WORLDS)
    copyWorlds(bench, few, 1)
    onStep(`${count} worlds`)
    copyWorlds(bench, many, count)
    const soon = `${context.pause(IDLE_MS)}ms`
    const idle = await withHost({ bench, folder: few, idle: soon }, async (host) => {
      await host.event('w0', '"Tick"')
      await host.untilAsleep()
      await sleep(context.pause(QUIET_MS))
      return host.megabytes()
    })
    return [
      makeRow({ name: 'worlds.idle_host', unit: 'MB', rounds: [idle] }, { atMost: IDLE_MEGABYTES_MAX }),
      ...(await withHost({ bench, folder: many, idle: soon }, (host) => measureMany(host, count, context))),
      await withHost({ bench, folder: many, idle: LONG_IDLE }, (host) => measureAwake(host, count, onStep)),
    ]
  } finally {
    bench.remove()
  }
}

/** Copies of one world, genesis included: each is a folder, a lock and a journal of its own. */
function copyWorlds({ folder }: BenchWorld, into: string, count: number): void {
  for (let at = 0; at < count; at += 1) {
    const place = join(into, `w${at}`)
    mkdirSync(join(place, '.aos'), { recursive: true })
    cpSync(folder.settingsFile, join(place, 'aos.json'))
    cpSync(folder.store, join(place, '.aos/world'), { recursive: true })
    cpSync(folder.dispatchLog, join(place, '.aos/dispatch.log'))
  }
}

async function measureMany(host: Host, count: number, context: BenchContext): Promise<readonly BenchRow[]> {
  const { pause, onStep } = context
  const busy = namesOf(count).slice(0, context.count(BUSY))
  onStep('all asleep')
  await host.untilAsleep()
  const wakes = await wakeEach(host, busy)
  onStep(`${busy.length} busy`)
  const load = await measureBusy(host, busy, pause)
  onStep('all asleep again')
  await host.untilAsleep()
  await sleep(pause(QUIET_MS))
  const asleep = host.megabytes()
  const figure = (name: string, unit: string, value: number): Parameters<typeof makeRow>[0] => {
    return { name: `worlds.${name}`, unit, rounds: [value] }
  }
  return [
    makeRow(figure(`asleep_${count}`, 'MB', asleep)),
    makeRow(figure(`busy_${busy.length}_of_${count}`, 'MB', load.megabytes), { atMost: MEGABYTES_MAX }),
    makeRow(figure('wake_p50', 'ms', percentile(wakes, 0.5))),
    makeRow(figure('busy_events', 'events/s', load.eventsPerSecond)),
    makeRow(figure('busy_slowest_share', 'ratio', load.slowestShare)),
    makeRow(figure('busy_group_ms', 'ms', load.groupMs)),
    makeRow(figure('busy_wait_p50', 'ms', percentile(load.waits, 0.5))),
    makeRow(figure('busy_wait_p99', 'ms', percentile(load.waits, 0.99))),
    makeRow(figure('busy_wait_groups_p50', 'groups', percentile(load.groups, 0.5))),
    makeRow(figure('busy_wait_groups_p99', 'groups', percentile(load.groups, 0.99)), { atMost: GROUPS_MAX }),
  ]
}

/** Memory when each world was asked for once, and stays awake as long as there is room. */
async function measureAwake(host: Host, count: number, onStep: (what: string) => void): Promise<BenchRow> {
  onStep('all awake')
  const names = namesOf(count)
  const client = async (first: number): Promise<void> => {
    for (let at = first; at < count; at += WAKING) await host.event(names[at] ?? '', '"Tick"')
  }
  await Promise.all(Array.from({ length: WAKING }, (_, first) => client(first)))
  const awake = (await host.list()).filter(({ state }) => state !== 'asleep').length
  const note = `${awake} awake at once, as many as memory_bytes and the system's bound of open files let`
  const figure = { name: `worlds.awake_${count}`, unit: 'MB', rounds: [host.megabytes()], note }
  return makeRow(figure, { atMost: MEGABYTES_MAX })
}

function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `w${at}`)
}

/** Milliseconds from asking for an event to its acknowledgement, the opening included; one after the other. */
async function wakeEach(host: Host, names: readonly string[]): Promise<readonly number[]> {
  const wakes: number[] = []
  for (const name of names) {
    const started = now()
    await host.event(name, `{"Start":{"target":${Number.MAX_SAFE_INTEGER}}}`)
    wakes.push(now() - started)
  }
  return wakes
}

interface Load {
  readonly megabytes: number
  readonly eventsPerSecond: number
  /** What the world with the fewest groups had of what the median one had. */
  readonly slowestShare: number
  /** Between two groups of one world. */
  readonly groupMs: number
  /** Of single events into worlds that also have a stream: milliseconds, and groups of the stream that became durable before them. */
  readonly waits: readonly number[]
  readonly groups: readonly number[]
}

/** Every world has a stream that never ends; now and then a single event goes into one of them. */
async function measureBusy(host: Host, names: readonly string[], pause: BenchContext['pause']): Promise<Load> {
  const streams = await Promise.all(names.map((name) => Stream.open(host, name)))
  await sleep(pause(STEADY_MS))
  const started = now()
  const before = streams.map(({ events, ends }) => ({ events, groups: ends.length }))
  const waits: number[] = []
  const singles: Single[] = []
  for (let at = 0; now() - started < pause(MEASURE_MS); at += 1) {
    const stream = streams[(at * 37) % streams.length]
    if (stream === undefined) break
    const [asked, from] = [now(), stream.height]
    const to = await host.event(stream.name, '"Tick"')
    waits.push(now() - asked)
    singles.push({ stream, from, to })
    await sleep(SINGLE_EVERY_MS)
  }
  const seconds = (now() - started) / 1000
  const grown = streams.map((stream, at) => ({
    events: stream.events - (before[at]?.events ?? 0),
    groups: stream.ends.length - (before[at]?.groups ?? 0),
  }))
  const megabytes = host.megabytes()
  await Promise.all(streams.map((stream) => stream.end()))
  const groupsOfEach = grown.map((one) => one.groups)
  return {
    megabytes,
    eventsPerSecond: grown.reduce((sum, { events }) => sum + events, 0) / seconds,
    slowestShare: Math.min(...groupsOfEach) / median(groupsOfEach),
    groupMs: (1000 * seconds) / median(groupsOfEach),
    waits,
    groups: singles.map(({ stream, from, to }) => stream.ends.filter((end) => end > from && end < to).length),
  }
}

/** An event beside a stream: the last height of the stream that was answered before, and its own. */
interface Single {
  readonly stream: Stream
  readonly from: number
  readonly to: number
}

/** A stream of events into one world, each acknowledged; the acknowledgements of a group come together. */
class Stream {
  readonly name: string
  events = 0
  /** Of each group the last height. */
  readonly ends: number[] = []
  readonly #client: ControlClient
  readonly #over: Promise<unknown>
  #isEnding = false

  private constructor(client: ControlClient, name: string) {
    this.name = name
    this.#client = client
    this.#over = client.ask({
      verb: 'event send',
      args: [COUNTER_EVENT, '@-', '--ndjson', '--acks'],
      as: 'text',
      input: this.#input(),
      out: (bytes) => {
        const lines = Buffer.from(bytes).toString().trimEnd().split('\n')
        this.events += lines.length
        const height = /"height":(\d+)/.exec(lines.at(-1) ?? '')?.[1]
        if (height !== undefined) this.ends.push(Number(height))
        return undefined
      },
    })
  }

  get height(): number {
    return this.ends.at(-1) ?? 0
  }

  static async open(host: Host, name: string): Promise<Stream> {
    return new Stream(await host.connect(name), name)
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#over
    this.#client.close()
  }

  async *#input(): AsyncGenerator<Uint8Array> {
    const message = Buffer.from('"Tick"\n'.repeat(EVENTS_A_MESSAGE))
    while (!this.#isEnding) yield message
  }
}

/** As spec/schemas says. */
interface ListedWorld {
  readonly state: string
  readonly height: number | null
}

/** A host in a process of its own. */
interface Host {
  megabytes(): number
  connect(world: string): Promise<ControlClient>
  /** The height of the event. */
  event(world: string, value: string): Promise<number>
  list(): Promise<readonly ListedWorld[]>
  /** Every world is known and sleeps. */
  untilAsleep(): Promise<void>
}

/** What is served, and how soon its worlds sleep. */
interface Served {
  readonly bench: BenchWorld
  readonly folder: string
  readonly idle: string
}

async function withHost<T>({ bench, folder, idle }: Served, body: (host: Host) => Promise<T>): Promise<T> {
  const started = await bench.command(['run', '--worlds', folder, '--idle', idle, '--detach', '--json'])
  const { data } = JSON.parse(started) as { readonly data: { readonly pid: number } } // as spec/schemas says
  try {
    return await body(makeHost(worldsFolderAt(folder), data.pid))
  } finally {
    await bench.command(['stop', '--worlds', folder])
  }
}

function makeHost(folder: WorldsFolder, pid: number): Host {
  const connect = async (world?: string): Promise<ControlClient> => {
    const client = await connectControl(folder.place, world)
    if (client === undefined) throw new Error('the host does not serve')
    return client
  }
  const list = async (): Promise<readonly ListedWorld[]> => {
    const client = await connect()
    const answer = await client.ask({ verb: 'worlds ls', args: {} })
    client.close()
    return (answer.data as { readonly worlds: readonly ListedWorld[] }).worlds // as spec/schemas says
  }
  return {
    megabytes: () => residentBytes(pid) / MEGABYTE,
    connect,
    async event(world, value) {
      const client = await connect(world)
      const answer = await client.ask({ verb: 'event send', args: [COUNTER_EVENT, value] })
      client.close()
      if (!answer.ok) throw answer.error ?? new Error('an event was refused')
      return (answer.data as { readonly height: number }).height // as spec/schemas says
    },
    list,
    async untilAsleep() {
      for (let isWaiting = true; isWaiting; await sleep(500)) {
        isWaiting = (await list()).some(({ state, height }) => state !== 'asleep' || height === null)
      }
    },
  }
}
