/** Folders and workspaces brought together: a real world, real files. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs' // prettier-ignore
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { editTree } from '@aos/workspace'
import { changeWorkspace, findHistory, pullWorkspace, push, pushWorkspace } from '../src/index.ts'
import type { HostWorld, SyncReport, SyncRequest } from '../src/index.ts'
import { answeringDefinitions } from './_answers.ts'
import { makeLastEventModule } from './_module.ts'
import { PUSH, makeTestWorld } from './_world.ts'
import type { TestWorld } from './_world.ts'

let world: TestWorld
let host: HostWorld

beforeEach(async () => {
  world = makeTestWorld()
  writeFileSync(join(world.folder.root, 'air', 'all.json'), JSON.stringify(answeringDefinitions()))
  host = await world.open()
  await host.store.content.put([makeLastEventModule()])
  await push(host, PUSH)
})

afterEach(async () => {
  await host.close()
  world.remove()
})

const folderOf = (name: string): string => join(world.folder.root, name)

function request(folder: string, more: Partial<SyncRequest> = {}): SyncRequest {
  const ref = { workspace: 'notes', version: undefined, path: undefined }
  const rules = { ignore: [], annotations: new Map() }
  return { ref, folder: folderOf(folder), ...rules, prune: false, dryRun: false, message: undefined, ...more }
}

const pushFrom = (folder: string, more?: Partial<SyncRequest>): Promise<SyncReport> =>
  pushWorkspace(host, request(folder, more))
const pullTo = (folder: string, more?: Partial<SyncRequest>): Promise<SyncReport> =>
  pullWorkspace(host, request(folder, more))

function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folderOf(folder), path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** Path to content and mode; links and empty folders are seen, too. */
function look(folder: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(folderOf(folder), { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(folderOf(folder), name)
    const stats = statSync(file)
    found[name] = stats.isDirectory() ? 'folder' : `${stats.mode & 0o111 ? '+' : '-'}${readFileSync(file, 'utf8')}`
  }
  return found
}

async function writeInWorld(path: string, text: string): Promise<void> {
  await changeWorkspace(host, {
    workspace: 'notes',
    expectedHead: undefined,
    message: undefined,
    edit: ({ store, root }) => {
      const content = new TextEncoder().encode(text)
      return editTree(store, root, [{ kind: 'write', path, hash: store.write(content), size: content.length, mode: undefined }]) // prettier-ignore
    },
  })
}

test('push, change, pull into an empty folder: identical', async () => {
  put('one', { 'a/b c/é.txt': 'x', '~tilde': 'y', run: '#!' })
  chmodSync(join(folderOf('one'), 'run'), 0o755)
  expect(await pushFrom('one')).toMatchObject({ version: 1, plan: { write: ['a/~622063/~C3A92E747874', 'run', '~7E74696C6465'] } }) // prettier-ignore
  put('one', { run: '#!!', new: 'z' })
  expect(await pushFrom('one')).toMatchObject({ version: 2, plan: { write: ['new', 'run'] } })
  expect(await pushFrom('one')).toMatchObject({ version: 2, plan: { write: [], remove: [], kept: [] } })
  await pullTo('two')
  expect(look('two')).toEqual(look('one'))
})

test('a rename and a removal go both ways', async () => {
  put('one', { 'a/old': 'x', gone: 'y', stays: 'z' })
  await pushFrom('one')
  renameSync(join(folderOf('one'), 'a'), join(folderOf('one'), 'b'))
  rmSync(join(folderOf('one'), 'gone'))
  expect((await pushFrom('one')).plan).toMatchObject({ write: ['b/old'], remove: ['a/old', 'gone'] })
  await pullTo('two')
  expect(look('two')).toEqual(look('one'))
  await changeWorkspace(host, {
    ...{ workspace: 'notes', expectedHead: undefined, message: undefined },
    edit: ({ store, root }) => editTree(store, root, [{ kind: 'remove', path: 'b', directories: 'all' }]),
  })
  expect((await pullTo('two')).plan).toMatchObject({ write: [], remove: ['b/old'] })
  expect(look('two')).toEqual({ stays: '-z' })
})

test('a conflict is told with its paths, and nothing is written on either side', async () => {
  put('one', { a: '1', b: '1', c: '1' })
  await pushFrom('one')
  await writeInWorld('a', '2')
  await writeInWorld('c', '2')
  put('one', { a: '3', b: '3' })
  const before = look('one')
  const conflict = expect.objectContaining({ code: 'sync.conflict', details: { workspace: 'notes', paths: ['a'] } })
  await expect(pushFrom('one')).rejects.toThrow(conflict)
  await expect(pullTo('one')).rejects.toThrow(conflict)
  expect(look('one')).toEqual(before)
  expect((await findHistory(host, 'notes'))?.latest).toBe(3)
  put('one', { a: '2' })
  expect((await pushFrom('one')).plan).toMatchObject({ write: ['b'], kept: ['c'] })
  expect((await pullTo('one')).plan).toMatchObject({ write: ['c'] })
  expect(look('one')).toEqual({ a: '-2', b: '-3', c: '-2' })
})

test('a dry run tells and does nothing; prune takes away what is only there', async () => {
  put('one', { a: '1' })
  expect((await pushFrom('one', { dryRun: true })).plan.write).toEqual(['a'])
  expect(await findHistory(host, 'notes')).toBeUndefined()
  await pushFrom('one')
  put('two', { mine: 'x' })
  expect((await pullTo('two', { dryRun: true, prune: true })).plan).toMatchObject({ write: ['a'], remove: ['mine'] })
  expect(look('two')).toEqual({ mine: '-x' })
  expect((await pullTo('two')).plan.kept).toEqual(['mine'])
  await pullTo('two', { prune: true })
  expect(look('two')).toEqual({ a: '-1' })
})

test.each([
  ['~2E2E/x', 'sync.leaves_folder'],
  ['a/~2E2E2F2E2E2Fx', 'sync.bad_encoding'],
  ['a/~2E2E2F2E2E2F78', 'sync.leaves_folder'],
  ['.git/hooks/post-checkout', 'sync.reserved_name'],
  ['A/x', 'sync.name_twins'],
])('a tree with %s is not pulled at all', async (path, code) => {
  await writeInWorld('a/good', '1')
  await writeInWorld(path, '2')
  await expect(pullTo('two')).rejects.toThrow(expect.objectContaining({ code }))
  expect(existsSync(folderOf('two'))).toBe(false)
})

test('a link in the folder is not written through', async () => {
  await writeInWorld('out/x', '1')
  mkdirSync(folderOf('elsewhere'))
  mkdirSync(folderOf('two'))
  symlinkSync(folderOf('elsewhere'), join(folderOf('two'), 'out'))
  await expect(pullTo('two')).rejects.toThrow(expect.objectContaining({ code: 'sync.not_a_file' }))
  expect(look('elsewhere')).toEqual({})
})
