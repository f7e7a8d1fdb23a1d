/** `journal replay --verify`: derive everything again and compare (spec/07-journal.md, "Verification"). */
import { AosError, formatHash } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import type { Difference, ModuleRuntime, World } from '@aos/kernel'
import { MerkleLog } from '@aos/store'
import type { JournalPort, SnapshotNote } from '@aos/store'
import { keepLastNote } from './call-notes.ts'
import { loadDefinitions } from './definitions.ts'
import { isWorthHashingAhead, readAndHashAhead, readEntries } from './hash-ahead.ts'
import type { OpenedFolder } from './open-world.ts'
import { ENTRIES_A_STEP, runSteps, runStepsFairly } from './steps.ts'
import type { Steps, StepsOptions } from './steps.ts'
import { valueToNode } from './values.ts'
import type { JsonNode } from '@aos/air'

/** How far to replay and whether to compare all that was derived; `modules` replaces the runtime that is called. */
export interface ReplayJournalOptions {
  /** Last height; default: the head. */
  readonly to: number | undefined
  readonly verify: boolean
  /** Starts from this snapshot instead of from genesis; entries before its cut are only hashed into the log. */
  readonly from?: SnapshotNote | undefined
  readonly modules?: ModuleRuntime
  readonly onProgress: (height: number) => void
  /** Whether parts are hashed on a second thread; default: when there is enough to verify, and a processor for it. */
  readonly hashAhead?: boolean
}

/** A difference with its key as people read it. */
export interface ShownDifference {
  readonly height: number
  readonly path: string
  readonly expected: string
  readonly found: string
  readonly reducer?: string
  readonly key?: JsonNode
  /** What the last module that ran said, when it did not end ok; for people. */
  readonly note?: string
}

/** How far a journal and its derivation agree, and the first thing in which they do not. */
export interface ReplayReport {
  readonly ok: boolean
  /** Entries that agree. */
  readonly entries: number
  /** Root of the log over them. */
  readonly root: Hash
  readonly firstDifference: ShownDifference | undefined
  /** The kernel after the last entry that agrees. */
  readonly kernel: World
}

/** Stops at the first difference. Throws `journal.compacted`, and what a kernel throws for content that is missing. */
export function replayJournal(opened: OpenedFolder, options: ReplayJournalOptions): ReplayReport {
  return runSteps(replayJournalSteps(opened, options))
}

/** `replayJournal` in a thread that others share. */
export function replayJournalFairly(
  opened: OpenedFolder,
  options: ReplayJournalOptions & StepsOptions,
): Promise<ReplayReport> {
  return runStepsFairly(replayJournalSteps(opened, options), options)
}

function* replayJournalSteps(opened: OpenedFolder, options: ReplayJournalOptions): Steps<ReplayReport> {
  // Only who compares wants to know why.
  const noting = options.verify ? keepLastNote(options.modules ?? opened.modules) : undefined
  const kernel = opened.makeKernel(noting?.runtime ?? options.modules)
  const log = new MerkleLog()
  const { journal } = opened.store
  const { from: snapshot } = options
  if (snapshot !== undefined) kernel.open(snapshot.root)
  const from = snapshot === undefined ? 0 : snapshot.cut + 1
  if (from < journal.firstWhole) throw noReplay(from, journal.firstWhole)
  const to = Math.min(options.to ?? Number.MAX_SAFE_INTEGER, journal.head?.height ?? -1)
  if (from > 0) logUpTo(log, journal, from - 1)
  const count = to + 1 - from
  const batches = count <= 0 ? [] : journal.read({ from, to })
  const hashAhead = options.hashAhead ?? (options.verify && isWorthHashingAhead(count))
  for (const { entries, digestsOf } of hashAhead ? readAndHashAhead(batches) : readEntries(batches)) {
    for (const [index, { bytes }] of entries.entries()) {
      if (index % ENTRIES_A_STEP === 0) yield
      noting?.forget()
      const difference = kernel.replay(bytes, { verify: options.verify, digests: digestsOf(index) })
      if (difference !== undefined) {
        return {
          ok: false,
          entries: log.size,
          root: formatHash(log.root()),
          firstDifference: withNote(show(opened, kernel, difference), noting?.lastNote()),
          kernel,
        }
      }
      log.append(leafOf(kernel))
    }
    log.settle()
    const last = entries.at(-1)
    if (last !== undefined) options.onProgress(last.height)
  }
  return { ok: true, entries: log.size, root: formatHash(log.root()), firstDifference: undefined, kernel }
}

function noReplay(from: number, compactedBelow: number): AosError {
  const what = `nothing can be derived from height ${from} on: the journal was compacted at height ${compactedBelow}`
  return new AosError('journal.compacted', what, {
    details: { compacted_below: compactedBelow },
    hint: 'start from a snapshot: `--from-snapshot`; `aos journal verify` proves the headers of what was dropped',
  })
}

/** Entries that are not derived again. */
function logUpTo(log: MerkleLog, journal: JournalPort, to: number): void {
  for (const batch of journal.readHeaders({ from: 0, to })) {
    for (const record of batch) log.append(record.leaf)
    log.settle()
  }
}

/** Of the entry that was just replayed: the kernel has hashed its header. */
function leafOf(kernel: World): HashBytes {
  const head = kernel.head
  if (head === undefined) throw new RangeError('a world has a head after an entry')
  return head.leaf
}

function withNote(difference: ShownDifference, note: string | undefined): ShownDifference {
  return note === undefined ? difference : { ...difference, note }
}

function show(opened: OpenedFolder, kernel: World, difference: Difference): ShownDifference {
  const { key, reducer, ...rest } = difference
  if (reducer === undefined) return rest
  if (key === undefined || kernel.manifestHash === undefined) return { ...rest, reducer }
  const definitions = loadDefinitions(kernel.manifestHash, opened.readContent)
  const keySchema = definitions.modules.get(reducer)?.keySchema
  if (keySchema === undefined) return { ...rest, reducer }
  return { ...rest, reducer, key: valueToNode(definitions, keySchema, key) }
}
