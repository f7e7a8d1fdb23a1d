/** 06-safe-upgrade: a plan gets a step and a grant while calls of the plan before are under way. */
import { makeHttpAdapter } from '@aos/adapters'
import { formatJson, parseJson } from '@aos/air'
import { AosError } from '@aos/cbor'
import {
  createEffectsHost,
  listFiles,
  localPrincipal,
  readCellView,
  readMoment,
  readText,
  valueFromText,
  writeWhole,
} from '@aos/host'
import type { EffectsHost, HostWorld } from '@aos/host'
import { join } from 'node:path'
import { changeWorld, prepareChange } from './change-world.ts'
import type { WorldChange } from './change-world.ts'
import type { Example, ExampleRun, ExampleWork, Fed } from './example.ts'
import { isPartOf } from './json-part.ts'
import { startLocalServer } from './local-server.ts'
import type { LocalServer, Route } from './local-server.ts'
import { withPort } from './story.ts'
import { tellJournal } from './tell-journal.ts'

const REDUCER = 'demo/Order@1'
const EVENT = 'demo/OrderEvent@1'
const AIR = 'air'
/** The folder with the definitions that are proposed. */
const NEXT_AIR = `${AIR}.v2`
const QUIET_MS_MAX = 20_000
/** Done before the change, asked for before it and answered behind it, and begun behind it. */
const BEFORE = 'A-1'
const ACROSS: readonly string[] = ['A-2', 'A-3']
const BEHIND = 'A-4'
/** What the server waits for before it answers those that the change finds under way. */
const RELEASE = '/release'

/** Of the ladder. */
export const safeUpgradeExample: Example = {
  name: '06-safe-upgrade',
  async begin({ world }) {
    const server = await startLocalServer(routes())
    for (const folder of [AIR, NEXT_AIR]) {
      for (const file of listFiles(join(world, folder), '.json'))
        writeWhole(file, withPort(readText(file), server.port))
    }
    return new SafeUpgrade(server)
  },
}

function routes(): readonly Route[] {
  const route = (method: string, path: string, after: readonly string[] = []): Route => {
    return { method, path, status: 200, body: '{"cents":4200}', wants: new Map(), after }
  }
  return [
    route('POST', RELEASE),
    ...[BEFORE, BEHIND].map((id) => route('GET', `/prices/${id}`)),
    ...ACROSS.map((id) => route('GET', `/prices/${id}`, [`POST ${RELEASE}`])),
    ...[BEFORE, ...ACROSS, BEHIND].map((id) => route('POST', `/news/${id}`)),
  ]
}

class SafeUpgrade implements ExampleWork {
  readonly #server: LocalServer
  #change: WorldChange | undefined

  constructor(server: LocalServer) {
    this.#server = server
  }

  async feed(run: ExampleRun): Promise<Fed> {
    const { host } = run
    const started = performance.now()
    const http = makeHttpAdapter()
    const effects = createEffectsHost(host, { adapters: [http], environment: {} })
    await effects.start()
    try {
      await this.#order(host, BEFORE)
      await settle(effects)
      for (const id of ACROSS) await this.#order(host, id)
      const change = await prepareChange(run, join(host.folder.root, NEXT_AIR))
      this.#change = await changeWorld(run, change, 'announce each price')
      await fetch(`${this.#url}${RELEASE}`, { method: 'POST' })
      await settle(effects)
      await this.#order(host, BEHIND)
      await settle(effects)
    } finally {
      await effects.stop()
      await http.close()
    }
    return { events: 2 + ACROSS.length, seconds: (performance.now() - started) / 1000 }
  }

  async check({ host }: ExampleRun): Promise<string | undefined> {
    const moment = await readMoment(host, undefined)
    for (const id of [BEFORE, ...ACROSS, BEHIND]) {
      const wanted = `{"phase":{"Known":null},"status":200,"announced":${id === BEHIND}}`
      const found = formatJson(readCellView(moment, REDUCER, id).state)
      if (!isPartOf(parseJson(wanted), parseJson(found))) return `${id}: expected ${wanted}, found ${found}`
    }
    const prices = [BEFORE, ...ACROSS, BEHIND].map((id) => `GET /prices/${id}`)
    const wanted = [...prices, `POST ${RELEASE}`, `POST /news/${BEHIND}`].toSorted().join(', ')
    const answered = this.#server.answered.toSorted().join(', ')
    if (answered !== wanted) return `the server should have answered ${wanted}, and answered ${answered}`
    return this.#checkReport()
  }

  tell({ host }: ExampleRun): Promise<readonly string[]> {
    return Promise.resolve([...(this.#change?.lines ?? []), 'and the whole journal:', ...tellJournal(host)])
  }

  async close(): Promise<void> {
    await this.#server.close()
  }

  /** The run has to find that the order which is done would have been announced too, and nobody is cut off. */
  #checkReport(): string | undefined {
    const report = this.#change?.report
    const appearing = report?.appearing.items.map(({ effectKind }) => effectKind).join()
    if (report?.authority.verdict !== 'widens')
      return `expected that it widens, found ${report?.authority.verdict ?? ''}`
    if (appearing !== 'http.request') return `expected one http.request more, found ${appearing ?? ''}`
    return report.inFlight.total === 0 ? undefined : `expected no call cut off, found ${report.inFlight.total}`
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#server.port}`
  }

  async #order(host: HostWorld, id: string): Promise<void> {
    const text = JSON.stringify({ Order: { id, shop_url: this.#url } })
    const value = valueFromText(host.definitions, EVENT, text)
    const result = await host.send({ kind: 'event', principal: localPrincipal(), schema: EVENT, value })
    if (result.kind === 'refused') throw result.error
  }
}

async function settle(effects: EffectsHost): Promise<void> {
  if ((await effects.quiet({ timeoutMs: QUIET_MS_MAX })) === 'quiet') return
  throw new AosError('cli.bad_story', `effects are still under way after ${QUIET_MS_MAX / 1000} s`)
}
