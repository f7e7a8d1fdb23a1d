import { encodeNode } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { describe, expect, test } from 'vitest'
import {
  decodeAnnotations,
  decodeHistory,
  editTree,
  encodeAnnotations,
  findEntry,
  readAnnotations,
  readTree,
} from '../src/index.ts'
import type { TreeEdit } from '../src/index.ts'
import { MemoryStore, writeOf } from './_model.ts'
import { codeOf } from './_vectors.ts'

function make(): { readonly store: MemoryStore; readonly root: Hash; write(path: string, content?: string): TreeEdit } {
  const store = new MemoryStore()
  const write = (path: string, content = 'x'): TreeEdit => writeOf(store, path, { content, mode: 0o644 })
  const root = editTree(store, undefined, [write('a/b'), write('a/c'), write('f'), { kind: 'directory', path: 'e' }])
  return { store, root, write }
}

function remove(path: string, directories: 'all' | 'empty' = 'empty'): TreeEdit {
  return { kind: 'remove', path, directories }
}

describe('a batch', () => {
  test('means the same in any order: what is removed goes first', () => {
    const { store, root, write } = make()
    const edits = [remove('f'), write('f/x'), remove('a', 'all'), write('a'), write('n/m')]
    const forth = editTree(store, root, edits)
    expect(editTree(store, root, edits.toReversed())).toBe(forth)
    expect(findEntry(store, forth, ['f', 'x'])?.kind).toBe('file')
    expect(findEntry(store, forth, ['a'])?.kind).toBe('file')
  })

  test('without edits is the tree itself', () => {
    const { store, root } = make()
    expect(editTree(store, root, [])).toBe(root)
    expect(editTree(store, root, [{ kind: 'directory', path: 'a' }])).toBe(root)
  })

  test('may annotate what it makes, and the root', () => {
    const { store, root, write } = make()
    const note = store.write(new Uint8Array([1]))
    const patch = new Map([['note', note]])
    const made = editTree(store, root, [
      write('n'),
      { kind: 'annotate', path: 'n', patch },
      { kind: 'annotate', path: 'a', patch },
      { kind: 'annotate', path: undefined, patch },
    ])
    const entry = findEntry(store, made, ['n'])
    expect(readAnnotations(store, entry?.kind === 'file' ? entry.annotations : undefined)).toEqual(patch)
  })

  test('may annotate what it places, and places it only once', () => {
    const { store, root, write } = make()
    const patch = new Map([['note', store.write(new Uint8Array([1]))]])
    for (const [path, found] of [
      ['f', 'a'],
      ['a', 'f'],
    ] as const) {
      const entry = findEntry(store, root, [found])
      if (entry === undefined) throw new Error('there is an entry')
      const place: TreeEdit = { kind: 'place', path, entry }
      const made = editTree(store, root, [place, { kind: 'annotate', path, patch }])
      const placed = findEntry(store, made, [path])
      const annotations =
        placed?.kind === 'file' ? placed.annotations : readTree(store, placed?.hash ?? root).annotations
      expect(readAnnotations(store, annotations)).toEqual(patch)
      expect(codeOf(() => editTree(store, root, [place, write(path)]))).toBe('workspace.edit_twice')
    }
    const file = findEntry(store, root, ['f'])
    if (file === undefined) throw new Error('there is an entry')
    const below: readonly TreeEdit[] = [{ kind: 'place', path: 'n', entry: file }, write('n/x')]
    expect(codeOf(() => editTree(store, root, below))).toBe('workspace.not_a_directory')
  })

  const refused: readonly (readonly [string, (write: (path: string) => TreeEdit) => readonly TreeEdit[], string])[] = [
    ['a file below a file', (write) => [write('f/x')], 'workspace.not_a_directory'],
    ['a file and one below it', (write) => [write('n'), write('n/x')], 'workspace.not_a_directory'],
    ['a file on a directory', (write) => [write('a')], 'workspace.is_directory'],
    ['a directory on a file', () => [{ kind: 'directory', path: 'f' }], 'workspace.not_a_directory'],
    ['a directory that holds something', () => [remove('a')], 'workspace.not_empty'],
    [
      'a directory that the same batch empties',
      () => [remove('a'), remove('a/b'), remove('a/c')],
      'workspace.not_empty',
    ],
    ['what is not there', () => [remove('n')], 'workspace.not_found'],
    ['what is not there, below what is not there', () => [remove('n/m/o')], 'workspace.not_found'],
    [
      'annotations of what is not there',
      () => [{ kind: 'annotate', path: 'n', patch: new Map() }],
      'workspace.not_found',
    ],
    ['one path twice', (write) => [write('n'), write('n')], 'workspace.edit_twice'],
    ['one path in two ways', (write) => [write('n'), { kind: 'directory', path: 'n' }], 'workspace.edit_twice'],
    ['a path out of the tree', (write) => [write('../n')], 'workspace.bad_path'],
    ['a path through the root', (write) => [write('/n')], 'workspace.bad_path'],
  ]
  test.each(refused)('refuses %s', (_name, edits, code) => {
    const { store, root, write } = make()
    expect(codeOf(() => editTree(store, root, edits(write)))).toBe(code)
  })
})

describe('annotations', () => {
  test('are a map of text to hashes and nothing else', () => {
    const hash = `sha256:${'a'.repeat(64)}` as Hash
    expect(decodeAnnotations(encodeAnnotations(new Map([['a', hash]])))).toEqual(new Map([['a', hash]]))
    const bad = [[], { a: 1 }, { a: null }, new Map([[1, hash]]), { a: hash.toUpperCase() }, { a: { b: hash } }]
    for (const value of bad) expect(codeOf(() => decodeAnnotations(encodeNode(value)))).toBe('workspace.bad_node')
    expect(codeOf(() => decodeAnnotations(new Uint8Array([0xa0])))).toBe('workspace.bad_node')
  })
})

describe('a history', () => {
  const root = `sha256:${'a'.repeat(64)}`
  const meta = { root_hash: root, owner: 'ada', created_at: 2n ** 60n }

  test('is read as any reducer may have written it', () => {
    const { latest, versions } = decodeHistory(encodeNode({ latest: 1, versions: new Map([[1, meta]]) }))
    expect(latest).toBe(1)
    expect(versions.get(1)).toEqual({ version: 1, root, owner: 'ada', createdAtNs: 2n ** 60n })
  })

  const bad: readonly unknown[] = [
    null,
    [],
    { latest: 1 },
    { latest: '1', versions: new Map() },
    { latest: 1, versions: { a: meta } },
    { latest: 1, versions: new Map([[1, null]]) },
    { latest: 1, versions: new Map([[1, { ...meta, root_hash: 'x' }]]) },
    { latest: 1, versions: new Map([[1, { ...meta, created_at: 'now' }]]) },
  ]
  test.each(bad.map((value, index) => [index, value]))('is no history: %i', (_index, value) => {
    expect(codeOf(() => decodeHistory(encodeNode(value as never)))).toBe('workspace.bad_history')
  })
})
