import { formatHash, fromHex, sha256, toHex } from '@aos/cbor'
import { expect, test } from 'vitest'
import {
  checkWorkspaceName,
  decodeTree,
  encodeTree,
  formatRef,
  parseGlob,
  parseRef,
  performWorkspace,
  splitPath,
} from '../src/index.ts'
import type { WorkspaceOp } from '../src/index.ts'
import { MemoryStore, port } from './_model.ts'
import { codeOf, jsonOf, nodeOf, readVectors, valueOf } from './_vectors.ts'
import type { BadTreeVector, ContentVector, EffectVector, NameVector, PatternVector, TreeVector } from './_vectors.ts'

test.each(readVectors<TreeVector>('trees.json'))('tree: $name', (vector) => {
  const bytes = encodeTree(nodeOf(vector))
  expect(toHex(bytes)).toBe(vector.hex)
  expect(formatHash(sha256(port, bytes))).toBe(vector.hash)
  expect(decodeTree(bytes)).toEqual(nodeOf(vector))
})

test.each(readVectors<BadTreeVector>('trees-invalid.json'))('no tree: $name', ({ hex, code }) => {
  expect(codeOf(() => decodeTree(fromHex(hex)))).toBe(code)
})

const CHECKS = { workspace: checkWorkspaceName, path: splitPath, ref: parseRef }

test.each(readVectors<NameVector>('names.json'))('$what: $name', ({ what, text, code, ref }) => {
  expect(codeOf(() => CHECKS[what](text))).toBe(code)
  if (ref === undefined) return
  expect(parseRef(text)).toEqual({ version: undefined, path: undefined, ...ref })
  expect(parseRef(formatRef(parseRef(text)))).toEqual(parseRef(text))
})

test.each(readVectors<PatternVector>('patterns.json'))(
  'pattern: $name',
  ({ pattern, matches = [], others = [], code }) => {
    if (code !== undefined) return expect(codeOf(() => parseGlob(pattern))).toBe(code)
    const glob = parseGlob(pattern)
    expect([...matches, ...others].filter(glob.matches)).toEqual(matches)
    for (const path of matches) {
      const above = path.split('/').map((_, depth, segments) => segments.slice(0, depth).join('/'))
      expect(above.slice(1).filter((directory) => !glob.mayMatchBelow(directory))).toEqual([])
    }
  },
)

const content = readVectors<ContentVector>('content.json')

test.each(readVectors<EffectVector>('effects.json'))('$op: $name', (vector) => {
  const store = new MemoryStore()
  for (const { hex } of vector.has_content ? content : []) store.write(fromHex(hex))
  for (const [name, hex] of Object.entries(vector.histories ?? {})) store.histories.set(name, fromHex(hex))
  const before = new Set(store.blobs.keys())
  const run = (): unknown => jsonOf(performWorkspace(vector.op as WorkspaceOp, valueOf(vector.params) as never, store))
  if (vector.code !== undefined) return expect(codeOf(run)).toBe(vector.code)
  expect(run()).toEqual(vector.answer)
  const made = [...store.blobs.keys()].filter((hash) => !before.has(hash))
  expect(made.toSorted((left, right) => (left < right ? -1 : 1))).toEqual(vector.made ?? [])
})
