import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkOutput } from '@aos/air'
import { barsBlock, replaceBlock, resultsPage } from './figures-pages.ts'
import { parseRun } from './run-document.ts'

const here = import.meta.dirname
const read = (path: string): string => readFileSync(join(here, path), 'utf8')

test('the pages are what the kept run says: nobody typed a figure', () => {
  const run = parseRun(read('results/figures.json'))
  const charts = readdirSync(join(here, 'results')).filter((name) => name.endsWith('.svg'))
  expect(read('results/README.md'), 'npx tsx --conditions=@aos/source bench/write-figures.ts').toBe(
    resultsPage(run, charts.sort()),
  )
  expect(read('README.md')).toBe(replaceBlock(read('README.md'), barsBlock(run)))
  expect(existsSync(join(here, 'results/cells.svg'))).toBe(true)
})

test('the kept run is a document of the command', () => {
  const document = JSON.parse(read('results/figures.json')) as { readonly data: readonly object[] } // parseRun took it
  expect(checkOutput({ args: ['bench'], document })).toEqual([])
  const broken = { ...document, data: [{ ...document.data[0], bar_is: 'about' }] }
  expect(checkOutput({ args: ['bench'], document: broken })).not.toEqual([])
})

test('a block is replaced between its marks and nowhere else', () => {
  const marks = ['<!-- figures: made by bench/write-figures.ts -->', '<!-- figures: end -->'] as const
  const text = `before\n${marks[0]}\nold\n${marks[1]}\nafter\n`
  expect(replaceBlock(text, 'new')).toBe(`before\n${marks[0]}\nnew\n${marks[1]}\nafter\n`)
  for (const bad of ['nothing', `${marks[1]} ${marks[0]}`, text + text, `${marks[0]}`]) {
    expect(() => replaceBlock(bad, 'new')).toThrow(RangeError)
  }
})
