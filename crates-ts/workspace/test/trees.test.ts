import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffTrees, editTree, findEntry, performWorkspace, readTree, splitPath, walkTree } from '../src/index.ts'
import type { AnswerValue, PlacedEntry, TreeChange, TreeEdit } from '../src/index.ts'
import { MemoryStore, editsOf, model, parentsOf, path, writeOf } from './_model.ts'
import type { Model, ModelFile } from './_model.ts'

const seed = Number(process.env['AOS_SEED'] ?? 20_260_301)
const runs = { seed, numRuns: 300 }

function walkAll(store: MemoryStore, root: Hash, after?: string): readonly PlacedEntry[] {
  return [...walkTree(store, root, { base: '', after, isDeep: true })]
}

/** The tree as a model, by walking it. */
function modelOf(store: MemoryStore, root: Hash): Model {
  return new Map(
    walkAll(store, root).map(({ path: at, entry }) => {
      if (entry.kind === 'dir') return [at, undefined]
      return [at, { content: new TextDecoder().decode(store.blobs.get(entry.hash)), mode: entry.mode }]
    }),
  )
}

function build(store: MemoryStore, files: Model): Hash {
  return editTree(store, undefined, editsOf(store, files))
}

function sorted(files: Model): readonly (readonly [string, ModelFile | undefined])[] {
  return [...files].sort(([left], [right]) => (left < right ? -1 : 1))
}

describe('trees against maps', () => {
  test('any order of writes, one by one or at once, gives one root', () => {
    fc.assert(
      fc.property(model, fc.infiniteStream(fc.nat()), (files, dice) => {
        const store = new MemoryStore()
        const root = build(store, files)
        const shuffled = [...files].map((pair) => ({ pair, at: dice.next().value ?? 0 })).sort((a, b) => a.at - b.at)
        let other = editTree(store, undefined, [])
        for (const { pair } of shuffled) other = editTree(store, other, editsOf(store, new Map([pair])))
        expect(other).toBe(root)
        expect([...modelOf(store, root)]).toEqual(sorted(files))
      }),
      runs,
    )
  })

  test('what is written and removed again leaves no trace but directories', () => {
    fc.assert(
      fc.property(model, path, (files, at) => {
        fc.pre(!files.has(at) && !parentsOf(at).some((parent) => files.get(parent) !== undefined))
        const store = new MemoryStore()
        const parents = new Map([...files, ...parentsOf(at).map((parent) => [parent, undefined] as const)])
        const written = editTree(store, build(store, files), [writeOf(store, at, { content: 'new', mode: 0o644 })])
        const removed = editTree(store, written, [{ kind: 'remove', path: at, directories: 'empty' }])
        expect(removed).toBe(build(store, parents))
      }),
      runs,
    )
  })

  test('the difference of two trees, applied to the one, gives the other', () => {
    fc.assert(
      fc.property(model, model, (before, after) => {
        const store = new MemoryStore()
        const from = build(store, before)
        const to = build(store, after)
        const changes = [...diffTrees(store, { before: from, after: to, base: '' })]
        expect(changes.map((change) => change.path)).toEqual(
          changes.map((change) => change.path).toSorted(compareAscii),
        )
        expect(changes.map((change) => change.path)).toEqual(differing(before, after))
        expect(editTree(store, from, editsFor(changes))).toBe(to)
      }),
      runs,
    )
  })

  test('what is placed takes the place of what stands there, with all below it, and nothing else changes', () => {
    fc.assert(
      fc.property(model, model, path, (files, others, at) => {
        const store = new MemoryStore()
        const entry = findEntry(store, build(store, others), splitPath(at).slice(0, 1))
        const [top = ''] = splitPath(at)
        fc.pre(entry !== undefined && !parentsOf(at).some((parent) => files.get(parent) !== undefined))
        if (entry === undefined) return
        const placed = editTree(store, build(store, files), [{ kind: 'place', path: at, entry }])
        const isBelow = (other: string): boolean => other === at || other.startsWith(`${at}/`)
        const expected = new Map([...files].filter(([other]) => !isBelow(other)))
        for (const parent of parentsOf(at)) expected.set(parent, undefined)
        for (const [other, file] of others) {
          if (other === top || other.startsWith(`${top}/`)) expected.set(`${at}${other.slice(top.length)}`, file)
        }
        expect(placed).toBe(build(store, expected))
      }),
      runs,
    )
  })

  test('a listing page by page is the listing at once, in order, and reads no directory that lies before its cursor', () => {
    fc.assert(
      fc.property(model, fc.integer({ min: 1, max: 4 }), fc.constantFrom('dir', 'subtree'), (files, limit, scope) => {
        const store = new MemoryStore()
        const root = build(store, files)
        const whole = list(store, { root_hash: root, path: null, scope, cursor: null, limit: 0 })
        const pages: AnswerValue[] = []
        let cursor: string | null = null
        do {
          const page = list(store, { root_hash: root, path: null, scope, cursor, limit })
          expect(page.entries.length).toBeLessThanOrEqual(limit)
          pages.push(...page.entries)
          cursor = page.next_cursor
        } while (cursor !== null)
        expect(pages).toEqual(whole.entries)
        const expected = sorted(files)
          .map(([at]) => at)
          .filter((at) => scope === 'subtree' || !at.includes('/'))
        expect(whole.entries.map((entry) => entry.path)).toEqual(expected)
      }),
      runs,
    )
  })

  test('what stands at a path is found without walking', () => {
    fc.assert(
      fc.property(model, path, (files, at) => {
        const store = new MemoryStore()
        const root = build(store, files)
        if (parentsOf(at).some((parent) => files.get(parent) !== undefined)) {
          expect(codeOf(() => findEntry(store, root, splitPath(at)))).toBe('workspace.not_a_directory')
          return
        }
        store.reads = []
        const entry = findEntry(store, root, splitPath(at))
        expect(entry?.kind).toBe(files.has(at) ? (files.get(at) === undefined ? 'dir' : 'file') : undefined)
        expect(store.reads.length).toBeLessThanOrEqual(at.split('/').length)
      }),
      runs,
    )
  })
})

function compareAscii(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

interface Listing {
  readonly entries: readonly { readonly path: string }[]
  readonly next_cursor: string | null
}

function list(store: MemoryStore, params: Parameters<typeof performWorkspace<'list'>>[1]): Listing {
  return performWorkspace('list', params, store) as unknown as Listing // the shape of sys/WorkspaceListReceipt@1
}

/** Paths that are in one and not in the other, differ, or have something below them that does. */
function differing(before: Model, after: Model): readonly string[] {
  const own = [...new Set([...before.keys(), ...after.keys()])].filter(
    (at) => before.has(at) !== after.has(at) || JSON.stringify(before.get(at)) !== JSON.stringify(after.get(at)),
  )
  return [...new Set(own.flatMap((at) => [at, ...parentsOf(at)]))].toSorted(compareAscii)
}

function editsFor(changes: readonly TreeChange[]): readonly TreeEdit[] {
  const edits: TreeEdit[] = []
  for (const { path: at, before, after } of changes) {
    const isReplaced = before !== undefined && before.kind !== after?.kind
    const isBelowRemoved = edits.some((edit) => edit.kind === 'remove' && at.startsWith(`${edit.path}/`))
    if (isReplaced && !isBelowRemoved) edits.push({ kind: 'remove', path: at, directories: 'all' })
    if (after?.kind === 'dir' && before?.kind !== 'dir') edits.push({ kind: 'directory', path: at })
    if (after?.kind === 'file') edits.push({ ...after, kind: 'write', path: at })
  }
  return edits
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isAosError(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

describe('large trees', () => {
  test('one write in a thousand directories rewrites those on its way, and a difference reads no others', () => {
    const store = new MemoryStore()
    const edits: TreeEdit[] = []
    for (let at = 0; at < 1000; at += 1)
      edits.push(writeOf(store, `d${at % 100}/e${at}/f`, { content: `${at}`, mode: 0o644 }))
    const root = editTree(store, undefined, edits)
    const before = store.blobs.size
    store.reads = []
    const next = editTree(store, root, [writeOf(store, 'd7/e7/f', { content: 'new', mode: 0o644 })])
    expect(store.blobs.size - before).toBe(4)
    expect(store.reads.length).toBe(3)
    store.reads = []
    expect([...diffTrees(store, { before: root, after: next, base: '' })].map((change) => change.path)).toEqual([
      'd7',
      'd7/e7',
      'd7/e7/f',
    ])
    expect(store.reads.length).toBe(6)
    store.reads = []
    expect(walkAll(store, root, 'd99/e999')).toHaveLength(1)
    expect(store.reads.length).toBe(3)
  })

  test('fifty thousand files are built in one pass', () => {
    const store = new MemoryStore()
    const content = writeOf(store, 'x', { content: 'x', mode: 0o644 })
    const edits: TreeEdit[] = []
    for (let at = 0; at < 50_000; at += 1) edits.push({ ...content, path: `${at % 50}/${at % 1000}/${at}` } as TreeEdit)
    const nodes = store.blobs.size
    const root = editTree(store, undefined, edits)
    // A root, 50 directories, 1,000 below them; equal ones are one.
    expect(store.blobs.size - nodes).toBeLessThanOrEqual(1051)
    expect(readTree(store, root).entries).toHaveLength(50)
    expect(walkAll(store, root)).toHaveLength(51_050)
  })
})
