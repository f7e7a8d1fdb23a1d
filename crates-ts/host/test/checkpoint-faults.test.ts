import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatHash } from '@aos/cbor'
import type { World } from '@aos/kernel'
import { openWorldStore } from '@aos/store'
import {
  changeKey,
  collectGarbage,
  compactJournal,
  openWorld,
  push,
  readMoment,
  recoveryCost,
  replayJournal,
  snapshotNotes,
} from '../src/index.ts'
import type { HostWorld } from '../src/index.ts'
import { createHostKey } from '../src/keys/key-ring.ts'
import { BadSnapshots } from '../src/snapshots/bad-snapshots.ts'
import { openNewest } from '../src/snapshots/open-newest.ts'
import { makeLastEventModule } from './_module.ts'
import { crashWorld, makeEvent, sendMany } from './_checkpoint-world.ts'
import { PUSH, REDUCER, makeTestWorld, openPushed } from './_world.ts'
import type { TestWorld } from './_world.ts'

let world: TestWorld

beforeEach(() => {
  world = makeTestWorld()
  setRecovery(10)
})

afterEach(() => {
  world.remove()
})

function setRecovery(recoveryMs: number): void {
  writeFileSync(world.folder.settingsFile, `{"version":1,"recovery_ms":${recoveryMs}}`)
}

function look({ kernel }: HostWorld): unknown {
  return [kernel.head, kernel.readCell(REDUCER, undefined), kernel.keys, kernel.lastCut]
}

function crash(host: HostWorld): Promise<unknown> {
  return crashWorld(world, host, look)
}

async function withCheckpoints(): Promise<HostWorld> {
  const host = await openPushed(world)
  await host.createSnapshot()
  await sendMany(host, 0, 1500)
  expect(host.kernel.recovery.changes).toBeGreaterThan(0)
  return host
}

function filesOf(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

describe('a checkpoint that must not count', () => {
  test('is one of another history of the same world, at whatever height is read', async () => {
    const first = await withCheckpoints()
    await crash(first)
    const early = `${world.folder.root}.early`
    cpSync(world.folder.store, early, { recursive: true })
    const longer = await world.open()
    await sendMany(longer, 1500, 1101)
    const at = longer.findCheckpoint()?.head.record.height ?? 0
    await crash(longer)
    // Somebody puts the store back as it was, and the world goes on in another way.
    rmSync(world.folder.store, { recursive: true })
    renameSync(early, world.folder.store)
    setRecovery(100_000)
    const host = await world.open()
    expect(host.kernel.head?.height).toBeLessThan(at)
    for (let n = 0; n < 2000; n += 1) host.submit({ ...makeEvent(host, 0), idempotencyKey: `other ${n}` })
    await host.read(() => undefined)
    expect(host.findCheckpoint()?.head.record.height).toBe(at)
    const plain = (await readMoment(host, at - 1)).kernel
    const moment = (await readMoment(host, at)).kernel
    expect(moment.head?.height).toBe(at)
    expect(moment.readCell(REDUCER, undefined)).toEqual(plain.readCell(REDUCER, undefined))
    const [header] = [...host.store.journal.readHeaders({ from: at, to: at })].flat()
    expect(moment.head?.leaf).toEqual(header?.leaf)
    // It is passed over before anything in it is looked at: it may be of another engine.
    let kernels = 0
    const makeKernel = (): World => {
      kernels += 1
      return host.makeKernel()
    }
    openNewest({ ...host, store: host.store, makeKernel, bad: new BadSnapshots(world.folder.badSnapshots) })
    expect(kernels).toBe(1)
    await host.close()
  })

  test('is one whose key was revoked behind it', async () => {
    const host = await withCheckpoints()
    const [before] = host.kernel.keys.filter(({ role }) => role === 'host')
    const { publicKey } = createHostKey(host.keyFolder)
    await changeKey(host, { change: 'register', publicKey, role: 'host', kinds: [] })
    await changeKey(host, { change: 'revoke', publicKey: before?.publicKey ?? publicKey, role: 'host', kinds: [] })
    const looked = await crash(host)
    const again = await world.open()
    expect(again.kernel.recovery.changes).toBe(0)
    expect(look(again)).toEqual(looked)
    await again.close()
  })
})

describe('openings stay bounded', () => {
  test('by checkpoints on the empty state also when the first snapshot has come since', async () => {
    const store = await openWorldStore(world.folder.store)
    const host = await openWorld(world.folder, { environment: { AOS_KEY_DIR: world.keys }, store })
    await host.store.content.put([makeLastEventModule()])
    await push(host, PUSH)
    await sendMany(host, 0, 1500)
    // The snapshot takes long: checkpoints go on on the old base meanwhile.
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { content } = store
    const putHashed = content.putHashed.bind(content)
    Object.defineProperty(content, 'putHashed', { value: (values: Parameters<typeof putHashed>[0]) => held.then(() => putHashed(values)) }) // prettier-ignore
    const creating = host.createSnapshot()
    await sendMany(host, 1500, 1500)
    release()
    await creating
    const found = host.findCheckpoint()?.head
    expect(found?.base).toBeUndefined()
    expect(found?.record.height).toBeGreaterThan(host.snapshot?.cut ?? 0)
    await crash(host)
    const again = await world.open()
    expect(again.kernel.recovery.changes).toBeGreaterThan(0)
    expect(recoveryCost(again.kernel)).toBeLessThan(15)
    expect(again.snapshot).toEqual(host.snapshot)
    await again.close()
  })

  test('when the key has another name', async () => {
    const host = await withCheckpoints()
    const folder = join(world.keys, 'host')
    for (const name of readdirSync(folder)) renameSync(join(folder, name), join(folder, `mine-${name}`))
    const looked = await crash(host)
    const again = await world.open()
    expect(again.kernel.recovery.changes).toBeGreaterThan(0)
    expect(look(again)).toEqual(looked)
    await again.close()
  })

  test('by snapshots while something is noted as bad, for then no checkpoint is read', async () => {
    const host = await withCheckpoints()
    await crash(host)
    new BadSnapshots(world.folder.badSnapshots).add(formatHash(new Uint8Array(32)))
    const again = await world.open()
    const cuts = snapshotNotes(again.store).length
    expect(again.kernel.recovery.changes).toBe(0)
    await sendMany(again, 1500, 1500)
    expect(snapshotNotes(again.store).length).toBeGreaterThan(cuts)
    await again.close()
  })

  test('by snapshots when the folder takes nothing, and the world goes on', async () => {
    const host = await openPushed(world)
    writeFileSync(world.folder.checkpoints, 'not a folder')
    await sendMany(host, 0, 3000)
    expect(recoveryCost(host.kernel)).toBeLessThan(15)
    expect(snapshotNotes(host.store).length).toBeGreaterThan(0)
    const looked = await crash(host)
    const again = await world.open()
    expect(again.failure).toBeUndefined()
    expect(look(again)).toEqual(looked)
    await again.close()
  })

  test('by snapshots when somebody removes the file that is written to', async () => {
    const host = await withCheckpoints()
    rmSync(world.folder.checkpoints, { recursive: true })
    await sendMany(host, 1500, 2000)
    expect(snapshotNotes(host.store).length).toBeGreaterThan(1)
    const looked = await crash(host)
    const again = await world.open()
    expect(recoveryCost(again.kernel)).toBeLessThan(15)
    expect(look(again)).toEqual(looked)
    await again.close()
  })
})

describe('a world with checkpoints goes on', () => {
  test('although a file cannot be removed', async () => {
    const host = await withCheckpoints()
    mkdirSync(join(world.folder.checkpoints, '0000000000000001-0123abcd', 'in'), { recursive: true })
    await host.createSnapshot()
    expect(host.failure).toBeUndefined()
    await sendMany(host, 1500, 1500)
    expect(host.kernel.recovery.changes).toBeGreaterThan(0)
    const looked = await crash(host)
    const again = await world.open()
    expect(again.kernel.recovery.changes).toBeGreaterThan(0)
    expect(look(again)).toEqual(looked)
    await again.close()
  })

  test('to its end although nobody flushed what a checkpoint waits for', async () => {
    const host = await withCheckpoints()
    for (let number = 0; number < 900; number += 1) host.submit(makeEvent(host, number))
    await nextTurn()
    await nextTurn()
    await host.close()
  })

  test('without them where there are no snapshots to end a file', async () => {
    const host = await openPushed(world)
    Object.defineProperty(host.kernel, 'hasSnapshots', { get: () => false })
    for (let number = 0; number < 3000; number += 1) {
      host.submit(makeEvent(host, number))
      if (number % 50 === 49) await host.read(() => undefined)
    }
    expect(filesOf(world.folder.checkpoints)).toEqual([])
    await host.close()
  })

  test('after its journal was compacted and its content collected right behind one', async () => {
    const host = await withCheckpoints()
    await host.createSnapshot()
    await sendMany(host, 1500, 1500)
    const [, older] = snapshotNotes(host.store)
    await compactJournal(host, { before: older?.cut ?? 0, onProgress: () => undefined })
    await sendMany(host, 3000, 700)
    await collectGarbage(host, { dryRun: false })
    await sendMany(host, 3700, 700)
    const looked = await crash(host)
    const again = await world.open()
    expect(again.kernel.recovery.changes).toBeGreaterThan(0)
    expect(look(again)).toEqual(looked)
    await sendMany(again, 4400, 300)
    await again.createSnapshot()
    expect(replayJournal(again, { to: undefined, verify: true, onProgress: () => undefined }).ok).toBe(true)
    await again.close()
  })
})
