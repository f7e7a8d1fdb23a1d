/** Journal, content and what they say of the world. The store is opened only for reading. */
import { formatHash, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { verifyContent, verifyJournal } from '@aos/store'
import { JUMP_NS_MAX } from '../clock.ts'
import { loadDefinitions } from '../definitions.ts'
import { FaultLog } from '../fault-log.ts'
import { replayJournal } from '../journal-replay.ts'
import { verifyEntries } from '../journal-verify.ts'
import { openUnlocked } from '../open-world.ts'
import type { OpenedFolder } from '../open-world.ts'
import type { OpenedStore } from '../host-world.ts'
import { snapshotNotes } from '../snapshots/open-newest.ts'
import type { WorldFolder } from '../world-folder.ts'
import { failed, failedWith, passed, warned } from './report.ts'
import type { Check } from './report.ts'
import type { WorldFacts } from './world-facts.ts'

/** The store, or why it could not be opened. */
export interface StoreVisit {
  readonly store: OpenedStore | undefined
  readonly check: Check
}

/** Opens for reading: the last segment is read whole and held against what was acknowledged. */
export async function visitStore(folder: WorldFolder, lockWaitMs: number): Promise<StoreVisit> {
  try {
    return describeStore(await openUnlocked(folder.store, { readOnly: true }, lockWaitMs))
  } catch (error) {
    if (!isAosError(error)) throw error
    if (error.code === 'store.not_found') return { store: undefined, check: notPushed() }
    if (error.code !== 'store.locked') return { store: undefined, check: failedWith('journal', error) }
    const hint = 'stop it to have journal, content and keys looked at as well'
    const message = 'another process has the world open; only what lies beside it was looked at'
    return { store: undefined, check: warned('lock', message, { hint, details: { code: error.code } }) }
  }
}

/** What opening has shown. */
export function describeStore(store: OpenedStore): StoreVisit {
  const { head } = store.journal
  if (head === undefined) return { store, check: notPushed() }
  const said = `the journal ends at height ${head.height}; its last segment and everything acknowledged are there`
  return { store, check: passed('journal', said, { height: head.height, head_hash: formatHash(head.leaf) }) }
}

function notPushed(): Check {
  return warned('journal', 'the world has no genesis yet: nothing was pushed', { hint: 'run `aos push`' })
}

/** The engine that the world's outcomes depend on. */
export function checkEngine(facts: WorldFacts, engines: readonly Hash[]): Check {
  const { engine } = facts
  if (engine === undefined || engines.includes(engine))
    return passed('engine', 'this release has the engine of the world')
  return failed('engine', `the world needs the engine ${engine}; this release has ${engines.join(', ')}`, {
    hint: 'use the release that made the world',
    details: { code: 'engine.unsupported', wanted: engine, found: [...engines] },
  })
}

/** Everything that the manifest in force relies on can be read. */
export function checkDefinitions(facts: WorldFacts, read: (hash: Hash) => Uint8Array): Check {
  if (facts.manifest === undefined) return passed('definitions', 'no manifest is in force')
  try {
    const { modules, schemas } = loadDefinitions(facts.manifest, read)
    for (const { wasmHash } of modules.values()) read(wasmHash)
    return passed('definitions', `everything in force is stored: ${schemas.size} schemas, modules: ${modules.size}`)
  } catch (error) {
    return failedWith('definitions', error)
  }
}

const BEHIND_NS_MAX = 1_000_000_000n

/** The wall clock against the stamp of the last entry. `holdAtOpen`: a jump while the world was closed is not believed. */
export function checkClock(facts: WorldFacts, nowNs: bigint, holdAtOpen: boolean): Check {
  const { lastNowNs, isVirtual } = facts
  if (isVirtual) return passed('clock', 'the clock of this world is virtual: it moves when somebody moves it')
  const now = timeText(nowNs)
  if (lastNowNs === undefined) return passed('clock', `the clock says ${now}`)
  const details = { now_ns: nowNs.toString(), last_now_ns: lastNowNs.toString() }
  if (nowNs + BEHIND_NS_MAX < lastNowNs) {
    return failed('clock', `the clock says ${now}, which is before the last entry, ${timeText(lastNowNs)}`, {
      hint: 'set the clock of this machine; entries made meanwhile keep the logical time of the last one',
      details,
    })
  }
  if (holdAtOpen && nowNs - lastNowNs > JUMP_NS_MAX) {
    return warned('clock', `the clock says ${now}, far after the last entry, ${timeText(lastNowNs)}, and is held`, {
      hint: 'run `aos doctor clock --accept` if the clock is right',
      details,
    })
  }
  return passed('clock', `the clock says ${now}, and the last entry was made before`, details)
}

function timeText(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString()
}

/** What the machine failed at, and is refused since. */
export function checkQuarantine(folder: WorldFolder): Check {
  const { failed: once, quarantined } = new FaultLog(folder.faults).tally
  const details = { file: folder.faults, failed: once, quarantined }
  const hint = `look at memory and disk; then remove ${folder.faults}`
  if (quarantined > 0) {
    const what = quarantined === 1 ? 'one input' : `${quarantined} inputs`
    return failed('quarantine', `the machine failed twice at ${what}, refused since`, { hint, details })
  }
  if (once === 0) return passed('quarantine', 'nothing is in quarantine')
  return warned('quarantine', `the machine failed once at ${once === 1 ? 'one input' : `${once} inputs`}`, {
    hint,
    details,
  })
}

/** Every byte of every segment, whether or not the journal opens. The world must not be in use. */
export function checkJournalBytes(folder: WorldFolder): Check {
  const { ok, entries, firstDifference } = verifyJournal(folder.store)
  if (ok || firstDifference === undefined) return passed('journal-bytes', `every byte of ${entries} entries is intact`)
  const { height, path, expected, found } = firstDifference
  return failed(
    'journal-bytes',
    `the journal is damaged at height ${height}, ${path}: expected ${expected}, found ${found}`,
    {
      hint: 'restore .aos/world from a copy',
      details: { ...firstDifference },
    },
  )
}

/** Canonical form, chain and signatures; then everything derived again. */
export function checkEntries(opened: OpenedFolder, onProgress: (height: number) => void): readonly Check[] {
  const { content, journal } = opened.store
  const difference = verifyEntries(journal.readHeaders({ from: 0 }), onProgress, (hash) => content.get(hash))
  const entries =
    difference === undefined
      ? passed('entries', 'canonical form, chain and signatures of every entry hold')
      : failed('entries', `height ${difference.height} does not hold at ${difference.path}`, {
          details: { ...difference },
        })
  return [entries, checkReplay(opened, onProgress)]
}

function checkReplay(opened: OpenedFolder, onProgress: (height: number) => void): Check {
  try {
    const { firstWhole } = opened.store.journal
    // The older of the two that are kept: so much of the journal as can be.
    const from =
      firstWhole === 0
        ? undefined
        : snapshotNotes(opened.store)
            .slice(0, 2)
            .findLast(({ cut }) => cut + 1 >= firstWhole)
    const { ok, entries, firstDifference } = replayJournal(opened, { to: undefined, verify: true, from, onProgress })
    const derived = entries - (from === undefined ? 0 : from.cut + 1)
    if (ok || firstDifference === undefined)
      return passed('replay', `${derived} entries were derived again and are equal`)
    const { height, path, expected, found, note } = firstDifference
    return failed('replay', `height ${height} comes out differently at ${path}: expected ${expected}, found ${found}`, {
      hint: 'see `aos journal replay --verify`',
      details: { height, path, expected, found, ...(note === undefined ? {} : { note }) },
    })
  } catch (error) {
    return failedWith('replay', error)
  }
}

/** Every stored value. The store must be closed. */
export async function checkContent(folder: WorldFolder): Promise<Check> {
  try {
    const { ok, count, bytes, problems } = await verifyContent(folder.store)
    if (ok) return passed('content', `${count} stored values, ${bytes} bytes, are intact`)
    const [first] = problems
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
    return failed('content', `stored content is damaged: ${first?.path ?? ''}: ${first?.message ?? ''}${more}`, {
      hint: 'restore .aos/world from a copy, or put the values again with `aos blob put` and `aos push`',
      details: { problems: problems.slice(0, 100) },
    })
  } catch (error) {
    return failedWith('content', error)
  }
}
