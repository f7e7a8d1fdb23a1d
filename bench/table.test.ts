import { expect, test } from 'vitest'
import { makeRow } from './measure.ts'
import { barsText, layOut, rowsMarkdown, rowsText } from './table.ts'

const PLAIN = { dim: (text: string) => text, good: (text: string) => text, bad: (text: string) => text }
const LOUD = {
  dim: (text: string) => `<${text}>`,
  good: (text: string) => `+${text}+`,
  bad: (text: string) => `-${text}-`,
}

const rows = [
  makeRow({ name: 'a.rate', unit: 'events/s', rounds: [81_000, 84_000, 85_000] }, { atLeast: 100_000 }),
  makeRow({ name: 'a.much_longer_name', unit: 'ms', rounds: [1.5], note: 'once' }, { atMost: 2 }),
  makeRow({ name: 'a.ratio', unit: 'ratio', rounds: [0.5, 0.25, 1], note: 'once' }),
]

test('columns are aligned, numbers to the right, and a note stands once', () => {
  expect(rowsText(rows, PLAIN).split('\n')).toEqual([
    'figure                  unit      median  spread                bar               holds',
    'a.rate                  events/s  84,000  81,000..85,000 (5 %)  at least 100,000  no',
    'a.much_longer_name [1]  ms           1.5                        at most 2         yes',
    'a.ratio [1]             ratio        0.5  0.25..1 (150 %)',
    '[1] once',
    '1 of 2 bars hold; short of theirs: a.rate',
  ])
})

test('colours move nothing', () => {
  const painted = rowsText(rows, LOUD)
  expect(painted).toContain('-no-')
  expect(painted).toContain('+yes+')
  expect(painted.replaceAll(/[<>+]|(?<= )-|-$/gm, '')).toBe(rowsText(rows, PLAIN))
})

test('a last column of numbers stands to the right', () => {
  const columns = [
    { heading: 'x', align: 'left' },
    { heading: 'y', align: 'right' },
  ] as const
  expect(
    layOut(
      columns,
      [
        [{ text: 'one' }, { text: '1' }],
        [{ text: 'two' }, { text: '1000' }],
      ],
      PLAIN,
    ),
  ).toBe(['x       y', 'one     1', 'two  1000'].join('\n'))
})

test('Markdown has the same cells', () => {
  expect(rowsMarkdown(rows).split('\n')).toEqual([
    '| figure | unit | median | min..max (spread) | bar | holds |',
    '| --- | --- | ---: | --- | --- | --- |',
    '| `a.rate` | events/s | 84,000 | 81,000..85,000 (5 %) | at least 100,000 | no |',
    '| `a.much_longer_name` [1] | ms | 1.5 |  | at most 2 | yes |',
    '| `a.ratio` [1] | ratio | 0.5 | 0.25..1 (150 %) |  |  |',
    '',
    '[1] once',
  ])
})

test('without bars nothing is said of them', () => {
  expect(barsText(rows.slice(2))).toBe('')
  expect(barsText(rows.slice(1, 2))).toBe('1 of 1 bars hold')
})
