import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventIngress, TurnResult } from '@aos/kernel'
import { openMemoryStore } from '@aos/store'
import {
  EventPipeline,
  HostWorld,
  listKeys,
  openFolder,
  openWorld,
  push,
  readCellView,
  readMoment,
  replayJournal,
  summarizeJournal,
  valueFromText,
  verifyWorldJournal,
  viewMoment,
} from '../src/index.ts'
import { EVENT, PUSH, REDUCER, makeTestWorld, openPushed, writeDefinitions } from './_world.ts'
import type { TestWorld } from './_world.ts'

let world: TestWorld

beforeEach(() => {
  world = makeTestWorld()
})

afterEach(() => {
  world.remove()
})

function makeEvent(host: HostWorld, n: number, more: Partial<EventIngress> = {}): EventIngress {
  const value = valueFromText(host.definitions, EVENT, JSON.stringify({ n }))
  return { kind: 'event', principal: 'local:test', schema: EVENT, value, ...more }
}

async function stateOf(host: HostWorld, at?: number): Promise<unknown> {
  const { state } = readCellView(await readMoment(host, at), REDUCER, undefined)
  return state === null ? null : state
}

test('genesis and manifest come with the first push, and state survives reopening', async () => {
  const host = await openPushed(world)
  expect(host.kernel.head?.height).toBe(1)
  expect(await host.send(makeEvent(host, 7))).toMatchObject({ kind: 'accepted', height: 2, outcome: 'ok' })
  expect(await host.send(makeEvent(host, 8))).toMatchObject({ kind: 'accepted', height: 3 })
  const id = host.id
  await host.close()
  const again = await world.open()
  expect(again.id).toBe(id)
  expect(await stateOf(again)).toEqual(new Map([['n', { kind: 'number', text: '8' }]]))
  expect(await stateOf(again, 2)).toEqual(new Map([['n', { kind: 'number', text: '7' }]]))
  expect(await stateOf(again, 1)).toBeNull()
  await expect(readMoment(again, 4)).rejects.toMatchObject({ code: 'host.bad_height' })
  await again.close()
})

test('what is seen of the head is of the height that is named, whatever comes in meanwhile', async () => {
  const host = await openPushed(world)
  await host.send(makeEvent(host, 7))
  const seeing = viewMoment(host, undefined, (moment) => readCellView(moment, REDUCER, undefined))
  host.submit(makeEvent(host, 8))
  expect(await seeing).toMatchObject({ height: 2, state: new Map([['n', { kind: 'number', text: '7' }]]) })
  expect(await viewMoment(host, 3, ({ height }) => height)).toBe(3)
  expect(await viewMoment(host, 2, (moment) => readCellView(moment, REDUCER, undefined).state)).toEqual(
    new Map([['n', { kind: 'number', text: '7' }]]),
  )
  await expect(viewMoment(host, 9, () => undefined)).rejects.toMatchObject({ code: 'host.bad_height' })
  await host.close()
})

test('a reply leaves only when the head it saw is durable, also a refusal and a duplicate', async () => {
  const host = await openPushed(world)
  const seen: (readonly [what: string, durableTo: number | undefined])[] = []
  const note = (what: string) => (): void => {
    seen.push([what, host.store.journal.head?.height])
  }
  await Promise.all([
    host.send(makeEvent(host, 1, { idempotencyKey: 'k' })).then(note('accepted')),
    host.send(makeEvent(host, 1, { idempotencyKey: 'k' })).then(note('duplicate')),
    host.send({ ...makeEvent(host, 1), schema: 'test/No@1' }).then(note('refused')),
    host.read((kernel) => kernel.head?.height).then(note('read')),
  ])
  // Each of them saw height 2.
  expect(seen.toSorted()).toEqual(['accepted', 'duplicate', 'read', 'refused'].map((what) => [what, 2]))
  await host.close()
})

test('a pipeline answers every event in order, more of them than fit one group', async () => {
  const host = await openPushed(world)
  const replies: (readonly [number, TurnResult['kind'], number])[] = []
  const pipeline = new EventPipeline<number>(host, (reply, ticket) => {
    const durableTo = host.store.journal.head?.height ?? -1
    replies.push([ticket, reply.kind, reply.kind === 'refused' ? -1 : durableTo - reply.height])
  })
  for (let n = 0; n < 2000; n += 1) {
    pipeline.push(n % 100 === 99 ? { ...makeEvent(host, 1), schema: 'test/No@1' } : makeEvent(host, n % 24), n)
    const full = pipeline.room()
    if (full !== undefined) await full
  }
  await pipeline.end()
  expect(replies.map(([ticket]) => ticket)).toEqual(Array.from({ length: 2000 }, (_, n) => n))
  expect(replies.filter(([, kind]) => kind === 'refused')).toHaveLength(20)
  expect(replies.filter(([, kind, ahead]) => kind === 'accepted' && ahead < 0)).toEqual([])
  await host.close()
  // Snapshots may have been cut, each of which is two entries.
  const entries = (host.store.journal.head?.height ?? 0) + 1
  expect(entries).toBeGreaterThanOrEqual(2 + 1980)
  expect(
    await verifyWorldJournal(world.folder, { environment: { AOS_KEY_DIR: world.keys }, onProgress: () => undefined }),
  ).toMatchObject({
    ok: true,
    entries,
  })
})

/** The world on a machine that fails in every turn. */
function breakMachine(host: HostWorld): HostWorld {
  const submit = { value: () => { throw new RangeError('out of memory') } } // prettier-ignore
  const kernel = Object.create(host.kernel, { submit }) as typeof host.kernel // the same kernel but for one method
  return new HostWorld({ ...host, kernel, stamper: { next: () => ({ nowNs: 1n, entropy: new Uint8Array(16) }) } })
}

test('a fault of the machine stops the world and records nothing', async () => {
  const host = await openPushed(world)
  const broken = breakMachine(host)
  await expect(broken.send(makeEvent(host, 1))).rejects.toMatchObject({ code: 'host.fault' })
  await expect(broken.send(makeEvent(host, 1))).rejects.toMatchObject({ code: 'host.stopped' })
  await expect(broken.read(() => 1)).rejects.toMatchObject({ code: 'host.stopped' })
  expect(host.store.journal.head?.height).toBe(1)
  await host.close()
})

test('an event at which the machine failed twice is refused, another one is not (K11)', async () => {
  const host = await openPushed(world)
  await expect(breakMachine(host).send(makeEvent(host, 1))).rejects.toMatchObject({ code: 'host.fault' })
  await host.close()
  const second = await world.open()
  await expect(breakMachine(second).send(makeEvent(second, 1))).rejects.toMatchObject({ code: 'host.fault' })
  await second.close()
  const third = await world.open()
  expect(await third.send(makeEvent(third, 1))).toMatchObject({ kind: 'refused', error: { code: 'host.quarantined' } })
  expect(await third.send(makeEvent(third, 2))).toMatchObject({ kind: 'accepted', height: 2 })
  await third.close()
})

test('a second writer is locked out; after a conflict the world takes nothing more', async () => {
  const host = await openPushed(world)
  await expect(world.open()).rejects.toMatchObject({ code: 'store.locked' })
  const twin = new HostWorld({
    ...host,
    kernel: copyOf(host),
    stamper: { next: () => ({ nowNs: 1n, entropy: new Uint8Array(16) }) },
  })
  await host.send(makeEvent(host, 1))
  await expect(twin.send(makeEvent(host, 2))).rejects.toMatchObject({ code: 'host.conflict' })
  await expect(twin.send(makeEvent(host, 3))).rejects.toMatchObject({ code: 'host.stopped' })
  expect(await stateOf(host)).toEqual(new Map([['n', { kind: 'number', text: '1' }]]))
  await host.close()
})

/** A kernel that stands where the world stands. */
function copyOf(host: HostWorld): HostWorld['kernel'] {
  return replayJournal(host, { to: undefined, verify: false, onProgress: () => undefined }).kernel
}

test('push: nothing changed makes no entry, a dry run writes nothing, a change is signed and put in force', async () => {
  const host = await openPushed(world)
  expect(await push(host, PUSH)).toMatchObject({ outcome: 'unchanged', height: 1, changes: [] })
  writeDefinitions(world.folder, ['test/More@1'])
  const changes = [{ change: 'add', kind: 'schema', name: 'test/More@1' }]
  expect(await push(host, { ...PUSH, dryRun: true })).toMatchObject({ outcome: 'dry_run', changes })
  expect(host.kernel.head?.height).toBe(1)
  expect(await push(host, { ...PUSH, message: 'more' })).toMatchObject({ outcome: 'pushed', height: 2, changes })
  expect([...host.definitions.schemas.keys()]).toContain('test/More@1')
  writeFileSync(join(world.folder.root, 'air', 'broken.json'), '[{"$kind":"defschema","name":"x","type":{}}]')
  await expect(push(host, PUSH)).rejects.toMatchObject({ code: 'host.invalid_air' })
  await host.close()
})

test('private keys are outside the world folder, and the host has one of its own per world', async () => {
  const host = await openPushed(world)
  await host.close()
  expect(listKeys(world.keys).map(({ role }) => role)).toEqual(['owner', 'host'])
  const secrets = readdirSync(world.folder.root, { recursive: true, encoding: 'utf8' })
    .map((name) => join(world.folder.root, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes('PRIVATE KEY'))
  expect(secrets).toEqual([])
})

test('the scan of the journal and a replay agree on the root, and a replay with verification holds', async () => {
  const host = await openPushed(world)
  for (let n = 0; n < 5; n += 1) await host.send(makeEvent(host, n))
  await host.close()
  const opened = await openFolder(world.folder, { environment: { AOS_KEY_DIR: world.keys } })
  const summary = summarizeJournal(opened.store.journal)
  const report = replayJournal(opened, { to: undefined, verify: true, onProgress: () => undefined })
  expect(report).toMatchObject({ ok: true, entries: 7, root: summary.logRoot })
  const ahead = replayJournal(opened, { to: undefined, verify: true, hashAhead: true, onProgress: () => undefined })
  expect(ahead).toMatchObject({ ok: true, entries: 7, root: summary.logRoot })
  expect(summary).toMatchObject({ entries: 7, manifestHash: report.kernel.manifestHash })
  await opened.store.close()
})

test('the store may be in memory', async () => {
  const store = openMemoryStore()
  const host = await openWorld(world.folder, { environment: { AOS_KEY_DIR: world.keys }, store })
  expect(host.kernel.head).toBeUndefined()
  expect(() => host.id).toThrow(expect.objectContaining({ code: 'host.no_genesis' }))
  await host.close()
})
