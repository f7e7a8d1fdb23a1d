import { expect, test } from 'vitest'
import { expectNone } from './expect-none.ts'
import { isShipped } from './graph.ts'
import { parseSource, parseText } from './sources.ts'
import { listFiles } from './tree.ts'
import { findTwins } from './twins.ts'

test('no function of what ships stands twice', () => {
  const shipped = listFiles().filter((path) => isShipped(path) && path.endsWith('.ts'))
  expectNone(findTwins(shipped.map(parseSource)).map((places) => places.join(' = ')))
})

const SUM = `export function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) {
    // Only what counts.
    if (value > 0) total += value
  }
  return total
}`

const ADD = `class Adder {
  add(list: readonly number[]): number {
    let result = 0
    for (const item of list) {
      if (item > 0) result += item
    }

    return result
  }
}`

test('planted: a function under other names is found', () => {
  const twins = findTwins([parseText('a.ts', SUM), parseText('b.ts', ADD)])
  expect(twins).toEqual([['a.ts:1 sum', 'b.ts:2 add']])
})

test('planted: what differs in an operator, a literal or a name from outside is no twin', () => {
  const others = [SUM.replace('> 0', '< 0'), SUM.replace('> 0', '> 1'), SUM.replace('value > 0', 'outside > 0')]
  for (const other of others) expect(findTwins([parseText('a.ts', SUM), parseText('b.ts', other)])).toEqual([])
  const short = 'export function one(): number {\n  return 1\n}'
  expect(findTwins([parseText('a.ts', short), parseText('b.ts', short)])).toEqual([])
})
