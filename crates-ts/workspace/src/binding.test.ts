import type { Hash } from '@aos/cbor'
import { describe, expect, test } from 'vitest'
import { NO_WORKSPACE, foreignTree, noteOfAnswer, noteOfCommit } from './binding.ts'
import type { KnownTrees, TreeGrant } from './binding.ts'
import type { WorkspaceParams } from './parameters.ts'

const [A, B, AB, DRAFT, LOST] = ['a', 'b', 'c', 'd', 'e'].map((digit) => `sha256:${digit.repeat(64)}` as Hash) as [
  Hash,
  Hash,
  Hash,
  Hash,
  Hash,
]
const MADE = `sha256:${'f'.repeat(64)}` as Hash

const known = new Map<Hash, readonly string[]>([
  [A, ['alpha']],
  [B, ['beta']],
  [AB, ['alpha', 'beta']],
  [DRAFT, [NO_WORKSPACE]],
])
const trees: KnownTrees = { workspacesOf: (root) => known.get(root) }

function grant(workspaces?: readonly string[], pathPrefixes?: readonly string[]): TreeGrant {
  return { workspaces, pathPrefixes }
}

const read = (root: Hash): WorkspaceParams['read_ref'] => ({ root_hash: root, path: 'x' })
const diff = (before: Hash, after: Hash): WorkspaceParams['diff'] => ({ root_a: before, root_b: after, prefix: null })

describe('a grant reaches', () => {
  test('every tree, when it names neither workspaces nor prefixes', () => {
    for (const root of [A, B, DRAFT, LOST]) expect(foreignTree(read(root), { grant: grant(), trees })).toBeUndefined()
  })

  test('trees of its workspaces, and no hash that somebody learned elsewhere', () => {
    const alpha = grant(['alpha'])
    for (const root of [A, AB]) expect(foreignTree(read(root), { grant: alpha, trees })).toBeUndefined()
    for (const root of [B, DRAFT, LOST]) expect(foreignTree(read(root), { grant: alpha, trees })).toBe(root)
    expect(foreignTree(diff(A, AB), { grant: alpha, trees })).toBeUndefined()
    expect(foreignTree(diff(A, B), { grant: alpha, trees })).toBe(B)
    expect(foreignTree(diff(LOST, A), { grant: alpha, trees })).toBe(LOST)
    expect(foreignTree(read(A), { grant: grant([]), trees })).toBe(A)
  })

  test('whole trees only, when it names prefixes', () => {
    const prefixed = grant(undefined, ['docs'])
    for (const root of [A, B, DRAFT]) expect(foreignTree(read(root), { grant: prefixed, trees })).toBeUndefined()
    expect(foreignTree(read(LOST), { grant: prefixed, trees })).toBe(LOST)
  })

  test('resolve and empty_root name no tree', () => {
    expect(foreignTree({ workspace: 'x', version: null }, { grant: grant([]), trees })).toBeUndefined()
  })
})

describe('what is learned', () => {
  const write = (root: Hash): WorkspaceParams['remove'] => ({ root_hash: root, path: 'x' })
  const made = { new_root_hash: MADE }

  test('a tree made of another is of the same workspaces, as far as the grant goes', () => {
    expect(noteOfAnswer(write(A), made, { grant: grant(['alpha']), trees })).toEqual({
      root: MADE,
      workspaces: ['alpha'],
    })
    expect(noteOfAnswer(write(AB), made, { grant: grant(['beta']), trees })).toEqual({
      root: MADE,
      workspaces: ['beta'],
    })
    expect(noteOfAnswer(write(A), made, { grant: grant(), trees })).toEqual({ root: MADE, workspaces: ['alpha'] })
  })

  test('nobody has said for which of several an unconstrained grant makes it', () => {
    const nobodys = { root: MADE, workspaces: [NO_WORKSPACE] }
    for (const root of [AB, DRAFT, LOST]) {
      expect(noteOfAnswer(write(root), made, { grant: grant(), trees })).toEqual(nobodys)
    }
  })

  test('the empty tree is of the workspace that asked; resolving and reading teach nothing', () => {
    const context = { grant: grant(['alpha']), trees }
    expect(noteOfAnswer({ workspace: 'alpha' }, { root_hash: LOST }, context)).toEqual({
      root: LOST,
      workspaces: ['alpha'],
    })
    const resolved = { exists: true, resolved_version: 1, head: 1, root_hash: LOST }
    expect(noteOfAnswer({ workspace: 'alpha', version: null }, resolved, context)).toBeUndefined()
    expect(noteOfAnswer(read(A), null, context)).toBeUndefined()
    expect(noteOfAnswer({ ...read(A), range: null }, new Uint8Array([1]), context)).toBeUndefined()
  })

  test('a commit from outside says of which workspace its tree is; one from inside claims only what is nobody’s', () => {
    const commit = (root: Hash, isBrought: boolean): unknown =>
      noteOfCommit({ workspace: 'beta', root, isBrought }, trees)
    const noted = (root: Hash): unknown => ({ root, workspaces: ['beta'] })
    for (const root of [A, B, DRAFT, LOST]) expect(commit(root, true)).toEqual(noted(root))
    expect(commit(DRAFT, false)).toEqual(noted(DRAFT))
    // Otherwise a commit would make a tree readable that its committer could not read.
    for (const root of [A, LOST]) expect(commit(root, false)).toBeUndefined()
  })
})
