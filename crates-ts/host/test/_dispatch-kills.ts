/** Lives of a host that are ended by kill -9, one after the other on one world, and what must be true at the end. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonNumber } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { replayJournal, verifyOpenJournal } from '../src/index.ts'
import type { EntryView } from '../src/index.ts'
import { entriesOf, pushedEffectWorld } from './_effect-world.ts'
import type { EffectWorld, TestKind } from './_effect-world.ts'

/** One life: what it asks for, and where it dies. */
export interface Life {
  readonly kind: TestKind
  readonly point: string
}

/** What became of the effect of one life. */
export interface LifeReport extends Life {
  /** Calls that an adapter saw. */
  readonly calls: number
  /** Of the one receipt. */
  readonly status: string
}

/** Everything about a world whose host died again and again. */
export interface KillReport {
  readonly lives: readonly LifeReport[]
  /** Instances that did not finish, intents that have no receipt. */
  readonly open: number
  readonly verified: boolean
  readonly killed: number
}

const READ_ONLY = { to: undefined, verify: true, onProgress: (): void => undefined }

/** Every life on the world that the one before left; then one that is not killed. */
export async function runLives(script: string, lives: readonly Life[]): Promise<KillReport> {
  const world = await pushedEffectWorld()
  try {
    const calls = join(world.folder.root, '..', 'calls')
    const child = (...args: readonly string[]): Promise<string> =>
      run([script, world.folder.root, world.keys, calls, ...args])
    let killed = 0
    for (const [n, { kind, point }] of lives.entries()) {
      if ((await child(kind, String(n), point)) === 'SIGKILL') killed += 1
    }
    await child('', '0', 'never')
    return { ...(await inspect(world, lives, readFileSync(calls, 'utf8'))), killed }
  } finally {
    world.remove()
  }
}

/** How it ended: the signal, or `done`. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.on('close', (code, signal) => {
      if (signal !== null) resolve(signal)
      else if (code === 0) resolve('done')
      else reject(new Error(`the host ended by itself: ${errors}`))
    })
  })
}

async function inspect(world: EffectWorld, lives: readonly Life[], calls: string): Promise<Omit<KillReport, 'killed'>> {
  const host = await world.open()
  try {
    const intents = [...host.kernel.listIntents()].length + [...host.kernel.listInstances()].length
    const verdict = await verifyOpenJournal(host, () => undefined)
    const replay = replayJournal(host, READ_ONLY)
    const entries = entriesOf(host)
    const asked = entries.flatMap(({ derived }) => derived.filter(({ item }) => item === 'intent'))
    const events = entries.filter(({ kind }) => kind === 'event')
    const reports = asked.map((intent, index) => {
      const hash = String(intent['intent'])
      const receipts = entries.filter(({ receipt }) => receipt?.intent === hash)
      const n = numberOf(events[index]?.value)
      const life = lives[n]
      if (life === undefined) throw new Error(`there is no life ${n}`)
      const made = calls.split('\n').filter((line) => line.includes(hash.slice('sha256:'.length)))
      return { ...life, calls: made.length, status: receipts.map(({ receipt }) => receipt?.status).join() }
    })
    return { lives: reports, open: intents, verified: verdict.ok && replay.firstDifference === undefined }
  } finally {
    await host.close()
  }
}

/** The `n` of an event. */
function numberOf(value: EntryView['value']): number {
  const node: JsonNode | undefined = value instanceof Map ? value.get('n') : undefined
  return isJsonNumber(node) ? Number(node.text) : -1
}
