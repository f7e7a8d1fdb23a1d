import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BENCH_NAMES } from './index.ts'
import { makeRow } from './measure.ts'
import { chooseEntries, runEntries } from './run.ts'
import type { BenchContext, BenchEntry } from './run.ts'

const contexts: BenchContext[] = []
const entry = (name: string, rest: Partial<BenchEntry> = {}): BenchEntry => ({
  name,
  run: (context) => {
    contexts.push(context)
    return Promise.resolve([makeRow({ name: `${name}.figure`, unit: 'ms', rounds: [1] })])
  },
  ...rest,
})
const ENTRIES = [entry('one'), entry('two'), entry('charts', { isAsked: true })]
const names = (asked: readonly string[]): readonly string[] => chooseEntries(ENTRIES, asked).map(({ name }) => name)

test('without names all run but those that must be asked for', () => {
  expect(names([])).toEqual(['one', 'two'])
  expect(names(['charts', 'one', 'one'])).toEqual(['one', 'charts'])
  expect(() => names(['one', 'three'])).toThrow(RangeError)
  expect(() => names(['three'])).toThrow('expected one of one, two, charts, found three')
})

test('a run has the machine of before it, and rows in order; rounds are the usual ones unless given', async () => {
  const seen: string[] = []
  const options = {
    root: join(import.meta.dirname, '..'),
    isFull: true,
    isTrial: false,
    resultsFolder: '/nowhere',
    onBench: (name: string) => seen.push(name),
    onFile: () => undefined,
    onStep: () => undefined,
  }
  const run = await runEntries(ENTRIES, [], { ...options, rounds: undefined })
  expect(seen).toEqual(run.names)
  expect(run.rows.map(({ name }) => name)).toEqual(['one.figure', 'two.figure'])
  expect(run.machine).toMatchObject({ node: process.versions.node, version: expect.stringMatching(/^\d+\.\d+\.\d+/) })
  expect(contexts.at(-1)).toMatchObject({ isFull: true, machine: run.machine })
  expect(contexts.at(-1)?.rounds(5)).toBe(5)
  expect([contexts.at(-1)?.count(1000), contexts.at(-1)?.pause(1000)]).toEqual([1000, 1000])
  await runEntries(ENTRIES, ['two'], { ...options, rounds: 2 })
  expect(contexts.at(-1)?.rounds(5)).toBe(2)
  const trial = await runEntries(ENTRIES, ['two'], { ...options, rounds: 1, isTrial: true })
  expect([contexts.at(-1)?.count(1050), contexts.at(-1)?.pause(1000)]).toEqual([11, 100])
  expect(trial.rows[0]?.note).toContain('a trial')
})

test('names are words, each once', () => {
  expect(new Set(BENCH_NAMES).size).toBe(BENCH_NAMES.length)
  for (const name of BENCH_NAMES) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
})
