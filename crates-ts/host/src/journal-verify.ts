/**
 * `journal verify`: bytes on disk, then every entry for itself — canonical form, hashes of the parts and values, the chain, and the
 * signatures with the keys of their height (spec/07-journal.md, "Verification"). Nothing is run: that is replay.
 */
import { AosError, CborReader, equalBytes, formatHash, isAosError, sha256 } from '@aos/cbor'
import type { Data, Hash } from '@aos/cbor'
import { decodeEntry } from '@aos/kernel'
import type { DecodedEntry } from '@aos/kernel'
import { verifyJournal } from '@aos/store'
import type { HeaderRecord, JournalRecord } from '@aos/store'
import type { HostWorld } from './host-world.ts'
import { openFolder } from './open-world.ts'
import type { OpenWorldOptions, OpenedFolder } from './open-world.ts'
import { checkSaltedValues } from './salted-values.ts'
import { nodeSha256 } from './sha256.ts'
import { SignatureHistory } from './signature-history.ts'
import type { FindContent } from './signature-history.ts'
import { ENTRIES_A_STEP, runSteps, runStepsFairly } from './steps.ts'
import type { Steps, StepsOptions } from './steps.ts'
import type { WorldFolder } from './world-folder.ts'

export interface VerifyOptions extends Pick<OpenWorldOptions, 'environment' | 'acceptLoss' | 'lockWaitMs'> {
  readonly onProgress: (height: number) => void
}

/** The first thing in which an entry is not as it must be. */
export interface EntryDifference {
  readonly height: number
  readonly path: string
  readonly expected: string
  readonly found: string
}

/** How far a journal holds up without a replay: chain, hashes, signatures (spec/07-journal.md, "Verification"). */
export interface VerifyReport {
  readonly ok: boolean
  /** Entries before the first difference. */
  readonly entries: number
  /** Root of the log over them. */
  readonly root: Hash
  /** Of entries below this height only the headers are here, but for kinds that were kept: chain and log hold. 0: all are whole. */
  readonly compactedBelow: number
  readonly firstDifference: EntryDifference | undefined
}

/**
 * Under the lock. Opening cuts a torn end that was never acknowledged, which is no damage; when opening refuses, the bytes say
 * why. Throws `store.locked`, `store.failed`, `host.no_genesis`.
 */
export async function verifyWorldJournal(folder: WorldFolder, options: VerifyOptions): Promise<VerifyReport> {
  const opened = await tryOpen(folder, options)
  try {
    return runSteps(verifySteps(folder, opened, options.onProgress))
  } finally {
    if (!(opened instanceof AosError)) await opened.store.close()
  }
}

/**
 * As `verifyWorldJournal`, of a world that this process has open: as soon as nothing is being written. The bytes are read at once, the
 * entries fairly.
 */
export async function verifyOpenJournal(
  host: HostWorld,
  onProgress: (height: number) => void,
  options: StepsOptions = {},
): Promise<VerifyReport> {
  for (let writing = host.durable(); writing !== undefined; writing = host.durable()) await writing
  return runStepsFairly(verifySteps(host.folder, host, onProgress), options)
}

function* verifySteps(
  folder: WorldFolder,
  opened: Pick<OpenedFolder, 'store'> | AosError,
  onProgress: (height: number) => void,
): Steps<VerifyReport> {
  const physical = verifyJournal(folder.store)
  const report = { entries: physical.entries, root: physical.root, compactedBelow: physical.compactedBelow }
  if (!physical.ok) return { ...report, ok: false, firstDifference: physical.firstDifference }
  if (opened instanceof AosError) throw opened
  if (physical.entries === 0) {
    throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
  }
  const { content, journal } = opened.store
  // What came in since is not part of what the bytes were read of.
  const batches = journal.readHeaders({ from: 0, to: physical.entries - 1 })
  const firstDifference = yield* verifyEntriesSteps(batches, onProgress, (hash) => content.get(hash))
  if (firstDifference === undefined) return { ...report, ok: true, firstDifference }
  return { ...report, ok: false, entries: firstDifference.height, firstDifference }
}

/** Codes with which a store refuses damage. */
const DAMAGE: readonly string[] = ['store.corrupt', 'journal.missing']

/** The folder, or what the store said of the damage in it. */
async function tryOpen(folder: WorldFolder, options: VerifyOptions): Promise<OpenedFolder | AosError> {
  try {
    return await openFolder(folder, options)
  } catch (error) {
    if (error instanceof AosError && DAMAGE.includes(error.code)) return error
    throw error
  }
}

/**
 * Every entry for itself and after the one before it, answers of approvers with the manifests that `find` has; the first thing that does not hold. Of compacted entries nothing is looked at:
 * their headers are proven with the bytes on disk.
 */
export function verifyEntries(
  batches: Iterable<readonly HeaderRecord[]>,
  onProgress: (height: number) => void,
  find: FindContent,
): EntryDifference | undefined {
  return runSteps(verifyEntriesSteps(batches, onProgress, find))
}

function* verifyEntriesSteps(
  batches: Iterable<readonly HeaderRecord[]>,
  onProgress: (height: number) => void,
  find: FindContent,
): Steps<EntryDifference | undefined> {
  const keys = new SignatureHistory(find)
  let prev: Uint8Array = new Uint8Array(32)
  for (const batch of batches) {
    for (const [index, record] of batch.entries()) {
      if (index % ENTRIES_A_STEP === 0) yield
      const found = record.isCompacted ? undefined : verifyEntry(record, prev, keys)
      if (found !== undefined) return { height: record.height, ...found }
      keys.passed(record)
      prev = record.leaf.slice()
    }
    const last = batch.at(-1)
    if (last !== undefined) onProgress(last.height)
  }
  return undefined
}

type Found = Omit<EntryDifference, 'height'>

function verifyEntry(record: JournalRecord, prev: Uint8Array, keys: SignatureHistory): Found | undefined {
  let entry: DecodedEntry
  try {
    entry = decodeEntry(record.bytes)
  } catch (error) {
    if (!isAosError(error)) throw error
    return { path: 'entry', expected: 'canonical form', found: error.message }
  }
  const { ingress, derived } = partsOf(record.bytes)
  return (
    compare('header.height', record.height, entry.header.get(0)) ??
    compareHash('header.prev', prev, entry.header.get(9)) ??
    compareHash('header.ingress_hash', sha256(nodeSha256, ingress), entry.header.get(6)) ??
    compareHash('header.derived_hash', sha256(nodeSha256, derived), entry.header.get(7)) ??
    verifyEntropy(entry) ??
    checkSaltedValues(entry) ??
    keys.verify(entry, record)
  )
}

/** Exact bytes of the second and third part. */
function partsOf(bytes: Uint8Array): { readonly ingress: Uint8Array; readonly derived: Uint8Array } {
  const reader = new CborReader(bytes)
  reader.array()
  reader.skip()
  const ingressAt = reader.offset
  reader.skip()
  const derivedAt = reader.offset
  reader.skip()
  return { ingress: bytes.subarray(ingressAt, derivedAt), derived: bytes.subarray(derivedAt, reader.offset) }
}

/** Bodies may have been dropped; what is there must be what ingress names. */
function verifyEntropy(entry: DecodedEntry): Found | undefined {
  if (entry.bodies === undefined) return undefined
  return compareHash('ingress.entropy_hash', sha256(nodeSha256, entry.bodies.entropy), entry.ingress.get(5))
}

function compare(path: string, expected: number, found: Data | undefined): Found | undefined {
  return found === expected ? undefined : { path, expected: String(expected), found: String(found) }
}

function compareHash(path: string, expected: Uint8Array, found: Data | undefined): Found | undefined {
  if (found instanceof Uint8Array && equalBytes(expected, found)) return undefined
  return {
    path,
    expected: formatHash(expected),
    found: found instanceof Uint8Array ? formatHash(found) : String(found),
  }
}
