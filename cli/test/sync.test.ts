import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'
import { makeWorkspaceWorld } from './_workspaces.ts'

let sandbox: Sandbox
let world: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = await makeWorkspaceWorld(sandbox)
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

const ask = (...words: readonly string[]): Promise<Document> => sandbox.ask([...words, '--world', world, '--quiet'])

function setFolder(dir: string): void {
  const file = join(world, 'aos.sync.json')
  const before = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  writeFileSync(file, JSON.stringify({ ...before, version: 1, workspaces: [{ ref: 'notes', dir }] }))
}

test('push, change, pull elsewhere; a conflict is an error that lists its paths', { timeout: 60_000 }, async () => {
  setFolder('notes')
  mkdirSync(join(world, 'notes'))
  writeFileSync(join(world, 'notes', 'a b'), 'one')
  writeFileSync(join(world, 'notes', 'c'), 'one')
  const row = { workspace: 'notes', dir: 'notes', written: ['c', '~612062'], removed: [], kept: [] }
  expect((await ask('push', '--dry-run')).data).toMatchObject({ workspaces: [{ ...row, version: 0 }] })
  expect((await ask('push')).data).toMatchObject({ outcome: 'unchanged', workspaces: [{ ...row, version: 1 }] })
  rmSync(join(world, 'notes', 'c'))
  expect((await ask('push')).data).toMatchObject({ workspaces: [{ version: 2, removed: ['c'], written: [] }] })
  setFolder('other')
  expect((await ask('pull')).data).toMatchObject({ dry_run: false, workspaces: [{ version: 2, written: ['~612062'] }] })
  expect(readFileSync(join(world, 'other', 'a b'), 'utf8')).toBe('one')
  await sandbox.ask(['ws', 'write', 'notes/~612062', '@-', '--world', world, '--quiet'], { input: 'two' })
  writeFileSync(join(world, 'other', 'a b'), 'three')
  for (const command of ['push', 'pull']) {
    const conflict = await ask(command)
    expect(conflict).toMatchObject({ exit: 1, ok: false, error: { code: 'sync.conflict' } })
  }
  expect(readFileSync(join(world, 'other', 'a b'), 'utf8')).toBe('three')
})

test.each(['..', '../x', '/etc', '.aos/x', 'a//b', 'C:x', ''])('the folder %j is refused', async (dir) => {
  setFolder(dir)
  expect(await ask('pull')).toMatchObject({ ok: false, error: { code: 'host.bad_config' } })
})

test('a link above the folder is not followed', async () => {
  mkdirSync(join(sandbox.folder, 'outside'))
  symlinkSync(join(sandbox.folder, 'outside'), join(world, 'link'))
  setFolder('link/notes')
  expect(await ask('pull')).toMatchObject({ ok: false, error: { code: 'sync.not_a_file' } })
  expect(existsSync(join(sandbox.folder, 'outside', 'notes'))).toBe(false)
})

test('beside a daemon push and pull do the same, and say the same when they fail', { timeout: 60_000 }, async () => {
  setFolder('held')
  mkdirSync(join(world, 'held'))
  writeFileSync(join(world, 'held', '.env'), 'one')
  expect(await ask('run', '--detach')).toMatchObject({ ok: true })
  try {
    const row = { workspace: 'notes', dir: 'held', removed: [], written: ['.env'] }
    const dry = (await ask('push', '--dry-run')).data as {
      readonly workspaces: readonly [{ readonly version: number }]
    }
    expect(dry).toMatchObject({ workspaces: [row] })
    const [{ version }] = dry.workspaces
    expect((await ask('push', '--message', 'why')).data).toMatchObject({
      workspaces: [{ ...row, version: version + 1 }],
    })
    expect((await ask('ws', 'log', 'notes', '--limit', '1')).data).toMatchObject({
      versions: [{ version: version + 1, message: 'why' }],
    })
    await sandbox.ask(['ws', 'write', 'notes/.env', '@-', '--world', world, '--quiet'], { input: 'two' })
    expect((await ask('pull')).data).toMatchObject({ workspaces: [{ version: version + 2 }] })
    expect(readFileSync(join(world, 'held', '.env'), 'utf8')).toBe('two')
    await sandbox.ask(['ws', 'write', 'notes/.env', '@-', '--world', world, '--quiet'], { input: 'three' })
    writeFileSync(join(world, 'held', '.env'), 'four')
    const held = [await ask('push'), await ask('pull')]
    expect(await ask('stop')).toMatchObject({ ok: true })
    for (const answer of held) {
      expect(answer).toMatchObject({ exit: 1, error: { code: 'sync.conflict', details: { paths: ['.env'] } } })
    }
    expect(await ask('push')).toEqual(held[0])
    expect(await ask('pull')).toEqual(held[1])
  } finally {
    await ask('stop')
  }
})
