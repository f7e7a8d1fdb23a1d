/** Two writers on one folder without a lock between them, and what both have promised. */
import { formatHash, isAosError, sha256, toHex, type Hash } from '@aos/cbor'
import { expect } from 'vitest'
import {
  headOf,
  makeEntries,
  nodeSha256,
  openWorldStore,
  verifyJournal,
  worldOf,
  type AppendResult,
  type WorldStore,
  type WorldStoreOptions,
} from '../src/index.ts'
import { withFolder } from './_folder.ts'
import { isKeptKind } from '../src/kit/compaction-suite.ts'
import { StoppingDisk, makeUnlockedDatabases } from './_stopping-disk.ts'

const SEGMENT_BYTES = 16_384
const STALE_COUNT = 9
/** How a writer ends that another one has replaced. */
const FENCED: readonly string[] = ['opening: store.fenced', 'fenced', 'store.fenced']

/** What a writer has promised: leaves by height. */
export type Promises = Map<number, string>

interface Appending {
  readonly count: number
  readonly mark: string
  readonly promises: Promises
}

/** Appends entries behind the head that stands, two groups in flight; ends at the first answer that is not `appended`. */
export async function appendAll(store: WorldStore, appending: Appending): Promise<AppendResult | string> {
  const { count, mark, promises } = appending
  const entries = makeEntries(store.journal.head, count, { mark, payloadBytes: 300 })
  let expected = store.journal.head
  const first = entries[0]
  const world = store.world ?? (first === undefined ? undefined : worldOf([first]))
  if (world === undefined) throw new Error('nothing to append')
  const calls: Promise<AppendResult>[] = []
  try {
    for (const entry of entries) {
      const call = store.journal.appendIf({ world, epoch: store.journal.epoch, expected, entries: [entry] })
      call.catch(() => undefined)
      calls.push(call)
      expected = headOf([entry])
      if (calls.length === 2) await settle(store, { call: calls.shift(), promises })
    }
    while (calls.length > 0) await settle(store, { call: calls.shift(), promises })
    return 'done'
  } catch (error) {
    await Promise.allSettled(calls)
    if (error instanceof NotAppended) return error.result
    if (isAosError(error)) return error.code
    throw error
  }
}

class NotAppended extends Error {
  readonly result: AppendResult

  constructor(result: AppendResult) {
    super(result.kind)
    this.result = result
  }
}

async function settle(
  store: WorldStore,
  { call, promises }: { readonly call: Promise<AppendResult> | undefined; readonly promises: Promises },
): Promise<void> {
  const result = await call
  if (result === undefined) return
  if (result.kind !== 'appended') throw new NotAppended(result)
  promises.set(result.head.height, toHex(result.head.leaf))
  store.journal.acknowledge(result.head)
}

export function leaves(store: WorldStore): Promises {
  const found: Promises = new Map()
  for (const batch of store.journal.readHeaders({ from: 0 }))
    for (const { height, leaf } of batch) found.set(height, toHex(leaf))
  return found
}

/** Opens without a lock. */
export function makeWorld(folder: string): (options?: WorldStoreOptions) => Promise<WorldStore> {
  const openKeyValue = makeUnlockedDatabases()
  return (options = {}) => openWorldStore(folder, { segmentBytes: SEGMENT_BYTES, openKeyValue, ...options })
}

export function expectKept(folder: string, store: WorldStore, promises: Promises, where = ''): void {
  const found = leaves(store)
  for (const [height, leaf] of promises) expect([height, found.get(height)], where).toEqual([height, leaf])
  const verdict = verifyJournal(folder)
  expect(verdict, `${where}: ${JSON.stringify(verdict)}`).toMatchObject({ ok: true, entries: found.size })
}

/** Cuts all that can be cut; the code of a refusal. */
async function compactAll(store: WorldStore): Promise<string> {
  try {
    await store.compact({ before: Number.MAX_SAFE_INTEGER, keep: isKeptKind })
    return 'done'
  } catch (error) {
    if (isAosError(error)) return error.code
    throw error
  }
}

/** What the folder is when the writer that will be stopped opens it. */
export type Before = 'new' | 'closed' | 'killed'

/**
 * Stops a writer before its n-th operation on the disk, works with another one, and lets the first go on. Returns where it
 * was stopped; undefined when it has fewer operations.
 */
export function runStopped(
  stopAt: number,
  first: Before,
  { compacts = false }: { readonly compacts?: boolean } = {},
): Promise<string | undefined> {
  return withFolder(async (folder) => {
    const open = makeWorld(folder)
    const promises: Promises = new Map()
    if (first !== 'new') {
      const before = await open()
      expect(await appendAll(before, { count: 2, mark: 'before', promises })).toBe('done')
      if (first === 'closed') await before.close()
    }
    const disk = new StoppingDisk(stopAt)
    const stale = new Map<number, string>()
    const running = (async (): Promise<string> => {
      const store = await open({ disk })
      let end = await appendAll(store, { count: STALE_COUNT, mark: 'stale', promises: stale })
      if (compacts && end === 'done') end = await compactAll(store)
      await store.close()
      return typeof end === 'string' ? end : end.kind
    })().catch((error: unknown) => (isAosError(error) ? `opening: ${error.code}` : Promise.reject(error)))
    const where = await Promise.race([disk.stopped, running.then(() => undefined)])
    if (where === undefined) return undefined
    const two = await open()
    expect(await appendAll(two, { count: 5, mark: 'two', promises }), where).toBe('done')
    if (compacts) expect(await compactAll(two), where).toBe('done')
    const promisedBefore = stale.size
    disk.resume()
    const ended = await running
    const again = await appendAll(two, { count: 5, mark: 'again', promises })
    // The stale writer was fenced; or it had not raised yet and took over; or it had nothing left to promise.
    const ends = [ended, typeof again === 'string' ? again : again.kind]
    const fencedOnes = ends.filter((end) => FENCED.includes(end)).length
    const hasPromisedAll = promisedBefore === STALE_COUNT
    if (!(compacts && hasPromisedAll)) expect(fencedOnes, `${where}: ${ends.join()}`).toBe(hasPromisedAll ? 0 : 1)
    else expect(fencedOnes, `${where}: ${ends.join()}`).toBeLessThan(2)
    await two.close()
    const three = await open()
    expectKept(folder, three, new Map([...promises, ...stale]), `${where}: ${ends.join()}`)
    expect(await appendAll(three, { count: 2, mark: 'three', promises })).toBe('done')
    if (compacts) {
      expect(await compactAll(three)).toBe('done')
      expectKept(folder, three, new Map([...promises, ...stale]), where)
    }
    await three.close()
    return where
  })
}

/** Values of the content that two writers store and sweep; the second half of them is dead to whoever sweeps. */
const CONTENT = Array.from({ length: 40 }, (_, mark) => new Uint8Array(mark === 39 ? 300_000 : 100).fill(mark + 1))
const LIVE_COUNT = 20

/**
 * Stops a writer that sweeps before its n-th operation on the disk; another one stores everything that is dead to the first, and the
 * first goes on. Returns where it was stopped; undefined when it has fewer operations.
 */
export function runStoppedSweep(stopAt: number): Promise<string | undefined> {
  return withFolder(async (folder) => {
    const openWorld = makeWorld(folder)
    const open = (disk?: StoppingDisk): Promise<WorldStore> =>
      openWorld({ packBytes: 2_000, ...(disk === undefined ? {} : { disk }) })
    const first = await open()
    for (let at = 0; at < CONTENT.length; at += 8) await first.content.put(CONTENT.slice(at, at + 8))
    await first.close()
    const lives = new Set<string>(CONTENT.slice(0, LIVE_COUNT).map(hashOf))
    const sweep = (store: WorldStore): Promise<string> =>
      store.content.sweep({ isLive: (hash) => lives.has(formatHash(hash)), deadShareMin: 0 }).then(
        () => 'done',
        (error: unknown) => (isAosError(error) ? error.code : Promise.reject(error)),
      )
    const disk = new StoppingDisk(stopAt)
    const running = (async (): Promise<string> => {
      const store = await open(disk)
      const end = await sweep(store)
      await store.close()
      return end
    })().catch((error: unknown) => (isAosError(error) ? error.code : Promise.reject(error)))
    const where = await Promise.race([disk.stopped, running.then(() => undefined)])
    if (where === undefined) return undefined
    const two = await open()
    await two.content.put(CONTENT)
    disk.resume()
    const ended = await running
    const told = `${where}: ${ended}`
    // Who raised last may sweep what the other has stored before.
    const isReplaced = await two.content.put([]).then(
      () => false,
      () => true,
    )
    const must = isReplaced ? CONTENT.slice(0, LIVE_COUNT) : CONTENT
    expectContent(two, must, told)
    await two.close()
    const three = await open()
    expectContent(three, must, told)
    expect(await sweep(three), told).toBe('done')
    expectContent(three, CONTENT.slice(0, LIVE_COUNT), told)
    await three.close()
    return told
  })
}

function hashOf(value: Uint8Array): Hash {
  return formatHash(sha256(nodeSha256, value))
}

function expectContent(store: WorldStore, values: readonly Uint8Array[], where: string): void {
  const lost = values.filter((value) => store.content.get(hashOf(value))?.length !== value.length)
  expect(lost.length, where).toBe(0)
}
