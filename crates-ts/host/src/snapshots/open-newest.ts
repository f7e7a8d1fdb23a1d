/** A kernel at the head of a journal, from the newest snapshot that can be read (K30; spec/16-snapshots.md, "Opening"). */
import { equalBytes, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { decodeEntry, walkSnapshot } from '@aos/kernel'
import type { World } from '@aos/kernel'
import type { JournalPort, RootEntry, SnapshotNote } from '@aos/store'
import type { OpenedStore } from '../host-world.ts'
import { replaySteps } from '../replay-into.ts'
import { runSteps } from '../steps.ts'
import type { Steps } from '../steps.ts'
import type { BadSnapshots } from './bad-snapshots.ts'
import { isStateUnreadable } from './bad-snapshots.ts'
import type { ContentAhead } from './content-ahead.ts'
import { isNewerThan, restsOn } from '../checkpoints/checkpoint-folder.ts'
import type { FindCheckpoint } from '../checkpoints/checkpoint-folder.ts'

/** What a world is opened from. */
export interface OpenNewestParts {
  readonly store: OpenedStore
  /** A kernel without state. */
  readonly makeKernel: () => World
  readonly readContent: (hash: Hash) => Uint8Array
  /** What the kernel reads content through; absent: nothing is read ahead. */
  readonly ahead?: ContentAhead | undefined
  /** Absent: only snapshots are begun with. */
  readonly findCheckpoint?: FindCheckpoint
  readonly bad: BadSnapshots
  readonly onReplay?: ((height: number) => void) | undefined
  /** Last height; default: the head. */
  readonly to?: number | undefined
}

/** A kernel that stands at the height asked for. */
export interface OpenedKernel {
  readonly kernel: World
  /** undefined: from genesis on. */
  readonly snapshot: SnapshotNote | undefined
}

/** So many roots are searched for when nobody knows where they are. */
const SEARCHED_MAX = 4

/** Throws `host.replay_differs`, `engine.unsupported`, `journal.compacted`, `store.corrupt`. */
export function openNewest(parts: OpenNewestParts): OpenedKernel {
  return runSteps(openNewestSteps(parts))
}

/** `openNewest`, step by step. */
export function* openNewestSteps(parts: OpenNewestParts): Steps<OpenedKernel> {
  const { head } = parts.store.journal
  const to = parts.to ?? head?.height ?? -1
  const notes = snapshotNotes(parts.store)
  const fromCheckpoint = yield* openFromCheckpoint(parts, notes, to)
  if (fromCheckpoint !== undefined) return fromCheckpoint
  for (const note of notes) {
    if (note.cut > to || parts.bad.has(note.root)) continue
    const kernel = yield* openFrom(parts, note)
    if (kernel !== undefined) return { kernel, snapshot: note }
  }
  const kernel = parts.makeKernel()
  yield* replaySteps(kernel, parts.store.journal, { to: parts.to, onReplay: parts.onReplay })
  return { kernel, snapshot: undefined }
}

/** The newest first: as noted, or as the journal says. */
export function snapshotNotes(store: OpenedStore): readonly SnapshotNote[] {
  const noted = store.snapshotNotes.list()
  if (noted.length > 0 || store.journal.head === undefined) return noted
  return [...store.findRoots(SEARCHED_MAX)].map(noteOf)
}

/** What an entry of kind snapshot_root says. */
export function noteOf({ height, bytes }: RootEntry): SnapshotNote {
  const command = decodeEntry(bytes).ingress.get(10)
  const fields: ReadonlyMap<unknown, unknown> = command instanceof Map ? command : new Map()
  const root = fields.get(1)
  const hex = root instanceof Uint8Array ? Buffer.from(root).toString('hex') : ''
  return { cut: Number(fields.get(0)), rootHeight: height, root: `sha256:${hex}` as Hash } // as formatHash spells it
}

/** So many entries are looked through before they are replayed. */
const AHEAD_ENTRIES = 4096
/** Fewer are not worth looking at twice. */
const AHEAD_ENTRIES_MIN = 32

/** The entries behind a cut, what they need of content read before them. */
function* replayBehind(
  { store: { journal }, ahead, ...parts }: OpenNewestParts,
  kernel: World,
  cut: number,
): Steps<void> {
  const to = parts.to ?? journal.head?.height ?? -1
  try {
    for (let from = cut + 1; from <= to; from += AHEAD_ENTRIES) {
      const range = { from, to: Math.min(to, from + AHEAD_ENTRIES - 1) }
      if (ahead !== undefined && range.to - from >= AHEAD_ENTRIES_MIN)
        yield* ahead.hold(kernel.readAhead(entriesIn(journal, range)))
      yield* replaySteps(kernel, journal, { ...range, onReplay: parts.onReplay })
      ahead?.clear()
    }
  } finally {
    ahead?.clear()
  }
}

function* entriesIn(journal: JournalPort, range: { readonly from: number; readonly to: number }): Iterable<Uint8Array> {
  for (const batch of journal.read(range)) for (const { bytes } of batch) yield bytes
}

/** undefined: there is no checkpoint that is newer than the snapshots, or it leads nowhere. */
function* openFromCheckpoint(
  parts: OpenNewestParts,
  notes: readonly SnapshotNote[],
  to: number,
): Steps<OpenedKernel | undefined> {
  // Something was unreadable before: nothing is taken on trust any more.
  const found = parts.bad.isEmpty ? parts.findCheckpoint?.() : undefined
  const newest = notes.find(({ cut }) => cut <= to)
  const roots = notes.map(({ root }) => root)
  if (found === undefined || !isNewerThan(found, newest?.cut, to) || !restsOn(found, roots)) return undefined
  const { record } = found.head
  // Of another history: nothing in it is looked at.
  if (!isLeafAt(parts.store.journal, record)) return undefined
  const kernel = yield* openAndReplay(parts, record.height, (opened) => {
    opened.openCheckpoint(found.bodies)
    return found.isSignedFor(opened.keys)
  })
  // A key that was revoked meanwhile may be in other hands.
  if (kernel === undefined || !found.isSignedFor(kernel.keys)) return undefined
  return { kernel, snapshot: newest }
}

/** undefined: this snapshot leads nowhere, another one has to do. */
function* openFrom(parts: OpenNewestParts, note: SnapshotNote): Steps<World | undefined> {
  // Something was unreadable before: nothing is taken on trust any more.
  if (!parts.bad.isEmpty && !(yield* isWhole(parts, note.root))) return undefined
  return yield* openAndReplay(parts, note.cut, (kernel) => {
    kernel.open(note.root)
    return true
  })
}

function* isWhole({ readContent }: OpenNewestParts, root: Hash): Steps<boolean> {
  try {
    for (const _ of walkSnapshot({ get: readContent }, root)) yield
    return true
  } catch (error) {
    if (isStateUnreadable(error)) return false
    throw error
  }
}

/** undefined: what `open` says is not so, or what lies behind does not follow. */
function* openAndReplay(
  parts: OpenNewestParts,
  height: number,
  open: (kernel: World) => boolean,
): Steps<World | undefined> {
  const { journal } = parts.store
  const kernel = parts.makeKernel()
  try {
    if (!open(kernel) || kernel.head?.height !== height) return undefined
    if (!isLeafAt(journal, kernel.head)) return undefined
    yield* replayBehind(parts, kernel, height)
    return kernel
  } catch (error) {
    if (isStateUnreadable(error) || (isAosError(error) && LEADS_NOWHERE.includes(error.code))) return undefined
    throw error
  }
}

/** False: what has this head is of another history, or of one that was longer. */
export function isLeafAt(journal: JournalPort, { height, leaf }: NonNullable<World['head']>): boolean {
  if (height > (journal.head?.height ?? -1)) return false
  for (const records of journal.readHeaders({ from: height, to: height })) {
    for (const record of records) if (record.height === height) return equalBytes(record.leaf, leaf)
  }
  return false
}

const LEADS_NOWHERE: readonly string[] = ['host.replay_differs', 'kernel.bad_checkpoint']
