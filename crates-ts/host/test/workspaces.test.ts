/** Workspaces changed from outside: a real reducer, a real store. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Hash } from '@aos/cbor'
import { editTree, walkTree } from '@aos/workspace'
import type { TreeEdit } from '@aos/workspace'
import { ContentTrees, changeWorkspace, commitVersion, findHistory, findVersion, listWorkspaces, push, readMessage, replayJournal, valueFromText, writeEmptyTree } from '../src/index.ts' // prettier-ignore
import type { ChangeReport, HostWorld, WorkspaceChange } from '../src/index.ts'
import { answeringDefinitions } from './_answers.ts'
import { makeLastEventModule } from './_module.ts'
import { PUSH, makeTestWorld, openPushed } from './_world.ts'
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

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function write(path: string, text: string, more: Partial<WorkspaceChange> = {}): Promise<ChangeReport> {
  return changeWorkspace(host, {
    workspace: 'notes',
    expectedHead: undefined,
    message: undefined,
    edit: ({ store, root }) => {
      const content = bytes(text)
      const edit: TreeEdit = { kind: 'write', path, hash: store.write(content), size: content.length, mode: undefined }
      return editTree(store, root, [edit])
    },
    ...more,
  })
}

async function pathsOf(version?: number): Promise<readonly string[]> {
  const { root } = await findVersion(host, { workspace: 'notes', version, path: undefined })
  const options = { base: '', after: undefined, isDeep: true }
  return [...walkTree(new ContentTrees(host.store.content), root, options)].map(({ path }) => path)
}

test('each change is a version, and the ones before stay', async () => {
  expect(await write('a/one', '1', { message: 'begin' })).toMatchObject({ outcome: 'committed', head: 1 })
  const second = await write('b', '2')
  expect(second).toMatchObject({ outcome: 'committed', head: 2, height: 3 })
  expect(second.changes.map(({ path }) => path)).toEqual(['b'])
  expect(await pathsOf()).toEqual(['a', 'a/one', 'b'])
  expect(await pathsOf(1)).toEqual(['a', 'a/one'])
  const [listed] = await listWorkspaces(host)
  expect(listed).toMatchObject({ workspace: 'notes', history: { latest: 2 } })
  const messages = [...(listed?.history.versions.values() ?? [])].map(({ root }) => readMessage(new ContentTrees(host.store.content), root)) // prettier-ignore
  expect(messages).toEqual(['begin', undefined])
  expect(
    replayJournal(host, { to: undefined, verify: true, onProgress: () => undefined }).firstDifference,
  ).toBeUndefined()
})

test('what stays as it is makes no version and no entry, whatever is said about it', async () => {
  await write('b', '2', { message: 'begin' })
  const height = host.kernel.head?.height
  expect(await write('b', '2')).toMatchObject({ outcome: 'unchanged', head: 1, changes: [] })
  expect(await write('b', '2', { message: 'again' })).toMatchObject({ outcome: 'unchanged' })
  expect(host.kernel.head?.height).toBe(height)
})

test('a change of another head than the newest is a conflict; an empty workspace is one, too', async () => {
  const empty = await write('', '', { workspace: 'empty', edit: ({ store }) => writeEmptyTree(store) })
  expect(empty).toMatchObject({ outcome: 'committed', head: 1, changes: [] })
  expect(await write('a', '1', { expectedHead: 0 })).toMatchObject({ outcome: 'committed', head: 1 })
  expect(await write('a', '2', { expectedHead: 0 })).toMatchObject({ outcome: 'conflict', head: 1, height: undefined })
  expect(await write('a', '2', { expectedHead: 2 })).toMatchObject({ outcome: 'conflict', head: 1 })
  const { root } = await findVersion(host, { workspace: 'notes', version: 1, path: undefined })
  // By somebody who does not look first: the reducer tells.
  const committed = await commitVersion(host, { workspace: 'notes', root, expectedHead: 7, blobs: [] })
  expect(committed).toMatchObject({ outcome: 'conflict', head: 1, height: host.kernel.head?.height })
  expect((await findHistory(host, 'notes'))?.latest).toBe(1)
})

test('who meets others makes the change again on what they made, so that none is lost', async () => {
  const all = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((path) => write(path, path)))
  expect(all.map(({ outcome }) => outcome)).toEqual(Array(5).fill('committed'))
  expect(all.map(({ head }) => head).toSorted()).toEqual([1, 2, 3, 4, 5])
  expect(await pathsOf()).toEqual(['a', 'b', 'c', 'd', 'e'])
  const [first, second] = await Promise.all([
    write('x', '1', { expectedHead: 5 }),
    write('x', '2', { expectedHead: 5 }),
  ])
  expect([first.outcome, second.outcome].toSorted()).toEqual(['committed', 'conflict'])
})

test('a plan under a grant for the workspace reads what was brought, file by file', async () => {
  await write('a/one', 'the content')
  const { root } = await findVersion(host, { workspace: 'notes', version: undefined, path: undefined })
  expect(await readByPlan(root)).toBe('ok')
  // Content of the store that no entry names: for the world it is not there.
  const store = new ContentTrees(host.store.content)
  const content = store.write(bytes('nobody said'))
  const foreign = editTree(store, undefined, [
    { kind: 'write', path: 'a/one', hash: content, size: 11, mode: undefined },
  ])
  await store.store()
  expect(await readByPlan(foreign)).toBe('cap.foreign_tree')
})

/** How the read of a plan ended. */
async function readByPlan(root: Hash): Promise<string | undefined> {
  const value = valueFromText(host.definitions, 'test/Read@1', JSON.stringify({ root }))
  const result = await host.send({ kind: 'event', principal: 'local:test', schema: 'test/Read@1', value })
  if (result.kind !== 'accepted') return result.kind
  const [decision] = result.effects.decisions
  return decision?.outcome === 'deny' ? decision.code : result.effects.settled[0]?.status
}

test('a world without the reducer keeps none', async () => {
  const other = makeTestWorld()
  const plain = await openPushed(other)
  try {
    const change = { workspace: 'notes', expectedHead: undefined, message: undefined, edit: () => 'sha256:' as Hash }
    await expect(changeWorkspace(plain, change)).rejects.toMatchObject({ code: 'host.no_workspaces' })
    await expect(changeWorkspace(host, { ...change, workspace: 'a b' })).rejects.toMatchObject({
      code: 'workspace.bad_name',
    })
    expect(await listWorkspaces(plain)).toEqual([])
  } finally {
    await plain.close()
    other.remove()
  }
})
