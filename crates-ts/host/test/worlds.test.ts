/** A host of many worlds: who is awake, and that nobody is forgotten (spec/15-control.md, "Sleep"). */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localPrincipal, worldFolderAt } from '../src/index.ts'
import type { HeldWorld, WorldKeeper, WorldReport } from '../src/index.ts'
import { NAP_MS, doing, entriesOf, nap } from './_effect-world.ts'
import { adapterOf, ok } from './_effects.ts'
import { makeWorlds, until } from './_worlds.ts'
import type { TestWorlds } from './_worlds.ts'

let some: TestWorlds

beforeEach(async () => {
  some = await makeWorlds(3)
})

afterEach(() => some.remove())

const stateOf = (keeper: WorldKeeper, name: string): WorldReport['state'] | undefined =>
  keeper.list().find((world) => world.name === name)?.state
const heightOf = ({ host }: HeldWorld): Promise<number | undefined> => host.read(({ head }) => head?.height)
const look = (keeper: WorldKeeper, name: string): Promise<number | undefined> => keeper.use(name, heightOf)
/** Every world was looked at and sleeps. */
const settled = (keeper: WorldKeeper): Promise<void> =>
  until('all sleep', () => keeper.list().every(({ state, rest }) => state === 'asleep' && rest !== undefined))
/** Of what is durable. */
const endedNaps = async ({ host }: HeldWorld): Promise<number> => {
  await host.read(() => undefined)
  return entriesOf(host).filter((entry) => JSON.stringify(entry).includes('"deadline"')).length
}

test('a world wakes for a command, sleeps when nothing is under way, and its folder is free then', async () => {
  const keeper = some.keep({ idleMs: 20 })
  await settled(keeper)
  expect(await look(keeper, 'w1')).toBe(1)
  await until('w1 sleeps', () => stateOf(keeper, 'w1') === 'asleep')
  // Somebody else opens it, does something, and closes it.
  const direct = await some.worlds[1]?.open()
  const refused = await keeper.use('w1', heightOf).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'store.locked' })
  expect(await look(keeper, 'w2')).toBe(1)
  await direct?.send(doing('again', 1))
  await direct?.close()
  expect(await look(keeper, 'w1')).toBeGreaterThanOrEqual(2)
})

test('what is under way keeps a world awake: a command, an effect', async () => {
  const ends: (() => void)[] = []
  const adapter = adapterOf(async () => {
    await new Promise<void>((resolve) => {
      ends.push(resolve)
    })
    return ok('late')
  })
  const keeper = some.keep({ idleMs: 1, adapter })
  await settled(keeper)
  const held = keeper.use('w0', async ({ host }) => {
    await host.send(doing('once', 1))
    await until('it is called', () => ends.length === 1)
    return host
  })
  const host = await held
  // Nobody uses it now, but the call is out; other worlds come and go.
  for (let round = 0; round < 3; round += 1) await look(keeper, 'w1')
  await until('w1 sleeps', () => stateOf(keeper, 'w1') === 'asleep')
  expect(keeper.list().find(({ name }) => name === 'w0')).toMatchObject({ state: 'awake', isBusy: true })
  ends[0]?.()
  await until('w0 sleeps', () => stateOf(keeper, 'w0') === 'asleep')
  expect(host.kernel.listIntents()[Symbol.iterator]().next().done).toBe(true)
})

test('what is due wakes a world, and what another process left there is noticed', async () => {
  const keeper = some.keep({ idleMs: 10 })
  await settled(keeper)
  const before = Date.now()
  await keeper.use('w0', ({ host }) => host.send(nap()))
  await until('w0 sleeps', () => stateOf(keeper, 'w0') === 'asleep')
  const direct = await some.worlds[1]?.open()
  await direct?.send(nap())
  await direct?.close()
  await until('both have been ticked', () => {
    const [one, two] = keeper.list()
    return one?.rest?.height === 3 && two?.rest?.height === 3
  })
  expect(Date.now() - before).toBeGreaterThanOrEqual(NAP_MS)
  expect(await keeper.use('w0', endedNaps)).toBe(1)
  expect(await keeper.use('w1', endedNaps)).toBe(1)
})

test('what is due while somebody else has the folder is done afterwards', async () => {
  const keeper = some.keep({ idleMs: 10 })
  await settled(keeper)
  await keeper.use('w0', ({ host }) => host.send(nap()))
  await until('w0 sleeps', () => stateOf(keeper, 'w0') === 'asleep')
  const direct = await some.worlds[0]?.open()
  await until('it is locked', () => some.events.includes('w0: store.locked'))
  expect(keeper.list()[0]).toMatchObject({ state: 'asleep', error: { code: 'store.locked' } })
  await direct?.close()
  await until('it has been ticked', () => keeper.list()[0]?.rest?.height === 3)
  expect(keeper.list()[0]?.error).toBeUndefined()
})

test('a later host wakes only the worlds that it knows nothing about, or in which something is due', async () => {
  const first = some.keep({ idleMs: 10 })
  await settled(first)
  await first.use('w0', ({ host }) => host.send(nap()))
  await first.stop({ timeoutMs: 10_000 })
  rmSync(worldFolderAt(join(some.folder.root, 'w2')).sleepNote)
  some.events.length = 0
  const second = some.keep({ idleMs: 10 })
  expect(second.list().map(({ rest }) => rest?.height)).toEqual([2, 1, undefined])
  await until('the due one has been ticked', () => second.list()[0]?.rest?.height === 3)
  await settled(second)
  expect(some.events.filter((event) => event.endsWith('woke')).toSorted()).toEqual(['w0: woke', 'w2: woke'])
})

test('no more are awake than allowed: the one used longest ago goes, a busy one never', async () => {
  const keeper = some.keep({ awakeMax: 2 })
  await until('all were looked at', () => keeper.list().every(({ rest }) => rest !== undefined))
  await look(keeper, 'w0')
  await look(keeper, 'w1')
  await look(keeper, 'w2')
  await until('w0 sleeps', () => stateOf(keeper, 'w0') === 'asleep')
  let end = (): void => undefined
  const busy = keeper.use('w1', () => new Promise<void>((resolve) => (end = resolve)))
  await look(keeper, 'w2')
  await look(keeper, 'w0')
  expect([stateOf(keeper, 'w1'), stateOf(keeper, 'w2')]).toEqual(['awake', 'asleep'])
  const also = keeper.use('w0', () => busy)
  // No room: it waits until one is not busy any more.
  const waiting = look(keeper, 'w2')
  expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))])).toBe('waits')
  end()
  await also
  expect(await waiting).toBe(1)
})

test('idle worlds go at once when memory is short', async () => {
  let used = 0
  const keeper = some.keep({ memoryBytes: 1000, usedBytes: () => used })
  for (const name of ['w0', 'w1', 'w2']) await look(keeper, name)
  used = 1001
  await until('all sleep', () => keeper.list().every(({ state }) => state === 'asleep'))
})

test('a world that cannot be opened disturbs no other', async () => {
  const [broken] = some.worlds
  if (broken === undefined) throw new Error('there are worlds')
  writeFileSync(broken.folder.settingsFile, '{"version":2}')
  const keeper = some.keep({ idleMs: 10 })
  await expect(look(keeper, 'w0')).rejects.toMatchObject({ code: 'host.bad_config' })
  expect(await look(keeper, 'w1')).toBe(1)
  expect(keeper.list()[0]).toMatchObject({ state: 'asleep', error: { code: 'host.bad_config' } })
  writeFileSync(broken.folder.settingsFile, '{"version":1}')
  expect(await look(keeper, 'w0')).toBe(1)
  expect(keeper.list()[0]?.error).toBeUndefined()
  await expect(look(keeper, '../w1')).rejects.toMatchObject({ code: 'control.unknown_world' })
  await expect(look(keeper, '.aos-worlds')).rejects.toMatchObject({ code: 'control.unknown_world' })
})

test('a world that fails ends what is done with it, and is opened again by the next use', async () => {
  const keeper = some.keep()
  const ended = keeper.use('w0', async ({ host }, signal) => {
    // Its disk is gone in the middle of it.
    await host.store.close()
    const failed = host.send({ kind: 'tick', principal: localPrincipal() }).catch((error: unknown) => error)
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve)
      void failed.then(() => look(keeper, 'w0'))
    })
    return failed
  })
  expect(await ended).toMatchObject({ code: 'store.closed' })
  expect(await look(keeper, 'w0')).toBe(1)
})

test('worlds come and go while the host runs', async () => {
  const keeper = some.keep({ idleMs: 10 })
  await settled(keeper)
  cpSync(join(some.folder.root, 'w0'), join(some.folder.root, 'copied'), { recursive: true })
  expect(await look(keeper, 'copied')).toBe(1)
  rmSync(join(some.folder.root, 'w2'), { recursive: true })
  await until('copied sleeps', () => stateOf(keeper, 'copied') === 'asleep')
  expect(keeper.list().map(({ name }) => name)).toEqual(['copied', 'w0', 'w1'])
})

test('a held jump of the clock stays held over a sleep', async () => {
  let jumpNs = 0n
  const clocks = {
    wallNs: () => BigInt(Date.now()) * 1_000_000n + jumpNs,
    monotonicNs: () => process.hrtime.bigint(),
  }
  const keeper = some.keep({ idleMs: 10, clocks })
  await look(keeper, 'w0')
  await until('w0 sleeps', () => stateOf(keeper, 'w0') === 'asleep')
  jumpNs = 7_200_000_000_000n
  expect(await keeper.use('w0', async ({ host }) => host.clock?.held)).toBe(true)
  await until('w0 sleeps again', () => stateOf(keeper, 'w0') === 'asleep')
  expect(await keeper.use('w0', async ({ host }) => host.clock?.held)).toBe(true)
})

test('stopping closes all; nothing that was acknowledged is missing, and each has its note', async () => {
  const keeper = some.keep()
  for (const name of ['w0', 'w1', 'w2']) await keeper.use(name, ({ host }) => host.send(nap()))
  expect(await keeper.stop({ timeoutMs: 10_000 })).toBe(0)
  for (const { folder, open } of some.worlds) {
    expect(existsSync(folder.sleepNote)).toBe(true)
    const height = (JSON.parse(readFileSync(folder.sleepNote, 'utf8')) as { readonly height: number }).height // by rest.ts
    const host = await open()
    expect(host.kernel.head?.height).toBe(height)
    // The nap may be over by then.
    expect(height).toBeGreaterThanOrEqual(2)
    await host.close()
  }
  await expect(look(keeper, 'w0')).rejects.toMatchObject({ code: 'control.lost' })
})
