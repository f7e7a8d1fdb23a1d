/** Examples that are told by a file: a world, a server for its effects, and what happens (`story.json`). */
import { makeBlobAdapter, makeHttpAdapter, makeLlmAdapter } from '@aos/adapters'
import type { Adapter } from '@aos/adapters'
import { formatJson, parseJson } from '@aos/air'
import { AosError, hashBytes, isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import {
  createEffectsHost,
  makeHostAdapter,
  listFiles,
  localPrincipal,
  ownerPrincipal,
  readBytes,
  readCellView,
  readMoment,
  readOwnerKey,
  readText,
  signApproval,
  valueFromText,
  writeWhole,
} from '@aos/host'
import type { EffectsHost, HostWorld } from '@aos/host'
import type { IntentReport, TurnResult } from '@aos/kernel'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Example, ExampleRun, ExampleWork, Fed } from './example.ts'
import { isPartOf } from './json-part.ts'
import { startLocalServer } from './local-server.ts'
import type { LocalServer } from './local-server.ts'
import { parseStory, withPort } from './story.ts'
import type { Story, StoryStep } from './story.ts'
import { tellJournal } from './tell-journal.ts'

const STORY_FILE = 'story.json'
const QUIET_MS_MAX = 20_000
const BLOB_BYTES_SHOWN = 200
/** How long an approval of the story is good, of the world's time. */
const APPROVAL_NS = 3_600_000_000_000n

/** An example with a `story.json` in its folder. */
export function storyExample(name: string): Example {
  return {
    name,
    async begin({ source, world }) {
      const text = readText(join(source, STORY_FILE))
      const { server: routes } = parseStory(text)
      // It names what must not be in the world folder.
      rmSync(join(world, STORY_FILE), { force: true })
      if (routes.length === 0) return new StoryWork(parseStory(text), undefined)
      const server = await startLocalServer(routes)
      const files = [...listFiles(join(world, 'air'), '.json')]
      for (const file of files) writeWhole(file, withPort(readText(file), server.port))
      return new StoryWork(parseStory(withPort(text, server.port)), server)
    },
  }
}

class StoryWork implements ExampleWork {
  readonly #story: Story
  readonly #server: LocalServer | undefined

  constructor(story: Story, server: LocalServer | undefined) {
    this.#story = story
    this.#server = server
  }

  async feed({ host, progress }: ExampleRun): Promise<Fed> {
    const { steps, environment, providers } = this.#story
    const started = performance.now()
    const adapters: readonly Adapter[] = [
      makeHttpAdapter(),
      makeBlobAdapter(),
      makeLlmAdapter({ providers }),
      makeHostAdapter({ host, steps: (signal) => ({ signal }) }),
    ]
    const effects = createEffectsHost(host, { adapters, environment })
    await effects.start()
    try {
      for (const step of steps) {
        const result = await perform(host, step)
        if (result.kind === 'refused') throw result.error
        progress(`${step.kind}, then its effects`)
        await settle(effects, step)
      }
    } finally {
      await effects.stop()
      for (const adapter of adapters) await adapter.close()
    }
    const events = steps.filter(({ kind }) => kind === 'send').length
    return { events, seconds: (performance.now() - started) / 1000 }
  }

  async check({ host }: ExampleRun): Promise<string | undefined> {
    const moment = await readMoment(host, undefined)
    for (const { reducer, key, state } of this.#story.end) {
      const found = formatJson(readCellView(moment, reducer, key).state)
      const wanted = JSON.stringify(state)
      if (!isPartOf(parseJson(wanted), parseJson(found))) return `${reducer}: expected ${wanted} in ${found}`
    }
    const answered = this.#server?.answered ?? []
    const wanted = this.#story.answered
    if (wanted.length > 0 && answered.join() !== wanted.join()) {
      return `the server should have answered ${wanted.join(', ')}, and answered ${answered.join(', ')}`
    }
    return this.#findSecret(host)
  }

  async tell({ host }: ExampleRun): Promise<readonly string[]> {
    const moment = await readMoment(host, undefined)
    const ends = this.#story.end.flatMap(({ reducer, key }) => {
      const cell = key === undefined ? reducer : `${reducer} ${key}`
      const state = formatJson(readCellView(moment, reducer, key).state)
      return [`${cell}: ${state}`, ...tellBlobs(host, state)]
    })
    const secrets = Object.keys(this.#story.environment)
    return [
      ...tellJournal(host),
      ...ends,
      ...secrets.map((name) => `the value of ${name} is nowhere in the world folder`),
    ]
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }

  /** The first file that holds the value of a secret. */
  #findSecret(host: HostWorld): string | undefined {
    for (const [name, value] of Object.entries(this.#story.environment)) {
      for (const file of listFiles(host.folder.root, '')) {
        if (Buffer.from(readBytes(file)).includes(value)) return `${file} holds the value of ${name}`
      }
    }
    return undefined
  }
}

/** What is behind the hashes of a state, where it is a short text. */
function tellBlobs(host: HostWorld, state: string): readonly string[] {
  const hashes = new Set(state.match(/sha256:[0-9a-f]{64}/g))
  return [...hashes].flatMap((text) => {
    const bytes = isHash(text) ? host.store.content.get(text) : undefined
    if (bytes === undefined || bytes.length > BLOB_BYTES_SHOWN) return []
    return [`  ${text.slice(0, 15)}… is ${JSON.stringify(Buffer.from(bytes).toString('utf8'))}`]
  })
}

function perform(host: HostWorld, step: StoryStep): Promise<TurnResult> {
  switch (step.kind) {
    case 'send': {
      const { schema } = step
      const value = valueFromText(host.definitions, schema, step.value)
      return host.send({ kind: 'event', principal: localPrincipal(), schema, value })
    }
    case 'advance':
      return host.setClock(step.toNs)
    default:
      return answer(host, needParked(host, step.effectKind), step.kind)
  }
}

function needParked(host: HostWorld, effectKind: string): IntentReport {
  for (const intent of host.kernel.listIntents()) {
    if (intent.status === 'parked' && intent.effectKind === effectKind) return intent
  }
  throw new AosError('cli.bad_story', `no ${effectKind} waits for an approval`)
}

/** The owner's signed answer to an intent that waits for one. */
function answer(host: HostWorld, intent: IntentReport, decision: 'approve' | 'reject'): Promise<TurnResult> {
  const owner = readOwnerKey(host.keyFolder)
  const approval = {
    world: host.id,
    intentHash: hashBytes(intent.hash),
    manifest: hashBytes(needManifest(host)),
    decision,
    expiresNs: host.kernel.time.logicalNowNs + APPROVAL_NS,
  }
  return host.send({
    kind: 'approval',
    principal: ownerPrincipal(owner),
    approval,
    auth: [signApproval(owner, approval)],
  })
}

function needManifest(host: HostWorld): Hash {
  const { manifestHash } = host.kernel
  if (manifestHash === undefined) throw new AosError('host.no_genesis', 'the world has no genesis yet')
  return manifestHash
}

async function settle(effects: EffectsHost, step: StoryStep): Promise<void> {
  const state = await effects.quiet({ timeoutMs: QUIET_MS_MAX })
  if (state === 'quiet') return
  throw new AosError(
    'cli.bad_story',
    `effects are still under way ${QUIET_MS_MAX / 1000} s after the step ${step.kind}`,
  )
}
