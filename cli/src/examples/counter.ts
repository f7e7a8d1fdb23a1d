/** 00-counter: start at three, three ticks, done. */
import { formatJson, parseJson } from '@aos/air'
import { localPrincipal, readCellView, readMoment, valueFromText } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { Example, ExampleWork } from './example.ts'

const REDUCER = 'demo/CounterSM@1'
const EVENT = 'demo/CounterEvent@1'
const VALUES: readonly string[] = ['{"Start":{"target":3}}', '{"Tick":null}', '{"Tick":null}', '{"Tick":null}']
const DONE = '{"pc":{"Done":null},"remaining":0}'

export const counterExample: Example = { name: '00-counter', begin: () => Promise.resolve(COUNTER) }

const COUNTER: ExampleWork = {
  async feed({ host }) {
    const started = performance.now()
    for (const text of VALUES) {
      const value = valueFromText(host.definitions, EVENT, text)
      const reply = await host.send({ kind: 'event', principal: localPrincipal(), schema: EVENT, value })
      if (reply.kind === 'refused') throw reply.error
    }
    return { events: VALUES.length, seconds: (performance.now() - started) / 1000 }
  },
  async check({ host }) {
    const end = await stateAt(host, undefined)
    const wanted = formatJson(parseJson(DONE))
    return end === wanted ? undefined : `expected ${wanted}, found ${end}`
  },
  async tell({ host }) {
    const first = (host.kernel.head?.height ?? 0) - VALUES.length + 1
    const lines: string[] = []
    for (const [index, value] of VALUES.entries()) {
      lines.push(`height ${first + index}  ${value.padEnd(24)} -> ${await stateAt(host, first + index)}`)
    }
    return [...lines, 'every past state is one replay away']
  },
}

async function stateAt(host: HostWorld, height: number | undefined): Promise<string> {
  return formatJson(readCellView(await readMoment(host, height), REDUCER, undefined).state)
}
