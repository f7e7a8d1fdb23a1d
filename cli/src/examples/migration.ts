/** 13-migration: the state of a keyed reducer gets a field while 10,000 cells and 20 plans are there. */
import { formatJson, parseJson } from '@aos/air'
import { isAosError } from '@aos/cbor'
import {
  EventPipeline,
  localPrincipal,
  localSigningWorld,
  preparePatch,
  readCellView,
  proposeChange,
  readMoment,
  readOwnerKey,
  readText,
  valueFromText,
} from '@aos/host'
import type { HostWorld } from '@aos/host'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { changeWorld, prepareChange } from './change-world.ts'
import type { WorldChange } from './change-world.ts'
import type { Example, ExampleRun, ExampleWork, Fed } from './example.ts'
import { isPartOf } from './json-part.ts'
import { tellJournal } from './tell-journal.ts'

const REDUCER = 'demo/Meter@1'
const EVENT = 'demo/MeterEvent@1'
const INSPECTOR = 'demo/Inspector@1'
const CELLS = 10_000
/** Inspections that nobody has come for when the change comes into force. */
const WAITING = 20
const AIR = 'air'
/** The folder with the definitions that are proposed, and the file that says where their modules come from. */
const NEXT_AIR = `${AIR}.v2`
const NEXT_SYNC = 'aos.sync.v2.json'
/** The new schema alone. */
const WITHOUT = 'without-migration.patch.json'
const REFUSAL = 'gov.state_schema'

/** Of the ladder. */
export const migrationExample: Example = { name: '13-migration', begin: () => Promise.resolve(new Migration()) }

class Migration implements ExampleWork {
  #refused = ''
  #change: WorldChange | undefined

  async feed(run: ExampleRun): Promise<Fed> {
    const { host } = run
    const started = performance.now()
    await sendValues(run)
    const seconds = (performance.now() - started) / 1000
    for (let meter = 0; meter < WAITING; meter += 1) await send(host, EVENT, { Inspect: { meter: nameOf(meter) } })
    this.#refused = await proposeWithout(host)
    const { root } = host.folder
    cpSync(join(root, NEXT_SYNC), host.folder.syncFile)
    const change = await prepareChange(run, join(root, NEXT_AIR))
    this.#change = await changeWorld(run, change, 'keep the mean of each meter')
    for (let meter = 0; meter < WAITING; meter += 1) {
      await send(host, INSPECTOR, { meter: nameOf(meter), name: 'Ines' })
    }
    await send(host, EVENT, { Value: { meter: nameOf(CELLS - 1), value: 1 } })
    return { events: CELLS, seconds }
  }

  async check({ host }: ExampleRun): Promise<string | undefined> {
    if (this.#refused === '') return `expected ${REFUSAL} for the change without a migration`
    const tried = this.#change?.report.migrations
    if (tried?.cells !== CELLS || !tried.isWhole || tried.failed.total > 0) {
      return `expected ${CELLS} cells in the rehearsal, found ${tried?.cells ?? 0}, of which ${tried?.failed.total ?? 0} failed`
    }
    const brought = tellJournal(host).filter((line) => line.endsWith('is brought on from generation 0 to 1: ok')).length
    if (brought !== WAITING + 1) return `expected ${WAITING + 1} cells brought on, found ${brought}`
    if ([...host.kernel.listInstances()].length > 0) return 'expected that every plan has ended'
    return checkCells(host)
  }

  tell({ host }: ExampleRun): Promise<readonly string[]> {
    const journal = tellJournal(host)
    const first = journal.findIndex((line) => line.includes(`event ${INSPECTOR}`))
    const next = journal.findIndex((line, index) => index > first && /^ *\d/.test(line))
    return Promise.resolve([
      `without a migration: ${this.#refused}`,
      ...(this.#change?.lines ?? []),
      `the first of ${WAITING} plans that waited:`,
      ...journal.slice(first, next),
    ])
  }
}

async function sendValues({ host, progress }: ExampleRun): Promise<void> {
  const pipeline = new EventPipeline<number>(host, (reply) => {
    if (reply.kind === 'refused') throw reply.error
  })
  const principal = localPrincipal()
  for (let meter = 0; meter < CELLS; meter += 1) {
    const value = valueFromText(
      host.definitions,
      EVENT,
      JSON.stringify({ Value: { meter: nameOf(meter), value: meter } }),
    )
    pipeline.push({ kind: 'event', principal, schema: EVENT, value }, meter)
    const full = pipeline.room()
    if (full === undefined) continue
    await full
    progress(`${meter + 1} of ${CELLS} meters`)
  }
  await pipeline.end()
}

async function send(host: HostWorld, schema: string, json: unknown): Promise<void> {
  const value = valueFromText(host.definitions, schema, JSON.stringify(json))
  const result = await host.send({ kind: 'event', principal: localPrincipal(), schema, value })
  if (result.kind === 'refused') throw result.error
}

/** What the world says of a schema that changes alone; empty when it does not refuse. */
async function proposeWithout(host: HostWorld): Promise<string> {
  const world = localSigningWorld(host)
  const change = await preparePatch(world, parseJson(readText(join(host.folder.root, WITHOUT))))
  try {
    await proposeChange(world, change, { key: readOwnerKey(host.keyFolder) })
    return ''
  } catch (error) {
    if (isAosError(error) && error.code === REFUSAL) return `${error.message} [${error.code}]`
    throw error
  }
}

/** Those that were touched are brought on for good, and any other one for whoever reads it. */
async function checkCells(host: HostWorld): Promise<string | undefined> {
  const moment = await readMoment(host, undefined)
  for (let meter = 0; meter < CELLS; meter += 1) {
    const [count, total] = meter === CELLS - 1 ? [2, meter + 1] : [1, meter]
    const inspected = meter < WAITING ? '"Ines"' : 'null'
    const mean = Math.floor(total / count)
    const wanted = `{"count":${count},"total":${total},"inspected":${inspected},"mean":${mean}}`
    const found = formatJson(readCellView(moment, REDUCER, nameOf(meter)).state)
    if (!isPartOf(parseJson(wanted), parseJson(found))) return `${nameOf(meter)}: expected ${wanted}, found ${found}`
  }
  return undefined
}

function nameOf(meter: number): string {
  return `m-${String(meter).padStart(4, '0')}`
}
