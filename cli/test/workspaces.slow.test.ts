import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Ran, Sandbox } from './_command.ts'
import { compareBothWays } from './_parity.ts'
import { makeWorkspaceWorld } from './_workspaces.ts'

let sandbox: Sandbox
let world: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = await makeWorkspaceWorld(sandbox)
})

afterAll(async () => {
  await sandbox.run(['stop', '--world', world])
  sandbox.remove()
})

const run = (words: readonly string[], input?: string): Promise<Ran> =>
  sandbox.run(['ws', ...words, '--world', world, '--quiet'], input === undefined ? {} : { input })
const ask = (words: readonly string[], input?: string): Promise<Document> =>
  sandbox.ask(['ws', ...words, '--world', world, '--quiet'], input === undefined ? {} : { input })

test('files are written, found, read in part, compared, removed and brought back', async () => {
  expect((await run(['ls'])).stdout).toBe('no workspaces yet\n')
  const first = await ask(['write', 'notes/src/one.txt', '@-', '--message', 'begin'], 'one\ntwo\nthree\n')
  expect(first.data).toMatchObject({
    outcome: 'committed',
    version: 1,
    changes: [
      { path: 'src', change: 'added', kind: 'dir' },
      { path: 'src/one.txt', change: 'added', kind: 'file' },
    ],
  })
  const file = join(sandbox.folder, 'binary')
  writeFileSync(file, new Uint8Array([0, 255, 254]))
  expect((await run(['write', 'notes/run', file, '--mode', '755'])).stdout).toContain('notes@2')
  await run(['write', 'notes/src/one.txt', '@-'], 'one\n2\nthree\n')
  expect((await run(['ls', 'notes', '-r'])).stdout).toBe('run\nsrc/\nsrc/one.txt\n')
  expect((await ask(['ls', 'notes@1/src/*'])).data).toMatchObject({
    version: 1,
    head: 3,
    entries: [{ path: 'src/one.txt', kind: 'file', size: 14, mode: '644' }],
  })
  expect((await ask(['ls', 'notes', '--limit', '1'])).data).toMatchObject({
    entries: [{ path: 'run' }],
    next_cursor: 'run',
  })
  expect((await run(['ls', 'notes', '--cursor', 'run'])).stdout).toBe('src/\n')
  expect((await run(['cat', 'notes@1/**/*.txt', '--lines', '2:3'])).stdout).toBe('two\nthree\n')
  expect((await ask(['cat', 'notes/run', '--range', '1:'])).data).toMatchObject({
    files: [{ start: 1, end: 3, base64: '//4=' }],
  })
  const diff = await run(['diff', 'notes@1', '--exit-code'])
  expect(diff).toMatchObject({ exit: 1 })
  expect(diff.stdout).toBe(
    '  + run\n--- notes@1/src/one.txt\n+++ notes@3/src/one.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n',
  )
  expect((await run(['rm', 'notes/src'])).stderr).toContain('[workspace.not_empty]')
  expect((await run(['rm', 'notes/**/*.txt', '-m', 'away'])).stdout).toContain('- src/one.txt')
  expect((await ask(['restore', 'notes@1/src'])).data).toMatchObject({
    version: 5,
    changes: [{ path: 'src/one.txt', change: 'added' }],
  })
  expect((await run(['cat', 'notes/src/one.txt'])).stdout).toBe('one\ntwo\nthree\n')
  const log = await ask(['log', 'notes/src/one.txt'])
  const versions = (log.data as { readonly versions: readonly { readonly version: number }[] }).versions
  expect(versions.map(({ version }) => version)).toEqual([5, 4, 3, 1])
  expect(versions.at(-1)).toMatchObject({ message: 'begin' })
})

const failures: readonly (readonly [readonly string[], string, number])[] = [
  [['cat', 'nobody/a'], 'host.unknown_workspace', 1],
  [['ls', 'notes@99'], 'host.unknown_version', 1],
  [['cat', 'notes/../../etc/passwd'], 'workspace.bad_path', 1],
  [['ls', 'a b'], 'workspace.bad_ref', 1],
  [['write', 'notes', '@-'], 'cli.usage', 2],
  [['restore', 'notes'], 'cli.usage', 2],
  [['cat', 'notes/run', '--range', '2:99'], 'workspace.bad_range', 1],
  [['cat', 'notes/src'], 'workspace.is_directory', 1],
  [['rm', 'notes/*.none'], 'workspace.not_found', 1],
  [['write', 'notes/run/below', '@-'], 'workspace.not_a_directory', 1],
]
test.each(failures)('aos ws %j is %s', { timeout: 20_000 }, async (words, code, exit) => {
  expect(await ask(words, 'x')).toMatchObject({ exit, ok: false, error: { code } })
})

test('a daemon does the same: what is changed through it is read without it', async () => {
  const aos = (words: readonly string[], input = ''): Promise<Ran> =>
    sandbox.run([...words, '--quiet', '--world', world], { input })
  expect(await aos(['run', '--detach'])).toMatchObject({ exit: 0 })
  expect((await aos(['ws', 'write', 'shared/a/one', '@-'], 'one\n')).stdout).toContain('shared@1')
  expect((await aos(['ws', 'write', 'shared/b', '@-'], 'b')).stdout).toContain('shared@2')
  // Both start from the same version; the one that comes second is made again on what the first made.
  const both = await Promise.all(['c', 'd'].map((name) => aos(['ws', 'write', `shared/${name}`, '@-'], name)))
  expect(both.map(({ exit }) => exit)).toEqual([0, 0])
  await aos(['ws', 'ann', 'shared/a', 'lang', 'en'])
  expect(await aos(['ws', 'write', 'shared@1/b', '@-'], 'z')).toMatchObject({ exit: 1 })
  await compareBothWays(sandbox, world, [
    ['ws', 'ls'],
    ['ws', 'ls', 'shared', '-rl'],
    ['ws', 'ls', 'shared', '--json', '--limit', '2'],
    ['ws', 'cat', 'shared/**'],
    ['ws', 'cat', 'shared/nothing'],
    ['ws', 'diff', 'shared@1'],
    ['ws', 'diff', 'shared@1', 'shared@3', '--json'],
    ['ws', 'log', 'shared'],
    ['ws', 'ann', 'shared/a', '--json'],
    ['ws', 'ls', 'nobody'],
  ])
  expect((await aos(['journal', 'replay', '--verify'])).exit).toBe(0)
})
