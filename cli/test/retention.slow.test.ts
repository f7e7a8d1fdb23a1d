/** `journal compact` and `blob gc` as a user does them, and in a daemon while events come (spec/16-snapshots.md, "Retention"). */
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const EVENT = 'demo/CounterEvent@1'
const REDUCER = 'demo/CounterSM@1'

let sandbox: Sandbox
let world: string

const ask = (...args: readonly string[]): ReturnType<Sandbox['ask']> => sandbox.ask([...args, '--world', world])

/** One field of what a command says. */
async function field(name: string, ...args: readonly string[]): Promise<unknown> {
  const { data, error } = await ask(...args)
  if (error !== undefined) throw new Error(`${args.join(' ')}: ${error.message}`)
  return Reflect.get(Object(data), name)
}

async function grow(count: number): Promise<number> {
  const lines = `${'{"Tick":null}\n'.repeat(count)}`
  await sandbox.run(['event', 'send', EVENT, '@-', '--ndjson', '--world', world], { input: lines })
  return Number(await field('cut', 'snapshot', 'create'))
}

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  await sandbox.run(['init', world])
  writeFileSync(join(world, 'aos.json'), '{"version":1,"segment_bytes":65536}')
  await ask('push')
  await ask('event', 'send', EVENT, '{"Start":{"target":100000}}')
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

const gone = { ok: false, error: { code: 'journal.compacted' } }

test('what is dropped stays proven, and nothing is said of it that is not so', { timeout: 120_000 }, async () => {
  expect(await ask('journal', 'compact')).toMatchObject({ exit: 2, error: { code: 'cli.usage' } })
  expect(await ask('journal', 'compact', '--before', '5')).toMatchObject({ error: { code: 'host.too_few_snapshots' } })
  const older = await grow(900)
  const newer = await grow(900)
  const archive = join(sandbox.folder, 'old.aosa')
  const early = await ask('journal', 'compact', '--before', String(newer))
  expect(early).toMatchObject({ exit: 1, error: { code: 'host.compact_too_late', details: { latest: older } } })
  const root = await field('log_root', 'journal', 'head')
  const state = await field('state', 'state', 'get', REDUCER, '--at', '1300')
  const done = await ask('journal', 'compact', '--before', String(older), '--archive', archive)
  expect(done).toMatchObject({ ok: true, data: { snapshots: [{ cut: newer }, { cut: older }] } })
  const below = Number(Reflect.get(Object(done.data), 'compacted_below'))
  expect(below).toBeGreaterThan(400)

  const verified = { ok: true, root, compacted_below: below, archive: { ok: true, first: 0, last: below - 1 } }
  expect(await ask('journal', 'verify', '--archive', archive)).toMatchObject({ exit: 0, data: verified })
  const plain = await ask('journal', 'replay', '--verify')
  expect(plain).toMatchObject({ ...gone, error: { ...gone.error, hint: expect.stringContaining('--from-snapshot') } })
  expect(await field('root', 'journal', 'replay', '--verify', '--from-snapshot')).toBe(root)
  expect(await field('state', 'state', 'get', REDUCER, '--at', '1300')).toEqual(state)
  for (const words of [
    ['state', 'get', REDUCER, '--at', '300'],
    ['state', 'ls', REDUCER, '--at', '300'],
    ['journal', 'show', '300'],
    ['journal', 'show', '300', '--notes'],
    ['policy', 'explain', '300'],
    ['receipt', 'show', `sha256:${'0'.repeat(64)}`],
  ]) {
    expect(await ask(...words), words.join(' ')).toMatchObject(gone)
  }
  expect(await field('kind', 'journal', 'show', '1')).toBe('manifest')
  const proof = join(sandbox.folder, 'proof')
  await ask('state', 'prove', REDUCER, '-o', proof)
  expect(await ask('state', 'verify-proof', proof, '--log-root', String(root))).toMatchObject({ data: { ok: true } })
  expect(await ask('doctor', '--full')).toMatchObject({ exit: 0 })
})

test('a file that is no archive is told', { timeout: 60_000 }, async () => {
  const archive = join(sandbox.folder, 'damaged.aosa')
  writeFileSync(archive, randomBytes(20_000))
  expect(await ask('journal', 'verify', '--archive', archive)).toMatchObject({ error: { code: 'store.bad_archive' } })
})

test('a daemon does both while events come', { timeout: 120_000 }, async () => {
  const waste = join(sandbox.folder, 'waste')
  const hashes: string[] = []
  for (let number = 0; number < 3; number += 1) {
    writeFileSync(waste, randomBytes(200_000))
    hashes.push(String(await field('hash', 'blob', 'put', waste)))
  }
  const older = await grow(900)
  await grow(900)
  const leased = Number(await field('dead', 'blob', 'gc', '--dry-run'))
  // As if a day had passed.
  rmSync(join(world, '.aos/uploads'))
  expect(await field('dead', 'blob', 'gc', '--dry-run')).toBe(leased + 3)
  expect((await sandbox.run(['run', '--detach', '--world', world])).exit).toBe(0)
  try {
    const sending = grow(600)
    const words = ['journal', 'compact', '--before', String(older), '--archive', 'second.aosa']
    const compacted = sandbox.ask([...words, '--world', world])
    const collected = ask('blob', 'gc')
    expect(await compacted).toMatchObject({
      ok: true,
      data: { archive: { file: join(sandbox.folder, 'second.aosa') } },
    })
    expect(await collected).toMatchObject({ ok: true, data: { dry_run: false } })
    await sending
    for (const hash of hashes)
      expect(await ask('blob', 'stat', hash)).toMatchObject({ error: { code: 'host.unknown_blob' } })
    await grow(50)
    expect(await ask('journal', 'verify', '--archive', 'second.aosa')).toMatchObject({ data: { ok: true } })
    expect(await ask('journal', 'replay', '--verify', '--from-snapshot')).toMatchObject({ data: { ok: true } })
    expect(await ask('state', 'get', REDUCER, '--at', '300')).toMatchObject(gone)
  } finally {
    await sandbox.run(['stop', '--world', world])
  }
  expect(await ask('journal', 'replay', '--verify', '--from-snapshot')).toMatchObject({ data: { ok: true } })
  expect(await field('state', 'state', 'get', REDUCER)).toMatchObject({ remaining: 100_000 - 4 * 900 - 650 })
})
