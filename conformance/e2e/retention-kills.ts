/** Commands that drop entries and remove content, killed at any moment, and what must be true afterwards. */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { formatHash, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import {
  nodeSha256,
  openWorld,
  replayJournal,
  snapshotNotes,
  valueFromText,
  verifyOpenJournal,
  worldFolderAt,
} from '@aos/host'
import type { HostWorld } from '@aos/host'
import { walkSnapshot } from '@aos/kernel'
import type { World } from '@aos/kernel'
import { verifyArchive, verifyContent } from '@aos/store'
import { collect } from './command.ts'
import type { Sandbox } from './command.ts'
import { makeCounterWorld, COUNTER } from './worlds.ts'

/** What came of all rounds. */
export interface RetentionKills {
  /** Rounds in which the command did not come to its end. */
  readonly cut: number
  /** Rounds of which the work was done all the same, or before. */
  readonly done: number
  /** Openings afterwards that began with a checkpoint. */
  readonly fromCheckpoint: number
}

export interface KillRounds {
  readonly sandbox: Sandbox
  readonly rounds: number
  readonly random: () => number
  /** Where the world is left before the command: at a snapshot, or with checkpoints behind it. */
  readonly from: 'snapshot' | 'checkpoint'
}

const SEGMENT_BYTES = 65_536
/** Events that become durable together: so many that a segment is full each round. */
const GROUPS = 6
const EVENTS_A_GROUP = 32
/** A look at the files of a command that runs. */
const LOOK_MS = 4
/** So short that a checkpoint comes soon. */
const RECOVERY_MS = 10
/** A snapshot may come instead of one. */
const TURNS_MAX = 200
/** Of idempotency keys; it makes the entries longer. */
const KEY_CHARACTERS = 200
/** So long after a sign at most. */
const LATER_MS = 30

/** Kills `aos journal compact`: each round there is a segment or two to cut, and an archive to write. */
export async function killCompactions(kills: KillRounds): Promise<RetentionKills> {
  const { sandbox } = kills
  let firstWhole = 0
  return killRounds(kills, await Grown.make(kills), {
    signs: [/^anchors\/.*tmp$/, /^anchors\/.*pack$/, /^archive-\d+\.tmp$/, /^archive-\d+$/, /\/next-.*tmp$/, /\.hdr$/],
    prepare: async (host, { world, round }) => {
      await world.grow(host, round)
      firstWhole = host.store.journal.firstWhole
      const before = String(snapshotNotes(host.store)[1]?.cut ?? 0)
      return ['journal', 'compact', '--before', before, '--archive', sandbox.path(`archive-${round}`)]
    },
    check: async (host, { world, round }) => {
      const archive = sandbox.path(`archive-${round}`)
      const isDone = host.store.journal.firstWhole > firstWhole
      if (isDone) expect(existsSync(archive), `round ${round}`).toBe(true)
      if (existsSync(archive)) {
        expect(verifyArchive(archive, { world: world.folder.store })).toMatchObject({ ok: true, isOfWorld: true })
      }
      return Promise.resolve(isDone)
    },
  })
}

/** Kills `aos blob gc`: each round there is something that nobody needs, and something more that somebody does. */
export async function killCollections(kills: KillRounds): Promise<RetentionKills> {
  const wanted: Uint8Array[] = []
  let waste: readonly Uint8Array[] = []
  return killRounds(kills, await Grown.make(kills), {
    signs: [/^packs\/.*pack$/, /\.gone$/, /^cas\//, /^journal\/.*seg$/],
    prepare: async (host, { world, round }) => {
      // One of them is a file of its own.
      waste = [...Array.from({ length: 40 }, () => bytes(3000)), bytes(300_000)]
      const value = bytes(round % 10 === 0 ? 300_000 : 3000)
      wanted.push(value)
      await host.store.content.put([value, ...waste])
      await world.grow(host, round, [nameOf(value)])
      return ['blob', 'gc']
    },
    check: async (host, { round }) => {
      for (const value of wanted)
        expect(host.store.content.get(nameOf(value))?.length, `round ${round}`).toBe(value.length)
      return Promise.resolve(waste.every((value) => !host.store.content.has(nameOf(value))))
    },
  })
}

interface Round {
  readonly world: Grown
  readonly round: number
}

interface Killed {
  /** Names of files that the command makes on its way. */
  readonly signs: readonly RegExp[]
  /** Makes something to do, and says what the command is. */
  readonly prepare: (host: HostWorld, round: Round) => Promise<readonly string[]>
  /** True when the work of this round is done. */
  readonly check: (host: HostWorld, round: Round) => Promise<boolean>
}

/** The first round is not cut short: it tells how long one takes. Each opening looks at the round before and prepares the next. */
async function killRounds(kills: KillRounds, world: Grown, { signs, prepare, check }: Killed): Promise<RetentionKills> {
  const { sandbox, rounds, random } = kills
  const report = { cut: 0, done: 0, fromCheckpoint: 0 }
  let span = 0
  let command = await world.use((host) => prepare(host, { world, round: 0 }))
  for (let round = 0; round < rounds; round += 1) {
    const sign = signs[Math.floor(random() * (signs.length + 1))]
    const moment = { sign, afterMs: random() * (sign === undefined ? span : LATER_MS) }
    const killed = await runAndKill(
      sandbox,
      [...command, '--world', world.folder.root],
      round === 0 ? undefined : moment,
    )
    if (round === 0) span = killed.ms
    if (killed.wasCut) report.cut += 1
    const isLast = round === rounds - 1
    await world.use(async (host) => {
      if (host.kernel.recovery.changes > 0) report.fromCheckpoint += 1
      if (await check(host, { world, round })) report.done += 1
      await world.expectWhole(host, { round, all: isLast || round % 10 === 0 })
      if (!isLast) command = await prepare(host, { world, round: round + 1 })
    })
    if (round % 10 === 0 || isLast) expect(await verifyContent(world.folder.store)).toMatchObject({ ok: true })
  }
  return report
}

function bytes(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length))
}

function nameOf(value: Uint8Array): Hash {
  return formatHash(sha256(nodeSha256, value))
}

/** When a command is killed: when a new file shows how far it is, or after a time, and then a little later. */
interface Moment {
  readonly sign: RegExp | undefined
  readonly afterMs: number
}

/** Without a moment it runs to its end. */
async function runAndKill(
  sandbox: Sandbox,
  args: readonly string[],
  moment: Moment | undefined,
): Promise<{ readonly ms: number; readonly wasCut: boolean }> {
  const started = performance.now()
  const before = new Set(namesIn(sandbox))
  const child = sandbox.start(args)
  child.stdin?.end()
  const ended = collect(child)
  if (moment !== undefined) {
    const { sign, afterMs } = moment
    const isTime = (): boolean =>
      sign === undefined || namesIn(sandbox).some((name) => sign.test(name) && !before.has(name))
    while (child.exitCode === null && !isTime()) await sleep(LOOK_MS)
    await Promise.race([sleep(afterMs).then(() => child.kill('SIGKILL')), ended])
  }
  const { code, stderr } = await ended
  // By a signal, or well.
  expect([0, 128], stderr).toContain(code)
  return { ms: performance.now() - started, wasCut: code !== 0 }
}

/** Of the files beside the world, and of those in its store. */
function namesIn({ folder }: Sandbox): readonly string[] {
  const store = 'counter/.aos/world'
  const inside = STORE_FOLDERS.flatMap((name) => listed(join(folder, store, name)).map((file) => `${name}/${file}`))
  return [...listed(folder), ...inside]
}

const STORE_FOLDERS = ['anchors', 'cas', 'journal', 'packs'] as const

function listed(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** A counter world that gets more events and a snapshot every round, and what was promised of it. */
class Grown {
  readonly folder: ReturnType<typeof worldFolderAt>
  readonly #keys: string
  readonly #from: KillRounds['from']
  readonly #heights = new Map<string, number>()

  private constructor(root: string, keys: string, from: KillRounds['from']) {
    this.folder = worldFolderAt(root)
    this.#keys = keys
    this.#from = from
  }

  static async make({ sandbox, from }: KillRounds): Promise<Grown> {
    const settings = { segment_bytes: SEGMENT_BYTES, ...(from === 'checkpoint' ? { recovery_ms: RECOVERY_MS } : {}) }
    const root = await makeCounterWorld(sandbox, { settings })
    const world = new Grown(root, sandbox.path('keys'), from)
    await world.use((host) => {
      host.submit(event(host, { value: '{"Start":{"target":1000000}}' }))
      return world.grow(host, -1)
    })
    return world
  }

  async use<T>(work: (host: HostWorld) => Promise<T>): Promise<T> {
    const host = await openWorld(this.folder, { environment: { AOS_KEY_DIR: this.#keys }, lockWaitMs: 5000 })
    try {
      return await work(host)
    } finally {
      await host.close()
    }
  }

  async grow(host: HostWorld, round: number, blobs: readonly Hash[] = []): Promise<void> {
    for (let group = 0; group < GROUPS; group += 1) {
      for (let number = 0; number < EVENTS_A_GROUP; number += 1) {
        const key = `${round} ${group} ${number}`.padEnd(KEY_CHARACTERS)
        const result = host.submit({ ...event(host, { key }), ...(group + number === 0 ? { blobs } : {}) })
        if (result.kind === 'accepted') this.#heights.set(key, result.height)
      }
      host.flush()
      await host.durable()
    }
    await host.createSnapshot()
    if (this.#from === 'checkpoint') await this.#takeCheckpoint(host)
  }

  /** Plain events until there is one, and a few behind it. */
  async #takeCheckpoint(host: HostWorld): Promise<void> {
    for (let turns = 0; turns < TURNS_MAX && host.kernel.recovery.changes === 0; turns += 1) {
      for (let number = 0; number < EVENTS_A_GROUP; number += 1) host.submit(event(host, {}))
      host.flush()
      await host.durable()
      await nextTurn()
    }
    host.submit(event(host, {}))
  }

  /** Both snapshots can be read, and what came behind the older one derived; `all`: from wherever a replay may begin, it verifies, and has every event where it was. */
  async expectWhole(host: HostWorld, { round, all }: { readonly round: number; readonly all: boolean }): Promise<void> {
    const { journal, snapshotNotes: notes } = host.store
    const [newest, older] = notes.list()
    for (const from of [newest, older])
      if (from !== undefined) for (const _ of walkSnapshot({ get: host.readContent }, from.root)) continue
    const starts = all ? [newest, older, ...(journal.firstWhole === 0 ? [undefined] : [])] : [older]
    for (const from of starts) {
      const report = replayJournal(host, { to: undefined, verify: true, from, onProgress: () => undefined })
      expect(report, `round ${round}`).toMatchObject({ ok: true, root: host.store.logHead().root })
      expect(stateOf(report.kernel), `round ${round}`).toEqual(stateOf(host.kernel))
    }
    if (all) expect(await verifyOpenJournal(host, () => undefined), `round ${round}`).toMatchObject({ ok: true })
    const events = [...this.#heights].slice(all ? 0 : -GROUPS * EVENTS_A_GROUP)
    const found = events.map(([key]) => host.submit(event(host, { key })))
    expect(found).toEqual(events.map(([, height]) => ({ kind: 'duplicate', height })))
  }
}

type Event = Extract<Parameters<HostWorld['submit']>[0], { readonly kind: 'event' }>

function event(host: HostWorld, { value: text, key }: { readonly value?: string; readonly key?: string }): Event {
  const value = valueFromText(host.definitions, COUNTER.event, text ?? '{"Tick":null}')
  const plain = { kind: 'event', principal: 'local:test', schema: COUNTER.event, value } as const
  return key === undefined ? plain : { ...plain, idempotencyKey: key }
}

function stateOf(kernel: World): unknown {
  return [kernel.head, kernel.lastCut, kernel.readCell(COUNTER.reducer, undefined), kernel.keys]
}
