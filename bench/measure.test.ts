import { expect, test } from 'vitest'
import { makeRow, median, percentile, ratios, runPairs, runRounds, spread } from './measure.ts'

test('the median is the middle, or the mean of the middle two, in any order', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([10, 1, 4, 2])).toBe(3)
  expect(median([7])).toBe(7)
  expect(median([9, 10, 100])).toBe(10)
})

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 99 - index)
  expect(percentile(values, 0.5)).toBe(50)
  expect(percentile(values, 0.99)).toBe(99)
  expect(percentile(values, 1)).toBe(99)
})

test('the spread is the width over the median, and always a number', () => {
  expect(spread([90, 100, 120])).toBeCloseTo(0.3)
  expect(spread([5, 5, 5])).toBe(0)
  expect(spread([0, 0])).toBe(0)
  expect(spread([-1, 0, 3])).toBeCloseTo(4 / 3)
  expect(spread([-110, -100, -90])).toBeCloseTo(0.2)
})

test('a row has the median with its range, and says whether the bar holds before anything is rounded', () => {
  const row = { name: 'a.b', unit: 'ms', rounds: [120.004, 90, 99.123_45] }
  expect(makeRow(row)).toEqual({ name: 'a.b', unit: 'ms', value: 99.12, spread: 0.3027, min: 90, max: 120, rounds: 3 })
  expect(makeRow(row, { atMost: 99.12 })).toMatchObject({ bar: 99.12, bar_is: 'at_most', holds: false })
  expect(makeRow(row, { atLeast: 99.12 })).toMatchObject({ bar: 99.12, bar_is: 'at_least', holds: true })
  expect(makeRow({ ...row, note: 'not durable' })).toMatchObject({ note: 'not durable' })
})

test.each([[[]], [[1, Number.NaN]], [[Number.POSITIVE_INFINITY]]])('%j is no figure', (rounds) => {
  expect(() => makeRow({ name: 'a.b', unit: 'ms', rounds })).toThrow(RangeError)
})

test('the first round is thrown away, and pairs go by turns', async () => {
  let calls = 0
  expect(await runRounds(3, () => (calls += 1))).toEqual([2, 3, 4])
  const order: string[] = []
  const lane = (name: string, figure: number) => (): number => {
    order.push(name)
    return figure * order.length
  }
  const pairs = await runPairs(2, lane('left', 1), lane('right', 10))
  expect(order).toEqual(['left', 'right', 'left', 'right', 'left', 'right'])
  expect(pairs).toEqual({ left: [3, 5], right: [40, 60] })
  expect(ratios(pairs.right, pairs.left)).toEqual([40 / 3, 12])
})
