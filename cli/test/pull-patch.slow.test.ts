import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Ran, Sandbox } from './_command.ts'
import { makeWorkspaceWorld } from './_workspaces.ts'

const PATCH = {
  patches: [
    { add_def: { kind: 'defschema', node: { $kind: 'defschema', name: 'demo/Extra@1', type: { record: { a: 'text' } } } } }, // prettier-ignore
  ],
}

let sandbox: Sandbox
let world: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = await makeWorkspaceWorld(sandbox)
}, 60_000)

afterAll(async () => {
  await sandbox.run(['stop', '--world', world])
  sandbox.remove()
})

const ask = (...words: readonly string[]): Promise<Document> => sandbox.ask([...words, '--world', world, '--quiet'])
const run = (...words: readonly string[]): Promise<Ran> => sandbox.run([...words, '--world', world, '--quiet'])

test('a patch comes into the folder, with a daemon and without one', { timeout: 60_000 }, async () => {
  writeFileSync(join(world, 'aos.sync.json'), JSON.stringify({ version: 1, workspaces: [{ ref: 'notes', dir: 'notes' }] })) // prettier-ignore
  mkdirSync(join(world, 'notes'))
  writeFileSync(join(world, 'notes', 'a'), 'one')
  await ask('push')
  const patch = join(sandbox.folder, 'patch.json')
  writeFileSync(patch, JSON.stringify(PATCH))
  expect(await run('run', '--detach')).toMatchObject({ exit: 0 })
  for (const words of [
    ['propose', '--patch', patch],
    ['shadow', '1'],
    ['approve', '1'],
    ['apply', '1'],
  ]) {
    expect(await ask('gov', ...words)).toMatchObject({ ok: true })
  }
  expect(await ask('push')).toMatchObject({ exit: 1, error: { code: 'sync.conflict', details: { paths: ['defschema demo/Extra@1'] } } }) // prettier-ignore
  // A proposal of the folder would take it back as well.
  expect(await ask('gov', 'propose')).toMatchObject({
    exit: 1,
    error: {
      code: 'sync.conflict',
      details: { paths: ['defschema demo/Extra@1'] },
      hint: expect.stringContaining('aos gov propose --overwrite'),
    },
  })
  expect(await ask('gov', 'propose', '--dry-run')).toMatchObject({ exit: 1, error: { code: 'sync.conflict' } })
  expect(await ask('gov', 'propose', '--overwrite', '--dry-run')).toMatchObject({
    data: { operations: ['remove_def'] },
  })
  expect(await ask('gov', 'propose', '--overwrite', '--patch', patch)).toMatchObject({ exit: 2 })
  expect(await ask('gov', 'ls')).toMatchObject({ data: { proposals: [{ proposal: 1 }] } })
  const bring = (done: string): string => `${done} 2 files: sha256:`
  const held = await run('pull', '--dry-run')
  expect(held.stdout).toContain('+ schema demo/Extra@1 (air/schemas.air.json)\n~ air/manifest.air.json\n')
  expect(held.stdout).toContain(bring('would bring'))
  expect(await ask('pull')).toMatchObject({
    data: {
      outcome: 'pulled',
      changes: [{ change: 'add', kind: 'schema', name: 'demo/Extra@1', file: 'air/schemas.air.json' }],
      workspaces: [{ workspace: 'notes', dir: 'notes', version: 1, written: [] }],
    },
  })
  expect(readFileSync(join(world, 'air/schemas.air.json'), 'utf8')).toContain('"demo/Extra@1"')
  const after = await run('pull')
  expect(await run('stop')).toMatchObject({ exit: 0 })
  expect(await run('pull')).toEqual(after)
  expect(after.stdout).toContain('nothing changed: the folder has sha256:')
  expect(await ask('push', '--dry-run')).toMatchObject({ data: { outcome: 'unchanged' } })
})

test('help says what it does', async () => {
  const { stdout } = await run('pull', '--help')
  for (const word of ['--modules', '--overwrite', 'conflict', 'world.air.ts']) expect(stdout).toContain(word)
})
