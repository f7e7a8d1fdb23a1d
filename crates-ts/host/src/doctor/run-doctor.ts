/** `aos doctor`: looks at everything that a world depends on, and says what is wrong and what to do. Changes nothing. */
import { engineDigest } from '../engine.ts'
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { OpenedStore } from '../host-world.ts'
import { resolveKeyFolder } from '../keys/key-folder.ts'
import type { KeyEnvironment } from '../keys/key-folder.ts'
import { makeContentReader, openFolder } from '../open-world.ts'
import { readSettings } from '../settings.ts'
import type { HostSettings } from '../settings.ts'
import type { WorldFolder } from '../world-folder.ts'
import { checkInStep, checkSources } from './folder-in-step.ts'
import type { FindBuilt } from './folder-in-step.ts'
import type { RunWorldFile } from '../push/world-file.ts'
import { CheckpointFolder } from '../checkpoints/checkpoint-folder.ts'
import { checkCheckpoints } from './checkpoints.ts'
import { checkKeys } from './keys.ts'
import { failedWith, passed, warned } from './report.ts'
import type { Check, DoctorReport } from './report.ts'
import {
  checkClock,
  checkContent,
  checkDefinitions,
  checkEngine,
  checkEntries,
  checkJournalBytes,
  checkQuarantine,
  describeStore,
  visitStore,
} from './store.ts'
import { checkCompiler, checkDisk, checkNode, checkRelease, checkTempFolder } from './surroundings.ts'
import type { Surroundings } from './surroundings.ts'
import { readWorldFacts } from './world-facts.ts'

/** What the doctor needs; nothing is taken from the surroundings without being named here. */
export interface DoctorOptions {
  /** Undefined outside of a world. */
  readonly folder: WorldFolder | undefined
  /** Where the command runs. */
  readonly cwd: string
  readonly environment: KeyEnvironment
  readonly machine: Surroundings
  /** Version of the command. */
  readonly release: string
  /** Digests of the engines of this release. */
  readonly engines: readonly Hash[]
  /** Version of the compiler; throws when it is not there. */
  readonly compiler: () => Promise<string>
  readonly findBuilt: FindBuilt
  readonly runWorldFile: RunWorldFile
  /** Reads every byte and derives everything again. */
  readonly full: boolean
  /** How long to wait for another process that has the world open for a moment. */
  readonly lockWaitMs: number
  readonly onProgress: (line: string) => void
  /** Of the world, when this process has it open; it stays open. What needs a closed one is then left out. */
  readonly store?: OpenedStore | undefined
}

/** Throws only for what no check expects: a defect, or a file system that fails in the middle. */
export async function runDoctor(options: DoctorOptions): Promise<DoctorReport> {
  const { machine } = options
  const checks: Check[] = [
    checkRelease(options.release, engineDigest(), machine),
    checkNode(machine),
    checkTempFolder(machine),
    await checkCompiler(options.compiler),
    checkDisk(options.folder?.root ?? options.cwd, machine),
    ...(options.folder === undefined ? checkOutside(options) : await checkWorld(options, options.folder)),
  ]
  return { ok: checks.every(({ state }) => state !== 'fail'), checks }
}

function checkOutside(options: DoctorOptions): readonly Check[] {
  const keyFolder = resolveKeyFolder(options.environment, { root: options.cwd, keys: undefined })
  const hint = 'run `aos init DIR`, or name one with --world DIR'
  return [
    warned('world', 'there is no world folder here or above; only what needs none was looked at', { hint }),
    ...checkKeys({ keyFolder, root: undefined, owners: undefined }),
  ]
}

async function checkWorld(options: DoctorOptions, folder: WorldFolder): Promise<readonly Check[]> {
  const checks: Check[] = [passed('world', `the world folder is ${folder.root}`, { folder: folder.root })]
  const settings = attempt(checks, 'settings', () => readSettings(folder.settingsFile))
  if (settings !== undefined) checks.push(passed('settings', 'aos.json can be read'))
  attempt(checks, 'sources', () => checks.push(checkSources(folder)))
  checks.push(checkQuarantine(folder))
  const { store, check } =
    options.store === undefined ? await visitStore(folder, options.lockWaitMs) : describeStore(options.store)
  checks.push(check)
  try {
    checks.push(...(await checkOpened(options, folder, { settings, store })))
  } finally {
    if (store !== options.store) await store?.close()
  }
  if (options.full && options.store !== undefined) {
    const hint = 'run it again after `aos stop`'
    checks.push(warned('content', 'a daemon has the world open; files were not read byte by byte', { hint }))
    return checks
  }
  // What reads all files of the store takes the lock for itself, and must not meet a writer.
  if (options.full && check.name !== 'lock' && (store?.journal.head !== undefined || check.state === 'fail')) {
    checks.push(checkJournalBytes(folder), await checkContent(folder))
  }
  return checks
}

interface Opened {
  readonly settings: HostSettings | undefined
  readonly store: OpenedStore | undefined
}

/** Checks of what the store says; of the keys also without one. */
async function checkOpened(options: DoctorOptions, folder: WorldFolder, opened: Opened): Promise<readonly Check[]> {
  const { settings, store } = opened
  const checks: Check[] = []
  const facts = store === undefined ? undefined : attempt(checks, 'entries', () => readWorldFacts(store.journal))
  const keyFolder = resolveKeyFolder(options.environment, { root: folder.root, keys: settings?.keys })
  const owners = store?.journal.head === undefined ? undefined : facts?.owners
  checks.push(...checkKeys({ keyFolder, root: folder.root, owners }))
  const checkpoints = checkCheckpoints({
    checkpoints: new CheckpointFolder(folder.checkpoints, keyFolder),
    keyFolder,
    journal: store?.journal,
  })
  if (checkpoints !== undefined) checks.push(checkpoints)
  if (store === undefined || facts === undefined) return checks
  const read = makeContentReader(store)
  checks.push(
    checkEngine(facts, options.engines),
    checkDefinitions(facts, read),
    checkClock(facts, options.machine.nowNs(), settings?.clock.holdAtOpen === true),
    await checkInStep({
      folder,
      manifest: facts.manifest,
      read,
      stored: (hash) => store.content.get(hash),
      findBuilt: options.findBuilt,
      runWorldFile: options.runWorldFile,
    }),
  )
  if (options.full && store.journal.head !== undefined) checks.push(...(await checkAllEntries(options, folder, store)))
  return checks
}

async function checkAllEntries(
  options: DoctorOptions,
  folder: WorldFolder,
  store: OpenedStore,
): Promise<readonly Check[]> {
  try {
    const opened = await openFolder(folder, { environment: options.environment, store })
    return checkEntries(opened, (height) => {
      options.onProgress(`verifying: height ${height}`)
    })
  } catch (error) {
    return [failedWith('entries', error)]
  }
}

/** The result, or undefined and a failed check. */
function attempt<T>(checks: Check[], name: string, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!isAosError(error)) throw error
    checks.push(failedWith(name, error))
    return undefined
  }
}
