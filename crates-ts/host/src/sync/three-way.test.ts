import { expect, test } from 'vitest'
import { formatHash, sha256 } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'
import { planSync } from './three-way.ts'
import type { SyncPlan, SyncedFiles } from './three-way.ts'

/** One letter for each path: its content; upper case can be run. */
function side(files: Readonly<Record<string, string>>): SyncedFiles {
  return new Map(
    Object.entries(files).map(([path, content]) => {
      const hash = formatHash(sha256(nodeSha256, new TextEncoder().encode(content.toLowerCase())))
      return [path, { hash, mode: content === content.toLowerCase() ? 0o644 : 0o755 }]
    }),
  )
}

const NOTHING: SyncPlan = { write: [], remove: [], kept: [], conflicts: [] }

const absent = undefined

/** What `from`, `to` and `last` hold at one path. */
const CASES: readonly (readonly [
  string | undefined,
  string | undefined,
  string | undefined,
  keyof SyncPlan | 'same',
])[] = [
  ['a', 'a', absent, 'same'],
  ['b', 'b', 'a', 'same'],
  ['a', absent, absent, 'write'],
  ['a', 'b', absent, 'conflicts'],
  [absent, 'a', absent, 'kept'],
  ['b', 'a', 'a', 'write'],
  ['A', 'a', 'a', 'write'],
  ['a', 'b', 'a', 'kept'],
  ['a', absent, 'a', 'kept'],
  ['b', 'c', 'a', 'conflicts'],
  ['A', 'b', 'a', 'conflicts'],
  ['b', absent, 'a', 'conflicts'],
  [absent, 'a', 'a', 'remove'],
  [absent, 'b', 'a', 'conflicts'],
]

function at(content: string | undefined): SyncedFiles {
  return side(content === undefined ? {} : { p: content })
}

test.each(CASES)('from %s to %s, last %s: %s', (from, to, last, list) => {
  const expected = list === 'same' ? NOTHING : { ...NOTHING, [list]: ['p'] }
  expect(planSync({ from: at(from), to: at(to), last: at(last), prune: false })).toEqual(expected)
})

test('prune removes what never was on both sides, and no change', () => {
  const sides = { from: side({}), to: side({ a: 'a', b: 'c' }), last: side({ b: 'b' }), prune: true }
  expect(planSync(sides)).toEqual({ ...NOTHING, remove: ['a'], conflicts: ['b'] })
})

test('a rename is a removal and a new file', () => {
  const sides = { from: side({ new: 'a' }), to: side({ old: 'a' }), last: side({ old: 'a' }), prune: false }
  expect(planSync(sides)).toEqual({ ...NOTHING, write: ['new'], remove: ['old'] })
})

test('a folder takes the place of a file that goes, and of no other', () => {
  const from = side({ 'a/b/c': 'x' })
  const to = side({ a: 'a' })
  expect(planSync({ from, to, last: to, prune: false })).toEqual({ ...NOTHING, write: ['a/b/c'], remove: ['a'] })
  const unknown = planSync({ from, to, last: side({}), prune: false })
  expect(unknown.conflicts).toEqual(['a'])
})
