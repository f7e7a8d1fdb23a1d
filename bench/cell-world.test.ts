import { expect, test } from 'vitest'
import { Random } from '@aos/store'
import { cellKey, depositLine, makePicker } from './cell-world.ts'

test('a working set lies evenly among all cells, and is all of them when there are few', () => {
  const pick = makePicker(new Random(1), 100_000, 1000)
  const picked = new Set(Array.from({ length: 20_000 }, pick))
  expect(picked.size).toBe(1000)
  expect([...picked].every((index) => index % 100 === 0 && index < 100_000)).toBe(true)
  const all = makePicker(new Random(1), 10, 1000)
  expect(new Set(Array.from({ length: 500 }, all)).size).toBe(10)
})

test('keys have one length, and sort as their numbers do', () => {
  const keys = [0, 9, 10, 999_999, 1_000_000].map(cellKey)
  expect(new Set(keys.map((key) => key.length)).size).toBe(1)
  expect([...keys].sort()).toEqual(keys)
  expect(JSON.parse(depositLine(7))).toEqual({ account: cellKey(7), amount: 1 })
})
