import { expect, test } from 'vitest'
import { compareRows, comparisonText, missingRows } from './compare.ts'
import { makeRow } from './measure.ts'

const PLAIN = { dim: (text: string) => text, good: (text: string) => text, bad: (text: string) => text }
const machine = {
  cpu: 'A CPU',
  cores: 2,
  memory_gib: 4,
  system: 'Linux 6.1 x64',
  node: '20.20.2',
  version: '0.1.0',
  load_before: 0.1,
  at: '2026-01-01T00:00:00.000Z',
}
/** Median 100, width 20. */
const now = makeRow({ name: 'a.rate', unit: 'events/s', rounds: [90, 100, 110] })
const base = (value: number, spread: number) => [{ name: 'a.rate', unit: 'events/s', value, spread }]

test.each([
  ['the same', 100, 0, 0, false],
  ['within the spread of now', 81, 0, 0.2346, false],
  ['outside of now', 79, 0, 0.2658, true],
  ['outside of now, inside the base', 50, 1, 1, false],
  ['outside of both', 40, 0.5, 1.5, true],
  ['a fall', 200, 0.1, -0.5, true],
])('%s', (_case, value, spread, change, outside) => {
  expect(compareRows(base(value, spread), [now])).toEqual([{ ...now, base: value, change, outside }])
})

test('a row without a base stays as it is; another unit is another figure', () => {
  expect(compareRows([], [now])).toEqual([now])
  expect(compareRows([{ name: 'a.rate', unit: 'events/min', value: 1, spread: 0 }], [now])).toEqual([now])
})

test('a base of zero has no share that changed', () => {
  expect(compareRows(base(0, 0), [now])).toEqual([{ ...now, base: 0, outside: true }])
  const zero = makeRow({ name: 'a.rate', unit: 'events/s', rounds: [0] })
  expect(compareRows(base(0, 0), [zero])).toEqual([{ ...zero, base: 0, change: 0, outside: false }])
})

test('below zero, more is still more', () => {
  const less = makeRow({ name: 'a.rate', unit: 'events/s', rounds: [-50] })
  expect(compareRows(base(-100, 0), [less])).toMatchObject([{ change: 0.5, outside: true }])
})

test('rows of benches that ran and are gone are named; those of others are not', () => {
  const rows = ['a.rate', 'a.gone', 'b.rate'].map((name) => ({ name, unit: 'ms', value: 1, spread: 0 }))
  expect(missingRows(rows, { rows: [now] })).toEqual(['a.gone'])
})

test('the text has every row, and says when the machines differ or the base was loaded', () => {
  const other = { ...machine, node: '22.0.0', load_before: 3 }
  const rows = [...base(80, 0), { name: 'a.gone', unit: 'ms', value: 1, spread: 0 }]
  const compared = [...compareRows(rows, [now]), makeRow({ name: 'a.new', unit: 'ms', rounds: [1] })]
  expect(comparisonText({ rows, machine: other }, { rows: compared, machine }, PLAIN).split('\n')).toEqual([
    'figure  unit      base  now   change  beside both spreads',
    'a.rate  events/s    80  100  +25.0 %  within',
    'a.new   ms        none    1',
    'only in the base: a.gone',
    expect.stringContaining('of the base: the load was 3'),
    'the base is of another machine (node: 22.0.0, now 20.20.2)',
  ])
  expect(comparisonText({ rows: [], machine: undefined }, { rows: [], machine }, PLAIN)).not.toContain('machine')
})
