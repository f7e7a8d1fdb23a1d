import { applyPatch } from 'diff'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'

const line = fc.constantFrom('', 'a', 'b', '--- x', '+++ y', '@@ -1 +1 @@', '\\ No newline at end of file')
const text = fc.tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom('', '\n')).map(([lines, end]) => `${lines.join('\n')}${end}`) // prettier-ignore

function diffOf(before: string, after: string, contextLines = 3): string {
  return unifiedDiff({ before: { name: 'w@1/f', text: before }, after: { name: 'w@2/f', text: after }, contextLines })
}

test('a diff, applied to the one text, gives the other', () => {
  fc.assert(
    fc.property(text, text, fc.integer({ min: 0, max: 3 }), (before, after, contextLines) => {
      fc.pre(before !== after)
      expect(applyPatch(before, `${diffOf(before, after, contextLines)}\n`)).toBe(after)
    }),
  )
})

test('texts that have nothing in common are told in no time, one behind the other', () => {
  const lines = (name: string): string => Array.from({ length: 20_000 }, (_, at) => `${name}${at}`).join('\n')
  const diff = diffOf(lines('a'), lines('b'))
  expect(applyPatch(lines('a'), `${diff}\n`)).toBe(lines('b'))
  expect(diff.split('\n').slice(0, 4)).toEqual(['--- w@1/f', '+++ w@2/f', '@@ -1,20000 +1,20000 @@', '-a0'])
})
