import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { walkSnapshot } from '@aos/kernel'
import type { EventIngress } from '@aos/kernel'
import {
  EventPipeline,
  checkStateProof,
  formatStateProof,
  makeStateProof,
  parseStateProof,
  readMoment,
  recoveryCost,
  replayJournal,
  snapshotNotes,
  valueFromText,
} from '../src/index.ts'
import type { HostWorld } from '../src/index.ts'
import { makeRandom, runSnapshotKills } from './_snapshot-kills.ts'
import { EVENT, REDUCER, makeTestWorld, openPushed } from './_world.ts'
import type { TestWorld } from './_world.ts'

let world: TestWorld

beforeEach(() => {
  world = makeTestWorld()
})

afterEach(() => {
  world.remove()
})

function makeEvent(host: HostWorld, number: number): EventIngress {
  const value = valueFromText(host.definitions, EVENT, JSON.stringify({ n: number % 24 }))
  return { kind: 'event', principal: 'local:test', schema: EVENT, value, idempotencyKey: `key ${number}` }
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

/** Everything that is asked for here. */
function look(host: HostWorld): unknown {
  const { kernel } = host
  return [kernel.head, kernel.readCell(REDUCER, undefined), kernel.keys, host.submit(makeEvent(host, 3))]
}

async function withSnapshots(): Promise<{ readonly host: HostWorld; readonly looked: unknown }> {
  const host = await openPushed(world)
  await sendMany(host, 0, 300)
  await host.createSnapshot()
  await sendMany(host, 300, 300)
  await host.createSnapshot()
  await sendMany(host, 600, 20)
  return { host, looked: look(host) }
}

describe('a world with snapshots', () => {
  test('opens from the newest one, to the same state', async () => {
    const { host, looked } = await withSnapshots()
    expect(host.kernel.tail.entries).toBe(21)
    await host.close()
    const again = await world.open()
    expect(again.snapshot).toEqual(host.snapshot)
    expect(again.kernel.tail.entries).toBe(21)
    expect(look(again)).toEqual(looked)
    await sendMany(again, 620, 50)
    const verified = replayJournal(again, { to: undefined, verify: true, onProgress: () => undefined })
    expect(verified).toMatchObject({ ok: true, entries: (again.kernel.head?.height ?? 0) + 1 })
    const [newest] = snapshotNotes(again.store)
    const tail = replayJournal(again, { to: undefined, verify: true, from: newest, onProgress: () => undefined })
    expect(tail).toMatchObject({ ok: true, entries: verified.entries, root: verified.root })
    await again.close()
  })

  test('reads a past state from the snapshot before it', async () => {
    const { host } = await withSnapshots()
    const [newest, older] = snapshotNotes(host.store)
    for (const at of [(newest?.cut ?? 0) + 5, newest?.cut, (older?.cut ?? 0) + 1, 7]) {
      const moment = await readMoment(host, at)
      expect(moment.kernel.head?.height).toBe(at)
      const expected = host.makeKernel()
      for (const batch of host.store.journal.read({ from: 0, to: at ?? 0 })) {
        for (const { bytes } of batch) expected.replay(bytes, { verify: false })
      }
      expect(moment.kernel.readCell(REDUCER, undefined)).toEqual(expected.readCell(REDUCER, undefined))
    }
    await host.close()
  })

  test('cuts one when it would take too long to open, and never lets that grow', async () => {
    writeFileSync(world.folder.settingsFile, '{"version":1,"recovery_ms":12}')
    const host = await openPushed(world)
    let worst = 0
    for (let from = 0; from < 6000; from += 200) {
      await sendMany(host, from, 200)
      worst = Math.max(worst, recoveryCost(host.kernel))
    }
    // What comes while one is being made is added.
    expect(worst).toBeLessThan(24)
    expect(snapshotNotes(host.store).length).toBeGreaterThan(1)
    await host.close()
    const again = await world.open()
    expect(recoveryCost(again.kernel)).toBeLessThan(24)
    await again.close({ isCleanStop: true })
    const last = await world.open()
    expect(last.kernel.tail.entries).toBeLessThan(64)
    await last.close()
  })

  test('a pipeline waits for a snapshot that falls behind, and an orderly end leaves little to derive again', async () => {
    writeFileSync(world.folder.settingsFile, '{"version":1,"recovery_ms":10}')
    const host = await openPushed(world)
    const recoveryMs = 10
    let worstMs = 0
    let waits = 0
    const pipeline = new EventPipeline<number>(host, () => undefined)
    for (let number = 0; number < 6000; number += 1) {
      pipeline.push(makeEvent(host, number), number)
      worstMs = Math.max(worstMs, recoveryCost(host.kernel))
      if (host.catchingUp() !== undefined) waits += 1
      const room = pipeline.room()
      if (room !== undefined) await room
    }
    await pipeline.end()
    expect(waits).toBeGreaterThan(0)
    // One event more than the bound allows, and what the snapshot itself adds.
    expect(worstMs).toBeLessThan(1.2 * recoveryMs)
    await host.close({ isCleanStop: true })
    const again = await world.open()
    expect(again.kernel.tail.entries).toBeLessThan(64)
    await again.close()
  })

  test('finds its snapshots in the journal when the notes are lost', async () => {
    const { host, looked } = await withSnapshots()
    const noted = snapshotNotes(host.store)
    await host.close()
    for (const name of readdirSync(join(world.folder.store, 'journal'))) {
      if (name === 'snapshots') rmSync(join(world.folder.store, 'journal', name))
    }
    const again = await world.open()
    expect(again.snapshot).toEqual(noted[0])
    expect(look(again)).toEqual(looked)
    await again.close()
  })

  test('takes the one before when the newest is damaged', async () => {
    const { host, looked } = await withSnapshots()
    const [newest, older] = snapshotNotes(host.store)
    await host.close()
    damage(newest?.root ?? '')
    const again = await world.open()
    expect(again.snapshot).toEqual(older)
    expect(look(again)).toEqual(looked)
    await again.close()
  })

  test('goes back behind a node that a turn could not read, and makes a sound one again', async () => {
    const { host } = await withSnapshots()
    const [note] = snapshotNotes(host.store)
    const before = host.kernel.readCell(REDUCER, undefined)
    // Of the two nodes that have the key, the one that is ordered by height has many others, too; the other one is read only for this key.
    const pieces = note === undefined ? [] : [...walkSnapshot({ get: host.readContent }, note.root)]
    const [node] = pieces
      .filter(({ bytes }) => Buffer.from(bytes).includes('fkey 17'))
      .sort((left, right) => left.bytes.length - right.bytes.length)
    await host.close()
    damage(node?.hash ?? '')
    const again = await world.open()
    const outcome = await again.send(makeEvent(again, 17)).catch((error: unknown) => error)
    await again.close()
    const third = await world.open()
    expect(third.kernel.readCell(REDUCER, undefined)).toEqual(before)
    expect([outcome, await third.send(makeEvent(third, 17))]).toMatchObject([
      { code: 'host.fault' },
      { kind: 'duplicate', height: 19 },
    ])
    await third.createSnapshot()
    await third.close()
    const fourth = await world.open()
    expect(fourth.snapshot).toEqual(third.snapshot)
    expect(await fourth.send(makeEvent(fourth, 17))).toMatchObject({ kind: 'duplicate', height: 19 })
    await fourth.close()
  })
})

/** Turns every byte of a value in the packs. */
function damage(hash: string): void {
  const folder = join(world.folder.store, 'packs')
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name))
    for (let at = bytes.indexOf('AOSR'); at >= 0; at = bytes.indexOf('AOSR', at + 4)) {
      if (bytes[at + 5] !== 0 || bytes.subarray(at + 32, at + 64).toString('hex') !== hash.slice(7)) continue
      const end = at + 72 + Number(bytes.readBigUInt64BE(at + 8))
      for (let byte = at + 72; byte < end; byte += 1) bytes[byte] = (bytes[byte] ?? 0) ^ 255
    }
    writeFileSync(join(folder, name), bytes)
  }
}

describe('a proof file', () => {
  test('is checked without the world, and holds for nothing else', async () => {
    const { host } = await withSnapshots()
    const [note] = snapshotNotes(host.store)
    if (note === undefined) throw new Error('no snapshot')
    const text = formatStateProof(makeStateProof(host, { note, reducer: REDUCER, key: undefined }))
    const shown = checkStateProof(parseStateProof(text))
    expect(shown).toMatchObject({ world: host.id, reducer: REDUCER, height: note.cut, root: note.root })
    expect(shown.logRoot).toBe(host.store.logHead().root)
    const none = formatStateProof(makeStateProof(host, { note, reducer: 'test/Other@1', key: undefined }))
    expect(checkStateProof(parseStateProof(none)).state).toBeUndefined()
    await host.close()
    const file = JSON.parse(text) as Record<string, unknown>
    for (const member of Object.keys(file)) {
      const { [member]: _, ...rest } = file
      expect(() => checkStateProof(parseStateProof(JSON.stringify(rest)))).toThrow(/does not hold/)
    }
    // Any digit, letter or sign of it: another proof, or none.
    for (let at = 0; at < text.length; at += 3) {
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
      let result: unknown
      try {
        result = checkStateProof(parseStateProof(changed))
      } catch {
        continue
      }
      expect(result, `at ${at}: ${text.slice(at - 20, at + 20)}`).toEqual(shown)
    }
  })
})

test('a host that is killed while it cuts snapshots loses nothing', { timeout: 60_000 }, async () => {
  const report = await runSnapshotKills(4, makeRandom(20_261_128), 'snapshots')
  expect(report).toMatchObject({ lost: 0, isVerified: true })
  expect(report.acknowledged).toBeGreaterThan(100)
  expect(report.snapshots).toBeGreaterThan(0)
})
