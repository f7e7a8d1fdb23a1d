/** Dropping old entries, and content that nobody needs (spec/16-snapshots.md, "Retention"). */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatHash, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { walkSnapshot } from '@aos/kernel'
import type { EventIngress } from '@aos/kernel'
import { listAnchors, verifyArchive } from '@aos/store'
import {
  checkStateProof,
  collectGarbage,
  compactJournal,
  exportWorld,
  formatStateProof,
  importWorld,
  makeStateProof,
  manifestAt,
  nodeSha256,
  openWorld,
  parseStateProof,
  push,
  putUpload,
  readMoment,
  replayJournal,
  snapshotNotes,
  valueFromText,
  verifyOpenJournal,
  worldFolderAt,
} from '../src/index.ts'
import type { HostWorld } from '../src/index.ts'
import { EVENT, PUSH, REDUCER, makeTestWorld, openPushed, writeDefinitions } from './_world.ts'
import type { TestWorld } from './_world.ts'

let world: TestWorld

beforeEach(() => {
  world = makeTestWorld()
  writeFileSync(world.folder.settingsFile, '{"version":1,"segment_bytes":65536}')
})

afterEach(() => {
  world.remove()
})

const QUIET = { onProgress: (): void => undefined }

function makeEvent(host: HostWorld, number: number, blobs: readonly Hash[] = []): EventIngress {
  const value = valueFromText(host.definitions, EVENT, JSON.stringify({ n: number % 24 }))
  return { kind: 'event', principal: 'local:test', schema: EVENT, value, idempotencyKey: `key ${number}`, blobs }
}

async function sendMany(host: HostWorld, from: number, count: number): Promise<void> {
  for (let number = from; number < from + count; number += 1) {
    host.submit(makeEvent(host, number))
    if (number % 100 !== 99) continue
    host.flush()
    await host.durable()
  }
  host.flush()
  await host.durable()
}

async function withSnapshots(): Promise<HostWorld> {
  const host = await openPushed(world)
  for (const from of [0, 800, 1600]) {
    await sendMany(host, from, 800)
    await host.createSnapshot()
  }
  await sendMany(host, 2400, 20)
  return host
}

function replay(host: HostWorld, from?: ReturnType<typeof snapshotNotes>[number]): ReturnType<typeof replayJournal> {
  return replayJournal(host, { to: undefined, verify: true, from, ...QUIET })
}

describe('compaction', () => {
  test('is refused without two snapshots before which it stays', async () => {
    const host = await openPushed(world)
    await sendMany(host, 0, 800)
    const few = { code: 'host.too_few_snapshots', details: { needed: 2, found: 0 } }
    await expect(compactJournal(host, { before: 3, ...QUIET })).rejects.toMatchObject(few)
    await host.createSnapshot()
    await expect(compactJournal(host, { before: 3, ...QUIET })).rejects.toMatchObject({ details: { found: 1 } })
    const { cut } = host.snapshot ?? { cut: 0 }
    await sendMany(host, 800, 10)
    await host.createSnapshot()
    const late = { code: 'host.compact_too_late', details: { latest: cut } }
    await expect(compactJournal(host, { before: cut + 1, ...QUIET })).rejects.toMatchObject(late)
    expect([host.store.journal.firstWhole, listAnchors(world.folder.store)]).toEqual([0, []])
    const report = await compactJournal(host, { before: cut, ...QUIET })
    expect(report.compactedBelow).toBeGreaterThan(500)
    expect(report.snapshots.map((note) => note.cut)).toEqual([cut + 12, cut])
    await host.close()
  })

  test('passes over a snapshot that cannot be read, and then allows less', async () => {
    const host = await withSnapshots()
    const [newest, second, third] = snapshotNotes(host.store)
    const lost = [...walkSnapshot({ get: host.readContent }, second?.root ?? ('' as Hash))].at(-1)?.hash
    const readContent = (hash: Hash): Uint8Array => {
      if (hash === lost) return host.readContent(formatHash(new Uint8Array(32)))
      return host.readContent(hash)
    }
    const opened = { ...host, store: host.store, makeKernel: () => host.makeKernel(), readContent }
    const late = { code: 'host.compact_too_late', details: { latest: third?.cut } }
    const asked = { before: second?.cut ?? 0, ...QUIET }
    await expect(compactJournal(opened, asked)).rejects.toMatchObject(late)
    expect(readdirSync(join(world.folder.store, 'anchors'))).toEqual([])
    const report = await compactJournal(opened, { before: third?.cut ?? 0, ...QUIET })
    expect(report.snapshots).toEqual([newest, third])
    await host.close()
  })

  test('leaves what can be proven and derived, and says of the rest that it is gone', async () => {
    const host = await withSnapshots()
    const [newest, older, oldest] = snapshotNotes(host.store)
    if (newest === undefined || older === undefined || oldest === undefined) throw new Error('three snapshots')
    const { root, size } = host.store.logHead()
    const archive = join(world.folder.root, 'old.archive')
    const before = await readMoment(host, 1700)
    const { compactedBelow } = await compactJournal(host, { before: older.cut, archive, ...QUIET })
    expect(compactedBelow).toBeGreaterThan(oldest.cut)
    expect(compactedBelow).toBeLessThanOrEqual(older.cut)
    expect(verifyArchive(archive, { world: world.folder.store })).toMatchObject({ ok: true, isOfWorld: true, first: 0 })
    await host.close()

    const again = await world.open()
    expect(await verifyOpenJournal(again, () => undefined)).toMatchObject({ ok: true, root, compactedBelow })
    for (const from of [newest, older]) expect(replay(again, from)).toMatchObject({ ok: true, entries: size, root })
    const gone = { code: 'journal.compacted', details: { compacted_below: compactedBelow } }
    expect(() => replay(again)).toThrow(
      expect.objectContaining({ ...gone, hint: expect.stringContaining('--from-snapshot') }),
    )
    for (const at of [0, 500, oldest.cut + 1]) await expect(readMoment(again, at)).rejects.toMatchObject(gone)
    expect((await readMoment(again, oldest.cut)).kernel.head?.height).toBe(oldest.cut)
    const moment = await readMoment(again, 1700)
    expect(moment.kernel.readCell(REDUCER, undefined)).toEqual(before.kernel.readCell(REDUCER, undefined))
    expect(manifestAt(again, 5)).toBe(again.kernel.manifestHash)
    for (const note of [newest, older, oldest]) {
      const proof = formatStateProof(makeStateProof(again, { note, reducer: REDUCER, key: undefined }))
      expect(checkStateProof(parseStateProof(proof))).toMatchObject({ height: note.cut, logRoot: root })
    }
    await sendMany(again, 5000, 50)
    await again.close()
  })

  test('needs nothing but the anchor to open again when all content is lost', async () => {
    const host = await withSnapshots()
    const [, older] = snapshotNotes(host.store)
    await compactJournal(host, { before: older?.cut ?? 0, ...QUIET })
    const looked = [host.kernel.head, host.kernel.readCell(REDUCER, undefined)]
    await host.close()
    for (const name of ['packs', 'cas']) rmSync(join(world.folder.store, name), { recursive: true })
    const again = await world.open()
    expect([again.kernel.head, again.kernel.readCell(REDUCER, undefined)]).toEqual(looked)
    expect(await again.send(makeEvent(again, 17))).toMatchObject({ kind: 'duplicate', height: 19 })
    expect(await again.send(makeEvent(again, 9000))).toMatchObject({ kind: 'accepted' })
    expect(replay(again, older)).toMatchObject({ ok: true })
    await again.close()
  })

  test('goes on with a higher height, while the world takes events, and leaves one anchor', async () => {
    const host = await withSnapshots()
    const [newest, older] = snapshotNotes(host.store)
    await compactJournal(host, { before: 700, ...QUIET })
    const [first] = listAnchors(world.folder.store)
    await sendMany(host, 3000, 300)
    await host.createSnapshot()
    expect(older?.cut).toBeLessThan(newest?.cut ?? 0)
    const compacting = compactJournal(host, { before: newest?.cut ?? 0, ...QUIET })
    await sendMany(host, 4000, 200)
    const report = await compacting
    expect(report.compactedBelow).toBeGreaterThan(older?.cut ?? 0)
    expect(listAnchors(world.folder.store)).toEqual([report.anchor.path])
    expect(existsSync(first ?? '')).toBe(false)
    expect(await verifyOpenJournal(host, () => undefined)).toMatchObject({ ok: true })
    expect(replay(host, snapshotNotes(host.store)[1])).toMatchObject({ ok: true })
    await host.close()
  })
})

describe('collecting garbage', () => {
  const waste = (count: number): readonly Uint8Array[] =>
    Array.from({ length: count }, () => new Uint8Array(randomBytes(2000)))
  const nameOf = (bytes: Uint8Array): Hash => formatHash(sha256(nodeSha256, bytes))

  /** In an opening before: what one has stored itself it keeps. */
  async function storeBefore(values: readonly Uint8Array[]): Promise<HostWorld> {
    const host = await withSnapshots()
    await host.store.content.put(values)
    await host.close()
    return world.open()
  }

  test('removes what nothing names, and the world goes on from both snapshots and from genesis', async () => {
    const values = waste(200)
    const host = await storeBefore(values)
    const dry = await collectGarbage(host, { dryRun: true })
    expect(dry.dead).toBeGreaterThanOrEqual(200)
    expect(host.store.content.has(nameOf(values[0] ?? new Uint8Array(0)))).toBe(true)
    const report = await collectGarbage(host, { dryRun: false })
    expect(report.bytesFreed).toBeGreaterThan(300_000)
    for (const value of values) expect(host.store.content.has(nameOf(value))).toBe(false)
    expect(snapshotNotes(host.store)).toEqual(report.snapshots)
    await sendMany(host, 5000, 50)
    await host.close()
    const again = await world.open()
    for (const from of [...report.snapshots, undefined]) expect(replay(again, from)).toMatchObject({ ok: true })
    for (const { root } of report.snapshots) for (const _ of walkSnapshot({ get: again.readContent }, root)) continue
    expect((await readMoment(again, 900)).kernel.head?.height).toBe(900)
    await compactJournal(again, { before: report.snapshots[1]?.cut ?? 0, ...QUIET })
    await collectGarbage(again, { dryRun: false })
    expect(replay(again, snapshotNotes(again.store)[0])).toMatchObject({ ok: true })
    await again.close()
  })

  test('keeps what entries list, also when they are dropped, and what that names', async () => {
    const [leaf = new Uint8Array(0), told = new Uint8Array(0), dead = new Uint8Array(0), ...more] = waste(100)
    const branch = new TextEncoder().encode(`{"child":"${nameOf(leaf)}"}`)
    const host = await storeBefore([leaf, told, dead, branch, ...more])
    // No state has it, only an entry that stays.
    writeDefinitions(world.folder, ['test/More@1'])
    await push(host, { ...PUSH, message: `as in ${nameOf(told)}` })
    await host.send(makeEvent(host, 6000, [nameOf(branch)]))
    const check = (): void => {
      const has = [leaf, branch, told, dead].map((value) => host.store.content.has(nameOf(value)))
      expect(has).toEqual([true, true, true, false])
    }
    await collectGarbage(host, { dryRun: false })
    check()
    await sendMany(host, 7000, 700)
    await host.createSnapshot()
    await host.createSnapshot()
    const { cut } = snapshotNotes(host.store)[1] ?? { cut: 0 }
    expect((await compactJournal(host, { before: cut, ...QUIET })).compactedBelow).toBeGreaterThan(2450)
    await collectGarbage(host, { dryRun: false })
    check()
    await host.close()
  })

  test('keeps what was stored before anything names it, and what is stored and named meanwhile', async () => {
    const [old = new Uint8Array(0), ...more] = waste(300)
    const host = await storeBefore([old, ...more])
    const [leased = new Uint8Array(0), stored = new Uint8Array(0)] = waste(2)
    await host.store.content.put([leased])
    const uploaded = new TextEncoder().encode('uploaded by a person')
    await putUpload(host, uploaded)
    const { content } = host.store
    const sweep = content.sweep.bind(content)
    // All has been marked; nobody knew of it then.
    Object.assign(content, {
      sweep: async (options: Parameters<typeof sweep>[0]) => {
        await host.send(makeEvent(host, 8000, [nameOf(old)]))
        return sweep(options)
      },
    })
    const collecting = collectGarbage(host, { dryRun: false })
    await host.store.content.put([stored])
    await sendMany(host, 8100, 200)
    await collecting
    for (const value of [leased, stored, old, uploaded]) expect(host.store.content.get(nameOf(value))).toEqual(value)
    expect(host.store.content.has(nameOf(more[5] ?? old))).toBe(false)
    await host.close()
    const again = await world.open()
    expect(replay(again, snapshotNotes(again.store)[1])).toMatchObject({ ok: true })
    await again.store.content.put([...waste(100)])
    await again.close()
    const third = await world.open()
    await collectGarbage(third, { dryRun: false })
    expect([uploaded, leased].map((value) => third.store.content.has(nameOf(value)))).toEqual([true, false])
    await third.close()
  })

  test('is refused when the newest snapshot cannot be read', async () => {
    const host = await storeBefore(waste(50))
    const [note] = snapshotNotes(host.store)
    const missing = nameOf(new Uint8Array(1))
    const damaged = new Proxy(host, {
      get: (target, name) => {
        if (name === 'readContent') return (hash: Hash) => target.readContent(hash === note?.root ? missing : hash)
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    await expect(collectGarbage(damaged, { dryRun: true })).rejects.toMatchObject({ code: 'store.missing_blob' })
    await host.close()
  })
})

describe('an archive of a compacted world', () => {
  test('holds its headers, and gives the same world and the same archive again', async () => {
    const host = await withSnapshots()
    const [newest, older] = snapshotNotes(host.store)
    const { compactedBelow } = await compactJournal(host, { before: older?.cut ?? 0, ...QUIET })
    const [first, second] = [join(world.folder.root, 'first'), join(world.folder.root, 'second')]
    await exportWorld(host, first)
    const { root, size } = host.store.logHead()
    const state = host.kernel.readCell(REDUCER, undefined)
    await host.close()

    const environment = { AOS_KEY_DIR: world.keys }
    const copy = worldFolderAt(join(world.folder.root, 'copy'))
    expect(await importWorld(first, copy.root, { environment })).toMatchObject({ entries: size })
    const imported = await openWorld(copy, { environment })
    expect(await verifyOpenJournal(imported, () => undefined)).toMatchObject({ ok: true, root, compactedBelow })
    expect([imported.store.journal.firstWhole, imported.snapshot]).toEqual([compactedBelow, newest])
    expect(imported.kernel.readCell(REDUCER, undefined)).toEqual(state)
    for (const note of snapshotNotes(imported.store).slice(0, 2)) expect(replay(imported, note).ok).toBe(true)
    await exportWorld(imported, second)
    expect(readFileSync(second)).toEqual(readFileSync(first))
    await sendMany(imported, 5000, 10)
    await imported.close()
    const again = await openWorld(copy, { environment })
    expect(await verifyOpenJournal(again, () => undefined)).toMatchObject({ ok: true, entries: size + 10 })
    await again.close()
  })

  test('is refused when what it says of its headers is not so', async () => {
    const host = await withSnapshots()
    const [, older] = snapshotNotes(host.store)
    const { compactedBelow } = await compactJournal(host, { before: older?.cut ?? 0, ...QUIET })
    const file = join(world.folder.root, 'archive')
    await exportWorld(host, file)
    await host.close()
    const bytes = readFileSync(file)
    const headEnd = 14 + bytes.readUInt32BE(10)
    // The last item of the head is where whole entries begin: an unsigned number of two bytes.
    const refused = async (change: (copy: Buffer) => void): Promise<void> => {
      const body = Buffer.from(bytes.subarray(0, -37))
      change(body)
      const digest = createHash('sha256').update(body).digest()
      writeFileSync(file, Buffer.concat([body, Buffer.from([4, 0, 0, 0, 32]), digest]))
      const target = join(world.folder.root, 'target')
      const importing = importWorld(file, target, { environment: { AOS_KEY_DIR: world.keys } })
      await expect(importing).rejects.toMatchObject({ code: expect.stringMatching(/^(transfer|store)\./) as string })
      expect(readdirSync(world.folder.root).filter((name) => name.includes('target'))).toEqual([])
    }
    expect(bytes.readUInt16BE(headEnd - 2)).toBe(compactedBelow)
    for (const wrong of [0, 1, compactedBelow - 1, 65_535])
      await refused((copy) => copy.writeUInt16BE(wrong, headEnd - 2))
    await refused((copy) => copy.writeUInt8(1, 8))
  })
})
