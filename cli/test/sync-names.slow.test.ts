/** Names that want to leave their folder, or to be another file somewhere: through the command, both ways. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeWorkspace, openWorld, worldFolderAt } from '@aos/host'
import { editTree } from '@aos/workspace'
import { makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'
import { makeWorkspaceWorld } from './_workspaces.ts'

let sandbox: Sandbox
let world: string

/** Paths that one tree of the world has, and why no folder gets them. */
const TREES: readonly (readonly [code: string, ...paths: readonly string[]])[] = [
  ['leaves_folder', '~2E2E'],
  ['leaves_folder', '~2E2E/x'],
  ['leaves_folder', 'a/~2E2E/~2E2E/x'],
  ['leaves_folder', '~2E'],
  ['leaves_folder', '~2E2E2F78'],
  ['leaves_folder', '~2F657463'],
  ['leaves_folder', '~5C'],
  ['leaves_folder', '~2E2E5C78'],
  ['bad_encoding', '~'],
  ['bad_encoding', '~2e2e'],
  ['bad_encoding', '~2E2'],
  ['bad_encoding', '~2E2E2Fx'],
  ['bad_encoding', '~61'],
  ['bad_encoding', '~FF'],
  ['bad_encoding', '~C0AEC0AE'],
  ['bad_encoding', '~EDA080'],
  ['bad_character', '~00'],
  ['bad_character', '~610062'],
  ['bad_character', '~0A'],
  ['bad_character', '~7F'],
  ['bad_character', '~E2808B'],
  ['bad_character', '~E280AE747874'],
  ['bad_character', '~EFBBBF61'],
  ['bad_character', '~EFBFBD'],
  ['bad_character', '~EFBFBE'],
  ['bad_character', '~433A78'],
  ['bad_character', '~613A62'],
  ['bad_character', '~2A'],
  ['reserved_name', 'con'],
  ['reserved_name', 'CON.txt'],
  ['reserved_name', 'nul'],
  ['reserved_name', 'com1'],
  ['reserved_name', '~434F4DC2B9'],
  ['reserved_name', '~636F6E696E24'],
  ['reserved_name', '.git/hooks/post-checkout'],
  ['reserved_name', 'a/.GIT/config'],
  ['reserved_name', '.aos/store'],
  ['reserved_name', 'git~1'],
  ['reserved_name', 'AOS~2'],
  ['reserved_name', '~2EEFBD87EFBD89EFBD94'],
  ['reserved_name', 'a.'],
  ['reserved_name', '~6120'],
  ['long_name', 'x'.repeat(256)],
  ['name_twins', 'A', 'a'],
  ['name_twins', 'a/x', 'A/y'],
  ['name_twins', '~C3A9', '~65CC81'],
  ['name_twins', '~EFAC81', 'fi'],
  ['name_twins', '~E284AA', 'k'],
]

/** Files of a folder; a name in bytes is one that is not UTF-8. */
const FOLDERS: readonly (readonly [code: string, ...names: readonly (string | Uint8Array)[]])[] = [
  ['leaves_folder', 'a\\b'],
  ['leaves_folder', '..\\x'],
  ['bad_character', 'a\nb'],
  ['bad_character', 'a\u007f'],
  ['bad_character', 'a\u200b'],
  ['bad_character', 'a\u202etxt'],
  ['bad_character', '\ufeffa'],
  ['bad_character', Buffer.from([0x61, 0xff])],
  ['bad_character', 'C:x'],
  ['bad_character', '*'],
  ['bad_character', 'a?'],
  ['bad_character', '"a"'],
  ['reserved_name', 'con'],
  ['reserved_name', 'Aux.c'],
  ['reserved_name', 'LPT9.log'],
  ['reserved_name', 'COM¹'],
  ['reserved_name', '.GIT'],
  ['reserved_name', '.ｇｉｔ'],
  ['reserved_name', 'git~1'],
  ['reserved_name', 'a.'],
  ['reserved_name', 'a '],
  ['name_twins', 'A', 'a'],
  ['name_twins', 'é', 'e\u0301'],
  ['name_twins', 'ﬁ', 'fi'],
  ['name_twins', '\u212a', 'k'],
]

beforeAll(async () => {
  sandbox = makeSandbox()
  world = await makeWorkspaceWorld(sandbox)
  const host = await openWorld(worldFolderAt(world), { environment: { AOS_KEY_DIR: sandbox.keys } })
  for (const [at, [, ...paths]] of TREES.entries()) {
    await changeWorkspace(host, {
      ...{ workspace: `w${at}`, expectedHead: undefined, message: undefined },
      edit: ({ store, root }) => {
        const hash = store.write(new TextEncoder().encode('evil'))
        const files = ['zz/good', ...paths].map(
          (path) => ({ kind: 'write', path, hash, size: 4, mode: undefined }) as const,
        )
        return editTree(store, root, files)
      },
    })
  }
  await host.close()
  // Commands on a world that is held take less time.
  expect(await ask('run', '--detach')).toMatchObject({ ok: true })
}, 120_000)

afterAll(async () => {
  await ask('stop')
  sandbox.remove()
})

const ask = (...words: readonly string[]): Promise<Document> => sandbox.ask([...words, '--world', world, '--quiet'])

function setWorkspace(ref: string): void {
  const file = { version: 1, workspaces: [{ ref, dir: 'deep/er/here' }] }
  writeFileSync(join(world, 'aos.sync.json'), JSON.stringify(file))
}

/** Everything in the world folder but what the host keeps and the folder that is synced. */
function around(): readonly string[] {
  const found = readdirSync(world, { recursive: true, encoding: 'utf8' })
  return found.filter((path) => !path.startsWith('.aos') && !path.startsWith('deep/er/here/')).sort()
}

test('40 trees that no folder may get: each has a code, and nothing is written', { timeout: 300_000 }, async () => {
  mkdirSync(join(world, 'deep', 'er', 'here'), { recursive: true })
  expect(TREES.length).toBeGreaterThanOrEqual(40)
  setWorkspace('w0')
  const before = around()
  for (const [at, [code, ...paths]] of TREES.entries()) {
    setWorkspace(`w${at}`)
    for (const more of [[], ['--dry-run'], ['--prune']].slice(0, at % 8 === 0 ? 3 : 1)) {
      expect(await ask('pull', ...more), paths.join()).toMatchObject({ exit: 1, error: { code: `sync.${code}` } })
    }
    expect(around(), paths.join()).toEqual(before)
    expect(readdirSync(join(world, 'deep/er/here')), paths.join()).toEqual([])
  }
})

test(
  'folders with such names are not pushed: each has a code, and there is no version',
  { timeout: 300_000 },
  async () => {
    setWorkspace('fresh')
    const here = join(world, 'deep', 'er', 'here')
    const begin = (): void => {
      rmSync(here, { recursive: true, force: true })
      mkdirSync(join(here, 'in'), { recursive: true })
      writeFileSync(join(here, 'good'), '')
    }
    const refused = async (code: string, what: string): Promise<void> => {
      expect(await ask('push'), what).toMatchObject({ exit: 1, error: { code: `sync.${code}` } })
    }
    for (const [code, ...names] of FOLDERS) {
      begin()
      const base = Buffer.from(`${here}/in/`)
      for (const name of names) writeFileSync(Buffer.concat([base, Buffer.from(name)]), 'evil')
      // A file system that cannot have the names is no case.
      if (readdirSync(join(here, 'in')).length < names.length) continue
      await refused(code, String(names))
    }
    for (const target of ['../../../../etc/passwd', '/etc', '.', 'good', 'nowhere']) {
      begin()
      symlinkSync(target, join(here, 'in', 'link'))
      await refused('not_a_file', target)
    }
    begin()
    if (spawnSync('mkfifo', [join(here, 'in', 'pipe')]).status === 0) await refused('not_a_file', 'a pipe')
    expect(existsSync(join(here, 'good'))).toBe(true)
    expect((await ask('ws', 'ls', 'fresh')).error).toMatchObject({ code: 'host.unknown_workspace' })
  },
)
