/**
 * One world on one simulated machine, crashed again and again; whatever the store has promised must hold after each
 * crash (spec/07-journal.md, "Conformance of a driver").
 */
import { dirname } from 'node:path'
import { isAosError } from '@aos/cbor'
import { verifyArchive } from '../../verify-archive.ts'
import { verifyContent } from '../../verify-content.ts'
import { verifyJournal } from '../../verify.ts'
import type { WorldStore } from '../../world-store.ts'
import { sha256Latin1 } from '../../node-sha256.ts'
import { SimulatedMachine } from '../machine/machine.ts'
import type { Random } from '../machine/random.ts'
import type { Outcome } from '../machine/scheduler.ts'
import { CrashWorkload, type Ending, type LostRequest } from './crash-workload.ts'
import { BrokenPromise, ExpectedWorld, must } from './expected-world.ts'
import { SIMULATED_WORLD, openSimulated, type OpenSimulated } from './open-simulated.ts'
import { checkRotten } from './rot.ts'

const LIVES_MAX = 5
/** Room for two groups of one page, and for six: then two appends in flight often go to one segment. */
const SEGMENT_SIZES: readonly number[] = [16_384, 16_384, 32_768]
/** Steps of calls that change something. */
const CHANGES = /^(write|put|truncate|sync|rename|remove|openKeyValue)/
/** Steps of writing segments; a file is called as it was when it was opened. */
const JOURNAL_WRITES = /^write (next-|\d+\.seg)/
/** Steps of a compaction. */
const COMPACTING = /^(write|sync) .*headers\.tmp|\.hdr|^remove \d+\.seg/
/** Steps of a sweep that change names or the index. */
const SWEEPING = /\.gone|^syncFolder packs|^write cas/
/** Its last steps. */
const DROPPING = /\.hdr|^remove \d+\.seg/
/** Every so many seeds each orderly close seals the last segment. */
const SEALING_SEEDS = 3
const TRACE_KEPT = 200

/** Where a life may be crashed. */
type CrashPlan = 'nowhere' | 'anything' | 'changes' | 'appending' | 'compacting' | 'dropping' | 'sweeping'

/** What is drawn from. Some seeds dwell on what takes only a few steps. */
const PLANS: readonly (readonly CrashPlan[])[] = [
  ['nowhere', 'anything', 'anything', 'changes', 'changes', 'appending', 'appending', 'compacting', 'sweeping'],
  ['nowhere', 'changes', 'appending', 'appending', 'compacting', 'dropping', 'dropping', 'dropping'],
  ['nowhere', 'anything', 'changes', 'appending', 'sweeping', 'sweeping', 'sweeping', 'sweeping'],
]

/** What one seed came to: how much happened, and whether every promise held. */
export interface CrashReport {
  readonly seed: number
  /** Crashes by power loss and by the end of the program alone. */
  readonly crashes: number
  readonly faults: number
  /** Openings that succeeded. */
  readonly openings: number
  /** Entries that stand at the end. */
  readonly entries: number
  readonly steps: number
  /** The promise that was broken, and the last steps before; undefined when all held. */
  readonly failure: { readonly what: string; readonly trace: readonly string[] } | undefined
}

/** Runs one seed. The same seed and the same store give the same report. */
export async function runCrash(seed: number, open: OpenSimulated = openSimulated): Promise<CrashReport> {
  const run = new CrashRun(seed, open)
  let what: string | undefined
  try {
    await run.all()
  } catch (error) {
    what =
      error instanceof Error && !isAosError(error) && !(error instanceof BrokenPromise) ? error.stack : String(error)
  }
  const { crashes, openings, machine, world } = run
  const failure = what === undefined ? undefined : { what, trace: machine.scheduler.trace.slice(-TRACE_KEPT) }
  const { steps } = machine.scheduler
  return { seed, crashes, openings, faults: machine.faults.happened, entries: world.entries.length, steps, failure }
}

class CrashRun {
  crashes = 0
  openings = 0
  readonly machine: SimulatedMachine
  readonly world = new ExpectedWorld()
  readonly #open: (options: { readonly readOnly: boolean }) => Promise<WorldStore>
  readonly #random: Random
  readonly #plans: readonly CrashPlan[]
  #life = 0
  #faultsBefore = 0
  /** What the life ends with. */
  #ending: Ending | undefined

  constructor(seed: number, open: OpenSimulated) {
    this.machine = new SimulatedMachine(seed)
    this.machine.makeOldFolder(dirname(SIMULATED_WORLD))
    this.#random = this.machine.random
    this.#plans = this.#random.pick(PLANS)
    const segmentBytes = this.#random.pick(SEGMENT_SIZES)
    const sealed = seed % SEALING_SEEDS === 0 ? { sealedBytes: 0 } : {}
    this.#open = ({ readOnly }) => open(this.machine.ports(), { readOnly, segmentBytes, ...sealed })
  }

  async all(): Promise<void> {
    const random = this.#random
    for (let lives = random.between(2, LIVES_MAX); lives > 0; lives -= 1) {
      this.#planFaults()
      this.#planCrash()
      if (random.chance(0.1)) await this.#liveReadOnly()
      else await this.#live()
      this.machine.faults.clear()
      this.machine.crashNever()
    }
    if (random.chance(0.5)) this.#crash()
    await this.#live()
    this.#crash()
    await this.#live({ isLast: true })
    must(this.world.entries.length > 0, 'the world could not go on')
    await this.#verifyContent()
    if (random.chance(0.3)) await checkRotten(this.machine, this.world, () => this.#open({ readOnly: false }))
  }

  #planCrash(): void {
    const random = this.#random
    const kind = random.chance(0.2) ? 'kill' : 'power'
    const plan = random.pick(this.#plans)
    this.#ending =
      plan === 'sweeping' ? 'sweep' : plan === 'compacting' || plan === 'dropping' ? 'compaction' : undefined
    const crashIn = (stepsMax: number, counts: RegExp): void => {
      this.machine.crashIn(random.between(1, stepsMax), { kind, counts })
    }
    if (plan === 'anything') crashIn(300, /./)
    else if (plan === 'changes') crashIn(60, CHANGES)
    else if (plan === 'appending') crashIn(30, JOURNAL_WRITES)
    else if (plan === 'compacting') crashIn(20, COMPACTING)
    else if (plan === 'dropping') crashIn(6, DROPPING)
    else if (plan === 'sweeping') crashIn(12, SWEEPING)
  }

  #planFaults(): void {
    const { faults, usedBytes } = this.machine
    const random = this.#random
    if (random.chance(0.7)) return
    const kind = random.below(3)
    if (kind === 0) faults.capacity = usedBytes + random.below(40_000)
    else if (kind === 1) faults.readIn = random.between(1, 40)
    else faults.syncIn = random.between(1, 25)
  }

  #crash(): void {
    this.machine.crash('power')
    this.crashes += 1
  }

  /** Opening, work and closing; ends early at a crash or a fault. */
  async #live(options: { readonly isLast?: boolean } = {}): Promise<void> {
    const { machine, world } = this
    const { life } = machine.scheduler
    this.#life += 1
    this.#faultsBefore = machine.faults.happened
    const [group] = world.unanswered
    const lost: LostRequest | undefined = group === undefined ? undefined : { group, expected: world.head }
    const store = this.#ended(await machine.run(() => this.#open({ readOnly: false })), 'opening')
    if (store === undefined) {
      this.#checkClosed()
      return
    }
    this.openings += 1
    const opened = this.#ended(await machine.run(async () => (world.checkOpened(store), true)), 'reading')
    if (opened === true) {
      this.#verify()
      const work = new CrashWorkload(store, world, this.#random, String(this.#life))
      const isLast = options.isLast === true
      this.#ended(
        await machine.run(() => (isLast ? work.appendAcknowledged() : work.run(lost, this.#ending))),
        'working',
      )
    }
    if (machine.scheduler.life === life) await this.#close(store)
  }

  /** An opening for reading: everything that must stand can be read, and no byte changes. */
  async #liveReadOnly(): Promise<void> {
    const { machine, world } = this
    const { life } = machine.scheduler
    this.#faultsBefore = machine.faults.happened
    const before = fingerprint(machine)
    const outcome = await machine.run(() => this.#open({ readOnly: true }))
    const isAbsent = outcome.kind === 'failed' && isAosError(outcome.error) && outcome.error.code === 'store.not_found'
    if (isAbsent && world.epoch === 0) return
    const store = this.#ended(outcome, 'opening for reading')
    if (store === undefined) {
      this.#checkClosed()
      return
    }
    const read = machine.run(async () => {
      world.checkRange(store, 0, world.entries.length - 1)
    })
    this.#ended(await read, 'reading')
    if (machine.scheduler.life !== life) return
    await this.#close(store)
    if (machine.scheduler.life === life) must(fingerprint(machine) === before, 'an opening for reading changed bytes')
  }

  async #close(store: WorldStore): Promise<void> {
    this.#ended(await this.machine.run(() => store.close()), 'closing')
    this.#checkClosed()
  }

  #checkClosed(): void {
    const { openFiles, breaches } = this.machine
    must(openFiles.size === 0, `files are left open: ${[...openFiles].map(({ path }) => path).join(', ')}`)
    must(breaches.length === 0, breaches.join('; '))
  }

  #verify(): void {
    const { ok, entries, firstDifference } = verifyJournal(SIMULATED_WORLD, this.machine.inspect())
    must(ok, `an opened world does not verify: ${JSON.stringify(firstDifference)}`)
    must(entries === this.world.entries.length, `verification counts ${entries} entries`)
    for (const path of this.world.archives) this.#verifyArchive(path)
  }

  #verifyArchive(path: string): void {
    must(this.machine.files().includes(path), `the archive ${path} is lost`)
    const { ok, firstDifference } = verifyArchive(path, { disk: this.machine.inspect(), world: SIMULATED_WORLD })
    must(ok, `the archive ${path} does not verify: ${JSON.stringify(firstDifference)}`)
  }

  async #verifyContent(): Promise<void> {
    const { machine } = this
    const verified = await machine.run(() => verifyContent(SIMULATED_WORLD, machine.ports()))
    const verdict = this.#ended(verified, 'verifying content')
    must(verdict?.ok === true, `content does not verify: ${JSON.stringify(verdict?.problems)}`)
  }

  /** The value, or undefined when the life is over. Power loss alone explains no failure; a fault explains some. */
  #ended<T>(outcome: Outcome<T>, doing: string): T | undefined {
    switch (outcome.kind) {
      case 'done':
        return outcome.value
      case 'crashed':
        this.crashes += 1
        return undefined
      case 'stuck':
        throw new BrokenPromise(`${doing} hangs`)
      case 'failed': {
        const { error } = outcome
        if (error instanceof BrokenPromise || !isAosError(error)) throw error
        const isFault = this.machine.faults.happened > this.#faultsBefore
        if (isFault && FAULT_CODES.includes(error.code)) return undefined
        throw new BrokenPromise(`${doing}: ${error.code}: ${error.message}`)
      }
    }
  }
}

const FAULT_CODES: readonly string[] = ['store.failed', 'store.no_space']

/** All bytes of all files, as programs see them. */
function fingerprint(machine: SimulatedMachine): string {
  const disk = machine.inspect()
  const parts = machine.files().map((path) => {
    const file = disk.open(path, 'read')
    const bytes = new Uint8Array(file.size())
    file.read(bytes, 0)
    return `${path} ${sha256Latin1(bytes)}`
  })
  return parts.join('\n')
}
