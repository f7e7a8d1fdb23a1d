import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeNode, fromHex, toHex } from '@aos/cbor'
import type { TurnResult } from '@aos/kernel'
import { HostClock, openWorld, push, readSettings, seededEntropy, verifyWorldJournal, viewEntry } from '../src/index.ts'
import type { Clocks, HostWorld } from '../src/index.ts'
import { makeLastEventModule } from './_module.ts'
import { EVENT, PUSH, makeTestWorld } from './_world.ts'
import type { TestWorld } from './_world.ts'

const SECOND = 1_000_000_000n
const HOUR = 3600n * SECOND
const START = 1_800_000_000n * SECOND

/** Two clocks that a test moves. */
class FakeClocks implements Clocks {
  wall = START
  monotonic = 5n * SECOND

  wallNs(): bigint {
    return this.wall
  }

  monotonicNs(): bigint {
    return this.monotonic
  }

  /** Time passes. */
  pass(ns: bigint): void {
    this.wall += ns
    this.monotonic += ns
  }
}

describe('the clock of a host', () => {
  it('is the wall clock, however long nobody asks, and also when it runs backwards', () => {
    const clocks = new FakeClocks()
    const clock = new HostClock(clocks)
    clocks.pass(1000n * HOUR)
    expect(clock.nowNs()).toBe(START + 1000n * HOUR)
    clocks.wall -= 500n * HOUR
    expect(clock.nowNs()).toBe(START + 500n * HOUR)
    clocks.wall += HOUR
    expect(clock.nowNs()).toBe(START + 501n * HOUR)
    expect(clock.isHeld).toBe(false)
  })

  it('holds a jump of more than an hour, and goes on by the monotonic clock until it is accepted', () => {
    const clocks = new FakeClocks()
    const clock = new HostClock(clocks)
    clocks.wall += HOUR + 1n
    expect(clock.nowNs()).toBe(START)
    clocks.pass(3n * HOUR)
    expect(clock.report()).toEqual({ held: true, wallNs: START + 4n * HOUR + 1n, stampedNs: START + 3n * HOUR })
    clock.accept()
    clocks.pass(SECOND)
    expect(clock.report()).toMatchObject({ held: false, stampedNs: START + 4n * HOUR + 1n + SECOND })
  })

  it('lets go of a jump that somebody takes back', () => {
    const clocks = new FakeClocks()
    const clock = new HostClock(clocks)
    clocks.wall += 9n * HOUR
    clock.nowNs()
    expect(clock.isHeld).toBe(true)
    clocks.wall -= 9n * HOUR
    clocks.pass(SECOND)
    expect(clock.nowNs()).toBe(START + SECOND)
    expect(clock.isHeld).toBe(false)
  })

  it('holds a jump over the time when the world was closed only when told so', () => {
    const clocks = new FakeClocks()
    expect(new HostClock(clocks, START - HOUR).report().held).toBe(false)
    const clock = new HostClock(clocks, START - HOUR - 1n)
    clocks.pass(SECOND)
    expect(clock.report()).toMatchObject({ held: true, stampedNs: START - HOUR - 1n + SECOND })
  })
})

describe('the clock of a world', () => {
  let world: TestWorld
  let clocks: FakeClocks

  beforeEach(() => {
    world = makeTestWorld()
    clocks = new FakeClocks()
  })

  afterEach(() => {
    world.remove()
  })

  const open = (): Promise<HostWorld> => openWorld(world.folder, { environment: { AOS_KEY_DIR: world.keys }, clocks })

  const pushed = async (): Promise<HostWorld> => {
    const host = await open()
    await host.store.content.put([makeLastEventModule()])
    await push(host, PUSH)
    return host
  }

  const send = (host: HostWorld, n: number): Promise<TurnResult> =>
    host.send({ kind: 'event', principal: 'local:test', schema: EVENT, value: encodeNode({ n }) })

  const verified = async (): Promise<boolean> =>
    (await verifyWorldJournal(world.folder, { environment: { AOS_KEY_DIR: world.keys }, onProgress: () => undefined }))
      .ok

  it('does not take a jump until it is accepted, and journals that', async () => {
    const host = await pushed()
    clocks.wall += 24n * HOUR
    clocks.pass(SECOND)
    await send(host, 1)
    expect(host.kernel.time).toMatchObject({ nowNs: START + SECOND, logicalNowNs: START + SECOND })
    expect(host.isClockHeld).toBe(true)
    expect(host.clock).toEqual({ held: true, wallNs: clocks.wall, stampedNs: START + SECOND })
    expect(await host.acceptClock()).toMatchObject({ kind: 'accepted', height: 3 })
    expect(host.kernel.time.logicalNowNs).toBe(START + 24n * HOUR + SECOND)
    clocks.pass(SECOND)
    await send(host, 2)
    expect(host.kernel.time.nowNs).toBe(clocks.wall)
    expect(host.isClockHeld).toBe(false)
    const [batch] = [...host.store.journal.read({ from: 3, to: 3 })]
    const [record] = batch ?? []
    if (record === undefined) throw new Error('no entry')
    expect(viewEntry(record, undefined)).toMatchObject({
      kind: 'clock',
      now_ns: String(START + 24n * HOUR + SECOND),
      set_ns: String(START + 24n * HOUR + SECOND),
    })
    await host.close()
    expect(await verified()).toBe(true)
  })

  it('goes back with the wall clock, but never behind logical time', async () => {
    const host = await pushed()
    clocks.wall -= 48n * HOUR
    await send(host, 1)
    expect(host.kernel.time).toMatchObject({ nowNs: START - 48n * HOUR, logicalNowNs: START })
    expect(await host.acceptClock()).toMatchObject({ kind: 'refused', error: { code: 'kernel.clock_backwards' } })
    await host.close()
  })

  it.each([true, false])('with hold_at_open %s takes or holds what passed while it was closed', async (holds) => {
    writeFileSync(world.folder.settingsFile, JSON.stringify({ clock: { hold_at_open: holds } }))
    await (await pushed()).close()
    clocks.pass(24n * HOUR)
    const host = await open()
    await send(host, 1)
    expect(host.kernel.time.nowNs).toBe(holds ? START : START + 24n * HOUR)
    await host.acceptClock()
    await host.close()
    clocks.pass(SECOND)
    const again = await open()
    expect(again.clock).toMatchObject({ held: false })
    await again.close()
  })

  it('stands still when it is virtual, and with a seed every world has the same entropy', async () => {
    const seed = '5a'.repeat(32)
    const settings = { clock: { mode: 'virtual' }, entropy: { mode: 'seeded', seed } }
    writeFileSync(world.folder.settingsFile, JSON.stringify(settings))
    const host = await pushed()
    clocks.pass(HOUR)
    await send(host, 1)
    expect(host.kernel.time).toEqual({ clock: 'virtual', entropy: 'seeded', nowNs: 0n, logicalNowNs: 0n })
    expect(await host.setClock(90n * SECOND)).toMatchObject({ kind: 'accepted', height: 3 })
    expect(await host.setClock(89n * SECOND)).toMatchObject({ error: { code: 'kernel.clock_backwards' } })
    await send(host, 2)
    expect(host.kernel.time.nowNs).toBe(90n * SECOND)
    const entropies = [...host.store.journal.read({ from: 0 })].flat().map((record) => toHex(record.bytes))
    const bytes = fromHex(seed)
    entropies.forEach((entry, height) => {
      expect(entry.includes(toHex(seededEntropy(bytes, height))), `height ${height}`).toBe(true)
    })
    await host.close()
    expect(await verified()).toBe(true)
    writeFileSync(world.folder.settingsFile, '{}')
    const without = await open()
    await expect(send(without, 3)).rejects.toMatchObject({ code: 'host.no_seed' })
    await without.close()
  })

  it('has settings that are checked', () => {
    const file = world.folder.settingsFile
    const read = (settings: unknown): unknown => {
      writeFileSync(file, JSON.stringify(settings))
      return readSettings(file)
    }
    const wrong: readonly unknown[] = [
      { clock: 1 },
      { clock: { mode: 'fast' } },
      { clock: { hold_at_open: 'yes' } },
      { clock: { other: 1 } },
      { entropy: [] },
      { entropy: { mode: 'dice' } },
      { entropy: { mode: 'seeded' } },
      { entropy: { seed: 'AB' } },
    ]
    for (const settings of wrong) {
      expect(() => read(settings), JSON.stringify(settings)).toThrow(
        expect.objectContaining({ code: 'host.bad_config' }),
      )
    }
    expect(read({})).toMatchObject({ clock: { mode: 'real', holdAtOpen: false }, entropy: { mode: 'os' } })
    expect(readFileSync(file, 'utf8')).toBe('{}')
  })
})
