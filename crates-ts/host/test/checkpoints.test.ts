import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeKey, recoveryCost, replayJournal, snapshotNotes } from '../src/index.ts'
import type { HostWorld } from '../src/index.ts'
import { createHostKey } from '../src/keys/key-ring.ts'
import { crashWorld, makeEvent, sendMany } from './_checkpoint-world.ts'
import { REDUCER, makeTestWorld, openPushed } from './_world.ts'
import type { TestWorld } from './_world.ts'

/** Of one checkpoint in its file, in front of its body (spec/16-snapshots.md, "Checkpoint files"). */
const HEAD_BYTES = 176

let world: TestWorld

beforeEach(() => {
  world = makeTestWorld()
  writeFileSync(world.folder.settingsFile, '{"version":1,"recovery_ms":10}')
})

afterEach(() => {
  world.remove()
})

/** Everything that is asked for here. */
function look(host: HostWorld): unknown {
  const { kernel } = host
  return [kernel.head, kernel.readCell(REDUCER, undefined), kernel.keys, host.submit(makeEvent(host, 3))]
}

function filesOf(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function crash(host: HostWorld): Promise<unknown> {
  return crashWorld(world, host, look)
}

/** A world with checkpoints of which nothing newer than `sent` events is known. */
async function withCheckpoints(sent: number): Promise<HostWorld> {
  const host = await openPushed(world)
  await host.createSnapshot()
  await sendMany(host, 0, sent)
  return host
}

/** The file of checkpoints after a crash. */
function checkpointFile(): string {
  const [name] = filesOf(world.folder.checkpoints)
  if (name === undefined) throw new Error('no checkpoint was taken')
  return join(world.folder.checkpoints, name)
}

/** How many checkpoints stand in the file, and where the last one begins. */
function segmentsOf(file: Uint8Array): { readonly count: number; readonly last: number } {
  let count = 0
  let last = 0
  for (let at = 0; at < file.length; count += 1) {
    last = at
    at += HEAD_BYTES + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(at + 40))
  }
  return { count, last }
}

describe('a world with checkpoints', () => {
  test('opens from the newest one, to the same state, and goes on to the same root', async () => {
    const host = await withCheckpoints(1500)
    const { changes, entries } = host.kernel.recovery
    const { entries: behindRoot, bytes, fuel } = host.kernel.tail
    expect(changes).toBeGreaterThan(100)
    expect(behindRoot).toBeGreaterThan(entries)
    const looked = await crash(host)
    const again = await world.open()
    expect(again.kernel.recovery).toMatchObject({ changes, entries })
    expect(again.kernel.tail).toMatchObject({ entries: behindRoot, bytes, fuel })
    expect(again.snapshot).toEqual(host.snapshot)
    expect(look(again)).toEqual(looked)
    await sendMany(again, 1500, 700)
    await again.createSnapshot()
    // Its root is compared with what a replay from genesis comes to.
    const verified = replayJournal(again, { to: undefined, verify: true, onProgress: () => undefined })
    expect(verified).toMatchObject({ ok: true, entries: (again.kernel.head?.height ?? 0) + 1 })
    await again.close()
  })

  test('needs fewer snapshots, and opening stays within its bound all the same', async () => {
    const host = await openPushed(world)
    let worstMs = 0
    for (let from = 0; from < 6000; from += 50) {
      await sendMany(host, from, 50)
      worstMs = Math.max(worstMs, recoveryCost(host.kernel))
    }
    expect(worstMs).toBeLessThan(15)
    expect(snapshotNotes(host.store).length).toBeLessThan(2)
    expect(filesOf(world.folder.checkpoints)).toHaveLength(1)
    await host.close({ isCleanStop: true })
    // The snapshot of a clean stop leaves nothing for them.
    expect(filesOf(world.folder.checkpoints)).toEqual([])
  })

  test('takes the checkpoint before when a byte of the last is another, the snapshot when none holds', async () => {
    const host = await withCheckpoints(1500)
    const looked = await crash(host)
    const path = checkpointFile()
    const whole = readFileSync(path)
    const { count, last } = segmentsOf(whole)
    expect(count).toBeGreaterThan(1)
    const opened = async (file: Uint8Array): Promise<number> => {
      writeFileSync(path, file)
      const again = await world.open()
      const { changes } = again.kernel.recovery
      expect(look(again)).toEqual(looked)
      await again.store.close()
      return changes
    }
    const all = await opened(whole)
    const before = await opened(whole.subarray(0, last))
    expect(before).toBeLessThan(all)
    // Magic, key, length, hash before, hash of the body, signature, body.
    for (const at of [7, 8, 47, 48, 80, 112, HEAD_BYTES, HEAD_BYTES + 500]) {
      const damaged = Uint8Array.from(whole, (byte, index) => (index === last + at ? byte ^ 1 : byte))
      expect(await opened(damaged)).toBe(before)
      const first = Uint8Array.from(whole, (byte, index) => (index === at ? byte ^ 1 : byte))
      expect(await opened(first)).toBe(0)
    }
    for (const length of [last + 1, last + HEAD_BYTES + 1, whole.length - 1])
      expect(await opened(whole.subarray(0, length))).toBe(before)
    expect(await opened(new Uint8Array(0))).toBe(0)
  })

  test('believes none that its own key has not signed', async () => {
    const host = await withCheckpoints(1500)
    const looked = await crash(host)
    const path = checkpointFile()
    const whole = new Uint8Array(readFileSync(path))
    // Another state, and every hash made to fit.
    const { last } = segmentsOf(whole)
    const forged = whole.slice()
    forged.set([(forged.at(-1) ?? 0) ^ 1], forged.length - 1)
    forged.set(
      createHash('sha256')
        .update(forged.subarray(last + HEAD_BYTES))
        .digest(),
      last + 80,
    )
    writeFileSync(path, forged)
    const again = await world.open()
    expect(look(again)).toEqual(looked)
    await again.store.close()
    // No key: nothing to hold them to, and the world opens.
    writeFileSync(path, whole)
    rmSync(join(world.keys, 'host'), { recursive: true })
    const keyless = await world.open()
    expect(keyless.kernel.recovery.changes).toBe(0)
    expect(look(keyless)).toEqual(looked)
    await sendMany(keyless, 1500, 3000)
    expect(recoveryCost(keyless.kernel)).toBeLessThan(20)
    expect(snapshotNotes(keyless.store).length).toBeGreaterThan(1)
    await keyless.close()
  })

  test('goes on in another file when the key of the host is another', async () => {
    const host = await withCheckpoints(1500)
    const [before] = host.kernel.keys.filter(({ role }) => role === 'host')
    const publicKey = createHostKey(host.keyFolder).publicKey
    await changeKey(host, { change: 'register', publicKey, role: 'host', kinds: [] })
    await changeKey(host, { change: 'revoke', publicKey: before?.publicKey ?? publicKey, role: 'host', kinds: [] })
    const height = host.kernel.head?.height ?? 0
    await sendMany(host, 1500, 1500)
    const looked = await crash(host)
    const again = await world.open()
    expect(again.findCheckpoint()?.head.record.height).toBeGreaterThan(height)
    expect(again.kernel.recovery.changes).toBeGreaterThan(0)
    expect(look(again)).toEqual(looked)
    await again.close()
  })

  test('takes none of another world for its own, nor one that is ahead of the journal', async () => {
    const host = await withCheckpoints(1500)
    const looked = await crash(host)
    const other = makeTestWorld()
    try {
      writeFileSync(other.folder.settingsFile, '{"version":1,"recovery_ms":10}')
      cpSync(world.keys, other.keys, { recursive: true })
      const foreign = await openPushed(other)
      await sendMany(foreign, 0, 1700)
      await foreign.durable()
      rmSync(world.folder.checkpoints, { recursive: true })
      cpSync(other.folder.checkpoints, world.folder.checkpoints, { recursive: true })
      await foreign.close()
    } finally {
      other.remove()
    }
    const again = await world.open()
    expect(again.kernel.recovery.changes).toBe(0)
    expect(look(again)).toEqual(looked)
    await again.close()
  })

  test('is read at a past height from a checkpoint that is not later', async () => {
    const host = await withCheckpoints(1500)
    const { openNewest, readMoment } = await import('../src/index.ts')
    const to = host.kernel.head?.height ?? 0
    const found = host.findCheckpoint()
    const at = found?.head.record.height ?? 0
    expect(at).toBeGreaterThan(host.snapshot?.cut ?? 0)
    for (const height of [at - 1, at, at + 1, to]) {
      const moment = await readMoment(host, height)
      const plain = openNewest({
        store: host.store,
        makeKernel: host.makeKernel,
        readContent: host.readContent,
        bad: { isEmpty: true, has: () => false } as never, // nothing is noted
        to: height,
      })
      expect(moment.kernel.head).toEqual(plain.kernel.head)
      expect(moment.kernel.readCell(REDUCER, undefined)).toEqual(plain.kernel.readCell(REDUCER, undefined))
    }
    await host.close()
  })
})
