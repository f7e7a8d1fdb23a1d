import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isGlob, parseGlob, parsePatternRef, walkTree, editTree } from './index.ts'
import { MemoryStore, editsOf, model } from '../test/_model.ts'

/** The same by trying everything. */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern
  const [segment, ...others] = path
  if (first === undefined) return path.length === 0
  if (first === '**' && rest.length === 0) return path.length > 0
  if (first === '**') return matches(rest, path) || (path.length > 0 && matches(pattern, others))
  const expression = new RegExp(`^${first.replaceAll('*', '.*').replaceAll('?', '.')}$`)
  return segment !== undefined && expression.test(segment) && matches(rest, others)
}

const piece = fc.constantFrom('a', 'a-b', 'b', '*', '?', 'a*', '*b', '**', '?-?')
const pattern = fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))

test('a pattern finds in a tree what a regular expression finds', () => {
  fc.assert(
    fc.property(pattern, model, (text, files) => {
      const store = new MemoryStore()
      const root = editTree(store, undefined, editsOf(store, files))
      const glob = parseGlob(text)
      const options = { base: '', after: undefined, isDeep: true }
      const walked = [...walkTree(store, root, { ...options, enters: glob.mayMatchBelow })].map(({ path }) => path)
      const found = walked.filter(glob.matches)
      const wanted = [...files.keys()].filter((path) => matches(text.split('/'), path.split('/')))
      expect(found).toEqual(wanted.toSorted())
    }),
    { numRuns: 2000 },
  )
})

test('a path is a pattern for itself alone', () => {
  expect(isGlob('a.b/c-d')).toBe(false)
  expect(parseGlob('a.b/c').matches('a.b/c')).toBe(true)
  expect(parseGlob('a.b/c').matches('aXb/c')).toBe(false)
})

test('a pattern that would make others try everything takes no time', () => {
  const glob = parseGlob(`${'a*'.repeat(400)}b`)
  expect(glob.matches('a'.repeat(900))).toBe(false)
  expect(parseGlob('**/a/'.repeat(60) + 'b').matches('a/'.repeat(120) + 'c')).toBe(false)
})

test.each(['', 'a//b', '../*', '/*', '*/', 'a b*', 'a/./*'])('no path matches %j', (text) => {
  expect(() => parseGlob(text)).toThrow(expect.objectContaining({ code: 'workspace.bad_path' }))
})

test('a reference may have one', () => {
  expect(parsePatternRef('notes@3/src/*.ts')).toMatchObject({ workspace: 'notes', version: 3, path: 'src/*.ts' })
  expect(parsePatternRef('notes/src').glob).toBeUndefined()
  expect(() => parsePatternRef('no*es/src')).toThrow(expect.objectContaining({ code: 'workspace.bad_ref' }))
})
