/**
 * Stores that break one promise each, to show that the crash runs notice (spec/07-journal.md, "Conformance of a driver").
 * The faults are put around a good store: under it, between it and the media, or over its ports.
 */
import { dirname, join } from 'node:path'
import { formatHash, sha256, type Hash } from '@aos/cbor'
import { AcknowledgedHead } from '../../acknowledged.ts'
import { isSameHead } from '../../append-request.ts'
import type { Disk, DiskFile } from '../../disk.ts'
import type { KeyValuePair } from '../../key-value.ts'
import { paged } from '../../layout.ts'
import { nodeSha256 } from '../../node-sha256.ts'
import type {
  AppendRequest,
  AppendResult,
  ContentStore,
  JournalHead,
  JournalPort,
  SweepOptions,
  SweepReport,
} from '../../port.ts'
import type { WorldStore } from '../../world-store.ts'
import { headOf } from '../entries.ts'
import type { MachinePorts } from '../machine/machine.ts'
import { SIMULATED_WORLD, type OpenSimulated } from './open-simulated.ts'

/** One mistake that a driver of storage could have, put around a good one. */
export interface Mutant {
  readonly name: string
  /** What the crash runs say when they notice. */
  readonly noticed: RegExp
  /** Breaks a good store. */
  readonly breaks: (good: OpenSimulated) => OpenSimulated
}

type ChangeFile = (file: DiskFile, path: string) => Partial<DiskFile>

/** What a mutant puts between the store and the media. */
interface BrokenMedia {
  readonly disk?: Partial<Disk>
  readonly file?: ChangeFile
  readonly openKeyValue?: MachinePorts['openKeyValue']
}

const LOST = /is lost|is damaged|missing|does not verify/

/** Each is caught within a few seeds; see `catchMutant`. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'sync skipped',
    noticed: LOST,
    breaks: onMedia(() => ({ file: (file) => ({ ...writesUnsynced(file), sync: async () => undefined }) })),
  },
  {
    name: 'names not synced',
    noticed: /is lost|no store at|epoch \d+ after|missing|is damaged/,
    breaks: onMedia(() => ({ disk: { syncFolder: async () => undefined } })),
  },
  {
    name: 'content answered before it is durable',
    noticed: /sha256:[0-9a-f]+ (is lost|has another hash)/,
    breaks: onMedia(() => ({ file: (file, path) => (path.endsWith('.pack') ? writesUnsynced(file) : {}) })),
  },
  { name: 'acknowledged before the sync', noticed: LOST, breaks: acknowledgedBeforeSync },
  {
    name: 'acknowledged out of order',
    noticed: /acknowledged before an earlier one/,
    breaks: acknowledgedOutOfOrder,
  },
  {
    name: 'bytes left behind a cut',
    noticed: /does not verify/,
    breaks: onMedia(({ disk }) => ({ disk: { rename: renameOverRests(disk) } })),
  },
  {
    name: 'segments removed before the headers have their name',
    noticed: /is lost|starts at height|missing|no segment|are whole from/,
    breaks: onMedia(({ disk }) => ({ disk: { rename: renameAndRemove(disk) } })),
  },
  {
    name: 'headers named before they are durable',
    noticed: /is damaged|does not verify/,
    breaks: onMedia(() => ({
      file: (file, path) =>
        path.endsWith('headers.tmp') ? { ...writesUnsynced(file), sync: async () => undefined } : {},
    })),
  },
  {
    name: 'content dropped before the archive is durable',
    noticed: /archive \S+ (is lost|does not verify)|is no archive/,
    breaks: onMedia(({ disk }) => archivesUnsynced(disk)),
  },
  { name: 'content swept that was stored meanwhile', noticed: /sha256:[0-9a-f]+ is lost/, breaks: storesUnseen },
  { name: 'live content swept', noticed: /is lost|more that is dead/, breaks: sweepsTooMuch },
  {
    name: 'packs removed before the index is durable',
    noticed: /content does not verify/,
    breaks: onMedia(({ openKeyValue }) => ({ openKeyValue: answersEarly(openKeyValue) })),
  },
  { name: 'kinds not kept', noticed: /reads back otherwise/, breaks: keepsNothing },
  { name: 'head ahead of the journal', noticed: /journal\.missing/, breaks: headAhead },
  { name: 'epoch not raised', noticed: /epoch \d+ after epoch \d+/, breaks: onMedia(forgetsEpochs) },
]

/** A mutant that changes what lies under the store. `change` is called for each opening. */
function onMedia(change: (ports: MachinePorts, readOnly: boolean) => BrokenMedia): Mutant['breaks'] {
  return (good) => (ports, options) => good(changed(ports, change(ports, options.readOnly)), options)
}

function changed(ports: MachinePorts, change: BrokenMedia): MachinePorts {
  const { disk } = ports
  const { file } = change
  const opening: Partial<Disk> =
    file === undefined
      ? {}
      : { open: (path, mode) => changedFile(disk.open(path, mode), (opened) => file(opened, path)) }
  return {
    disk: { ...disk, ...opening, ...change.disk },
    openKeyValue: change.openKeyValue ?? ports.openKeyValue,
    pause: ports.pause,
  }
}

function changedFile(file: DiskFile, change: (file: DiskFile) => Partial<DiskFile>): DiskFile {
  return {
    writeDurable: (bytes, position) => file.writeDurable(bytes, position),
    writeUnsynced: (bytes, position) => {
      file.writeUnsynced(bytes, position)
    },
    read: (into, position) => file.read(into, position),
    size: () => file.size(),
    truncate: (size) => file.truncate(size),
    sync: () => file.sync(),
    close: () => {
      file.close()
    },
    ...change(file),
  }
}

function writesUnsynced(file: DiskFile): Partial<DiskFile> {
  return {
    writeDurable: async (bytes, position) => {
      file.writeUnsynced(bytes, position)
    },
  }
}

/** A write is answered when the system has it; its sync follows. Closing waits, so that nothing else is wrong. */
function acknowledgedBeforeSync(good: OpenSimulated): OpenSimulated {
  return async (ports, options) => {
    let syncs: Promise<void> = Promise.resolve()
    const file: ChangeFile = (opened) => ({
      writeDurable: async (bytes, position) => {
        const copy = bytes.slice()
        opened.writeUnsynced(copy, position)
        syncs = Promise.all([syncs, opened.writeDurable(copy, position)]).then(() => undefined)
        syncs.catch(() => undefined)
      },
      truncate: (size) => syncs.then(() => opened.truncate(size)),
      close: () => {
        syncs = syncs.finally(() => {
          opened.close()
        })
        syncs.catch(() => undefined)
      },
    })
    const store = await good(changed(ports, { file }), options)
    return withStore(store, store.journal, async () => {
      await store.close()
      await syncs.catch(() => undefined)
    })
  }
}

/** The second of two appends in flight is answered when its own bytes are durable. */
function acknowledgedOutOfOrder(good: OpenSimulated): OpenSimulated {
  return async (ports, options) => {
    const writes: Promise<void>[] = []
    const file: ChangeFile = (opened) => ({
      writeDurable: (bytes, position) => {
        const write = opened.writeDurable(bytes, position)
        writes.push(write)
        return write
      },
    })
    const store = await good(changed(ports, { file }), options)
    let inFlight = 0
    const appendIf = (request: AppendRequest): Promise<AppendResult> => {
      const before = writes.length
      const real = store.journal.appendIf(request).finally(() => {
        inFlight -= 1
      })
      inFlight += 1
      const own = writes[before]
      if (inFlight < 2 || own === undefined) return real
      real.catch(() => undefined)
      return own.then(() => ({ kind: 'appended', head: headOf(request.entries) }))
    }
    return withStore(store, withJournal(store.journal, { appendIf }))
  }
}

/** The head is written when an append begins. */
function headAhead(good: OpenSimulated): OpenSimulated {
  return async (ports, options) => {
    const store = await good(ports, options)
    if (options.readOnly) return store
    const head = AcknowledgedHead.open(ports.disk, join(SIMULATED_WORLD, 'journal'), 'unsynced')
    let submitted: JournalHead | undefined = store.journal.head
    const appendIf = (request: AppendRequest): Promise<AppendResult> => {
      if (isSameHead(request.expected, submitted) && request.epoch === store.journal.epoch) {
        submitted = headOf(request.entries)
        head.write(submitted)
      }
      return store.journal.appendIf(request)
    }
    return withStore(store, withJournal(store.journal, { appendIf, acknowledge: () => undefined }), async () => {
      head.close()
      await store.close()
    })
  }
}

/** What an opening finds of earlier epochs is nothing: neither in the fence nor in the metadata. */
function forgetsEpochs({ disk, openKeyValue }: MachinePorts, readOnly: boolean): BrokenMedia {
  if (!readOnly) disk.remove(join(SIMULATED_WORLD, 'journal', 'fence'))
  return {
    openKeyValue: async (path, options) => {
      const database = await openKeyValue(path, options)
      if (!path.endsWith('/meta')) return database
      return {
        get: () => undefined,
        write: (pairs) => database.write(pairs),
        values: (range) => database.values(range),
        close: () => database.close(),
      }
    },
  }
}

/** What headers replace is gone as soon as they are renamed, before the folder is synced. */
function renameAndRemove(disk: Disk): Disk['rename'] {
  return (from, to) => {
    disk.rename(from, to)
    const [, first = '', last = ''] = /(\d+)-(\d+)\.hdr$/.exec(to) ?? []
    const folder = dirname(to)
    for (const name of disk.list(folder)) {
      const height = name.slice(0, -4)
      if (last !== '' && name.endsWith('.seg') && height >= first && height <= last) disk.remove(join(folder, name))
    }
  }
}

/** Neither the bytes nor the name of an archive. */
function archivesUnsynced(disk: Disk): BrokenMedia {
  const folder = dirname(SIMULATED_WORLD)
  let hasRenamed = false
  return {
    disk: {
      rename: (from, to) => {
        hasRenamed ||= dirname(to) === folder
        disk.rename(from, to)
      },
      syncFolder: async (path) => (path === folder && hasRenamed ? undefined : disk.syncFolder(path)),
    },
    file: (file, path) => (dirname(path) === folder ? { ...writesUnsynced(file), sync: async () => undefined } : {}),
  }
}

function keepsNothing(good: OpenSimulated): OpenSimulated {
  return async (ports, options) => {
    const store = await good(ports, options)
    return { ...withStore(store, store.journal), compact: ({ before }) => store.compact({ before, keep: () => false }) }
  }
}

/** What is there is not stored again, and nobody hears of it. */
function storesUnseen(good: OpenSimulated): OpenSimulated {
  return async (ports, options) => {
    const store = await good(ports, options)
    const { content } = store
    const put = async (blobs: readonly Uint8Array[]): Promise<readonly Hash[]> => {
      const hashes = blobs.map((blob) => formatHash(sha256(nodeSha256, blob)))
      return hashes.every((hash) => content.has(hash)) ? hashes : content.put(blobs)
    }
    return { ...withStore(store, store.journal), content: withContent(content, { put }) }
  }
}

/** One of the values that are live is not kept. */
function sweepsTooMuch(good: OpenSimulated): OpenSimulated {
  return async (ports, options) => {
    const store = await good(ports, options)
    const { content } = store
    const sweep = ({ isLive, ...rest }: SweepOptions): Promise<SweepReport> =>
      content.sweep({ ...rest, isLive: (hash) => isLive(hash) && (hash[0] ?? 0) > 80 })
    return { ...withStore(store, store.journal), content: withContent(content, { sweep }) }
  }
}

/** A batch of the index is answered at once, and written before the next one, or at the end. */
function answersEarly(openKeyValue: MachinePorts['openKeyValue']): MachinePorts['openKeyValue'] {
  return async (path, options) => {
    const database = await openKeyValue(path, options)
    if (!path.endsWith('/cas')) return database
    let held: readonly KeyValuePair[] = []
    return {
      get: (key) => {
        const pair = held.findLast(([other]) => Buffer.compare(other, key) === 0)
        return pair === undefined ? database.get(key) : pair[1]?.slice()
      },
      write: async (pairs) => {
        const before = held
        held = Array.from(pairs, ([key, value]) => [key.slice(), value?.slice()] as const)
        await database.write(before)
      },
      values: (range) => database.values(range),
      close: async () => {
        await database.write(held).finally(() => database.close())
      },
    }
  }
}

function withContent(content: ContentStore, change: Partial<ContentStore>): ContentStore {
  return {
    get: (hash) => content.get(hash),
    view: (hash) => content.view(hash),
    has: (hash) => content.has(hash),
    put: (blobs) => content.put(blobs),
    putHashed: (values) => content.putHashed(values),
    watchStored: () => content.watchStored(),
    sweep: (options) => content.sweep(options),
    stat: () => content.stat(),
    ...change,
  }
}

/** What stood behind the cut of the file that is replaced stands there again. */
function renameOverRests(disk: Disk): Disk['rename'] {
  return (from, to) => {
    if (to.endsWith('.seg')) {
      const names = disk.list(join(to, '..'))
      if (names.some((name) => to.endsWith(`/${name}`))) leaveRests(disk, from, to)
    }
    disk.rename(from, to)
  }
}

function leaveRests(disk: Disk, from: string, to: string): void {
  const fresh = disk.open(from, 'unsynced')
  const old = disk.open(to, 'read')
  const bytes = new Uint8Array(Math.min(fresh.size(), old.size()))
  const rests = bytes.slice()
  fresh.read(bytes, 0)
  old.read(rests, 0)
  const end = paged(bytes.findLastIndex((byte) => byte !== 0) + 1)
  fresh.writeUnsynced(rests.subarray(end), end)
  fresh.close()
  old.close()
}

function withJournal(journal: JournalPort, change: Partial<JournalPort>): JournalPort {
  return {
    epoch: journal.epoch,
    get head() {
      return journal.head
    },
    get firstWhole() {
      return journal.firstWhole
    },
    appendIf: (request) => journal.appendIf(request),
    read: (range) => journal.read(range),
    readHeaders: (range) => journal.readHeaders(range),
    acknowledge: (head) => {
      journal.acknowledge(head)
    },
    close: () => journal.close(),
    ...change,
  }
}

function withStore(store: WorldStore, journal: JournalPort, close = (): Promise<void> => store.close()): WorldStore {
  return {
    journal,
    content: store.content,
    snapshotNotes: store.snapshotNotes,
    findRoots: (limit) => store.findRoots(limit),
    compact: (options) => store.compact(options),
    get world() {
      return store.world
    },
    logHead: () => store.logHead(),
    close,
  }
}
