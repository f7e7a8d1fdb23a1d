import { createHash } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashText } from '@aos/cbor'
import type { EventIngress } from '@aos/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  engineDigest,
  engineDigests,
  ensureOwnerKey,
  nodeSha256,
  runDoctor,
  thisMachine,
  valueFromText,
} from '../src/index.ts'
import type { Check, DoctorOptions, DoctorReport, HostWorld } from '../src/index.ts'
import { EVENT, makeTestWorld, openPushed, writeDefinitions } from './_world.ts'
import type { TestWorld } from './_world.ts'

const GIB = 1024 ** 3
const NAMES = [
  ...['release', 'node', 'temp-folder', 'compiler', 'disk', 'world', 'settings', 'sources', 'quarantine', 'journal'],
  ...['keys', 'owner-key', 'engine', 'definitions', 'clock', 'in-step'],
]
const FULL_NAMES = ['entries', 'replay', 'journal-bytes', 'content']

let world: TestWorld

beforeEach(async () => {
  world = makeTestWorld()
  const host = await openPushed(world)
  for (let n = 0; n < 5; n += 1) await host.send(makeEvent(host, n))
  await host.close()
})

afterEach(() => {
  world.remove()
})

function makeEvent(host: HostWorld, n: number): EventIngress {
  const value = valueFromText(host.definitions, EVENT, `{"n":${n}}`)
  return { kind: 'event', principal: 'local:test', schema: EVENT, value }
}

function examine(change: Partial<DoctorOptions> = {}): Promise<DoctorReport> {
  return runDoctor({
    folder: world.folder,
    cwd: world.folder.root,
    environment: { AOS_KEY_DIR: world.keys },
    machine: { ...thisMachine(), freeBytes: () => 100 * GIB },
    release: '1.2.3',
    engines: engineDigests(),
    compiler: () => Promise.resolve('0.0.1'),
    findBuilt: () => Promise.resolve(undefined),
    runWorldFile: () => Promise.reject(new Error('there is no world file')),
    full: false,
    lockWaitMs: 0,
    onProgress: () => undefined,
    ...change,
  })
}

/** The checks that are not ok. */
function wrong({ checks }: DoctorReport): readonly Check[] {
  return checks.filter(({ state }) => state !== 'ok')
}

async function expectOnly(report: Promise<DoctorReport>, expected: Partial<Check>): Promise<Check> {
  const found = await report
  const [first, ...others] = wrong(found)
  expect(others).toEqual([])
  expect(first).toMatchObject(expected)
  expect(found.ok).toBe(expected.state !== 'fail')
  if (first === undefined) throw new Error('expected a check that is not ok')
  return first
}

/** Every file of the world but those that LevelDB renews whenever it is opened. */
function fingerprint(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const name of readdirSync(world.folder.root, { recursive: true, encoding: 'utf8' })) {
    const path = join(world.folder.root, name)
    if (!statSync(path).isFile() || /world[/\\](meta|cas)[/\\]/.test(name)) continue
    files.set(name, createHash('sha256').update(readFileSync(path)).digest('hex'))
  }
  return files
}

const segments = (): string => join(world.folder.store, 'journal')

function segmentFile(): string {
  const name = readdirSync(segments()).find((file) => file.endsWith('.seg'))
  if (name === undefined) throw new Error('expected a segment')
  return join(segments(), name)
}

/** Changes one bit behind the first occurrence of the text. */
function damage(file: string, text: string): void {
  const bytes = readFileSync(file)
  const at = bytes.indexOf(text)
  if (at < 0) throw new Error(`${text} does not stand in ${file}`)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  writeFileSync(file, bytes)
}

test('a healthy world: every check is ok, and no byte has changed', async () => {
  const before = fingerprint()
  const report = await examine()
  expect(wrong(report)).toEqual([])
  expect(report.checks.map(({ name }) => name)).toEqual(NAMES)
  const full = await examine({ full: true })
  expect(wrong(full)).toEqual([])
  expect(full.checks.map(({ name }) => name)).toEqual([...NAMES, ...FULL_NAMES])
  expect(fingerprint()).toEqual(before)
})

test('checkpoints: the newest, or that none of them can be used', async () => {
  writeFileSync(world.folder.settingsFile, '{"version":1,"recovery_ms":10}')
  const early = `${world.folder.root}.early`
  cpSync(world.folder.store, early, { recursive: true })
  const host = await world.open()
  await host.createSnapshot()
  for (let n = 0; n < 1500; n += 1) {
    host.submit(makeEvent(host, n))
    if (n % 50 === 49) await host.read(() => undefined)
  }
  await expect.poll(() => host.findCheckpoint()).toBeDefined()
  const height = host.findCheckpoint()?.head.record.height
  const kept = `${world.folder.root}.kept`
  cpSync(world.folder.checkpoints, kept, { recursive: true })
  await host.close()
  rmSync(world.folder.checkpoints, { recursive: true, force: true })
  cpSync(kept, world.folder.checkpoints, { recursive: true })
  const report = await examine()
  expect(wrong(report)).toEqual([])
  expect(report.checks.filter(({ name }) => name === 'checkpoints')).toMatchObject([{ details: { height } }])
  // The store is as it was, or another one: what is in the files has not happened in it.
  rmSync(world.folder.store, { recursive: true })
  cpSync(early, world.folder.store, { recursive: true })
  const other = await expectOnly(examine(), { name: 'checkpoints', state: 'warn' })
  expect(other.details).toMatchObject({ height })
  rmSync(join(world.keys, 'host'), { recursive: true })
  const check = await expectOnly(examine(), { name: 'checkpoints', state: 'warn' })
  expect(check.hint).toContain(world.keys)
})

test('an old Node, a full disk, a folder that cannot be written, a missing compiler', async () => {
  const machine = { ...thisMachine(), freeBytes: () => 100 * GIB }
  await expectOnly(examine({ machine: { ...machine, node: '20.18.3' } }), { name: 'node', state: 'fail' })
  for (const node of ['20.19.0', '22.0.0']) expect((await examine({ machine: { ...machine, node } })).ok).toBe(true)
  await expectOnly(examine({ machine: { ...machine, freeBytes: () => GIB / 2 } }), { name: 'disk', state: 'warn' })
  await expectOnly(examine({ machine: { ...machine, freeBytes: () => 1000 } }), { name: 'disk', state: 'fail' })
  const tempFolder = join(world.folder.root, 'nowhere')
  await expectOnly(examine({ machine: { ...machine, tempFolder } }), { name: 'temp-folder', state: 'fail' })
  const compiler = (): Promise<string> => Promise.reject(new Error('not there'))
  await expectOnly(examine({ compiler }), { name: 'compiler', state: 'fail' })
})

test('a clock that has jumped while the world was closed, where such jumps are held', async () => {
  const nowNs = (): bigint => thisMachine().nowNs() + 7_200_000_000_000n
  const machine = { ...thisMachine(), freeBytes: () => 100 * GIB, nowNs }
  expect(wrong(await examine({ machine }))).toEqual([])
  writeFileSync(world.folder.settingsFile, '{"version":1,"clock":{"hold_at_open":true}}')
  await expectOnly(examine({ machine }), { name: 'clock', state: 'warn' })
})

test('a clock before the last entry, and an engine that this release does not have', async () => {
  const machine = { ...thisMachine(), freeBytes: () => 100 * GIB, nowNs: () => 1_000_000_000_000_000_000n }
  await expectOnly(examine({ machine }), { name: 'clock', state: 'fail' })
  const wanted = engineDigest()
  const engine = hashText(nodeSha256, new Uint8Array(0))
  const details = { code: 'engine.unsupported', wanted, found: [engine] }
  await expectOnly(examine({ engines: [engine] }), { name: 'engine', state: 'fail', details })
})

test('a damaged segment is named with its height, quickly at the end and in full elsewhere', async () => {
  damage(segmentFile(), 'test/Last@1')
  const quick = await examine()
  expect(quick.ok).toBe(false)
  expect(wrong(quick)[0]).toMatchObject({ name: 'journal', state: 'fail', details: { code: 'store.corrupt' } })
  const full = await examine({ full: true })
  const bytes = full.checks.find(({ name }) => name === 'journal-bytes')
  expect(bytes).toMatchObject({ state: 'fail', details: { height: expect.any(Number) } })
})

test('acknowledged entries that are gone', async () => {
  const copy = `${world.folder.store}-copy`
  cpSync(segmentFile(), copy)
  const host = await world.open()
  await host.send(makeEvent(host, 6))
  await host.close()
  const current = segmentFile()
  rmSync(current)
  cpSync(copy, current)
  rmSync(copy)
  const report = await examine()
  expect(wrong(report)[0]).toMatchObject({ name: 'journal', state: 'fail', details: { code: 'journal.missing' } })
})

test('damaged content is found by a full look', async () => {
  const packs = join(world.folder.store, 'packs')
  const pack = readdirSync(packs).find((name) => name.endsWith('.pack'))
  if (pack === undefined) throw new Error('expected a pack')
  damage(join(packs, pack), 'defmodule')
  const report = await examine({ full: true })
  expect(report.ok).toBe(false)
  expect(report.checks.find(({ name }) => name === 'content')).toMatchObject({ state: 'fail' })
})

test.skipIf(process.platform === 'win32')('keys that others can read, with the commands that mend it', async () => {
  const owner = join(world.keys, 'owner.key')
  chmodSync(owner, 0o644)
  chmodSync(world.keys, 0o755)
  const { hint } = await expectOnly(examine(), { name: 'keys', state: 'fail' })
  expect(hint).toBe(`chmod 700 ${world.keys} && chmod 600 ${owner}`)
})

test('a missing key, a foreign key, a missing folder, a folder inside of the world', async () => {
  const other = `${world.keys}-other`
  ensureOwnerKey(other)
  const foreign = await expectOnly(examine({ environment: { AOS_KEY_DIR: other } }), {
    name: 'owner-key',
    state: 'fail',
  })
  expect(foreign.hint).toContain('aos key register ')
  const nowhere = { AOS_KEY_DIR: `${world.keys}-nowhere` }
  await expectOnly(examine({ environment: nowhere }), { name: 'keys', state: 'fail' })
  const inside = join(world.folder.root, 'keys')
  cpSync(world.keys, inside, { recursive: true })
  chmodSync(inside, 0o700)
  const details = { code: 'key.inside_world' }
  await expectOnly(examine({ environment: { AOS_KEY_DIR: inside } }), { name: 'key-folder', state: 'fail', details })
  rmSync(inside, { recursive: true })
  rmSync(join(world.keys, 'owner.key'))
  await expectOnly(examine(), { name: 'owner-key', state: 'fail', details: { code: 'key.missing' } })
})

test('a world that another process holds is no failure; what needs no lock is looked at', async () => {
  const host: HostWorld = await world.open()
  try {
    await expectOnly(examine({ full: true }), { name: 'lock', state: 'warn', details: { code: 'store.locked' } })
  } finally {
    await host.close()
  }
})

test('quarantined inputs', async () => {
  const digest = 'a'.repeat(64)
  writeFileSync(world.folder.faults, `${digest}\n`)
  await expectOnly(examine(), { name: 'quarantine', state: 'warn' })
  writeFileSync(world.folder.faults, `${digest}\n${digest}\n`)
  const { hint } = await expectOnly(examine(), { name: 'quarantine', state: 'fail' })
  expect(hint).toContain(world.folder.faults)
})

test('definitions that were not pushed, or that do not hold', async () => {
  writeDefinitions(world.folder, ['test/More@1'])
  const unpushed = await expectOnly(examine(), { name: 'in-step', state: 'warn' })
  expect(unpushed.details).toEqual({ changed: ['schema test/More@1'] })
  writeFileSync(join(world.folder.root, 'air', 'all.json'), '{')
  await expectOnly(examine(), { name: 'in-step', state: 'fail', details: { code: 'host.invalid_air' } })
})

test('sources that changed since they were compiled, or that are not there', async () => {
  const source = 'reducers/last'
  const sync = { version: 1, modules: { 'test/Last@1': { source } } }
  writeFileSync(world.folder.syncFile, JSON.stringify(sync))
  const missing = (await examine()).checks.find(({ name }) => name === 'sources')
  expect(missing).toMatchObject({ state: 'fail', details: { missing: [{ module: 'test/Last@1', source }] } })
  mkdirSync(join(world.folder.root, source), { recursive: true })
  writeFileSync(join(world.folder.root, source, 'index.ts'), '')
  const { details } = await expectOnly(examine(), { name: 'in-step', state: 'warn' })
  expect(details).toEqual({ changed: ['module test/Last@1'] })
})

test('settings that cannot be read', async () => {
  writeFileSync(world.folder.settingsFile, '{"version":2}')
  await expectOnly(examine(), {
    name: 'settings',
    state: 'fail',
    details: expect.objectContaining({ code: 'host.bad_config' }),
  })
})

test('a world without genesis, and no world at all', async () => {
  const fresh = makeTestWorld()
  try {
    const before = readdirSync(fresh.folder.root).toSorted()
    await expectOnly(examine({ folder: fresh.folder }), { name: 'journal', state: 'warn', hint: 'run `aos push`' })
    expect(readdirSync(fresh.folder.root).toSorted()).toEqual(before)
  } finally {
    fresh.remove()
  }
  await expectOnly(examine({ folder: undefined }), { name: 'world', state: 'warn' })
})
