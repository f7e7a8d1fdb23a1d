import { expect, test } from 'vitest'
import type ts from 'typescript'
import { bareAmounts, exportsOf, isDerivedType, lostDocstrings, reachable, saysSomething } from './docstrings.ts'
import type { ExportSeen } from './docstrings.ts'
import { expectNone } from './expect-none.ts'
import { isShipped } from './graph.ts'
import { parseSource, parseText } from './sources.ts'
import { listFiles } from './tree.ts'

const shipped = listFiles().filter((path) => isShipped(path) && path.endsWith('.ts'))
const doors = shipped.filter((path) => /^crates-ts\/[^/]+\/src\/index\.ts$/.test(path))
const offered = doors.flatMap((door) => reachable(door, parseSource))

/** Files and folders whose exports are not described yet, by how their paths begin. The list may only shrink. */
const UNDESCRIBED: readonly string[] = ['crates-ts/air/src/plan-model.ts']

const described = offered.filter(({ path }) => !UNDESCRIBED.some((begin) => path.startsWith(begin)))

/** Exports between the files of one package that say nothing. May only be lowered. */
const SILENT_INSIDE_MAX = 200

function isSilent(found: ExportSeen): boolean {
  return !isDerivedType(found) && !saysSomething(found.name, found.doc)
}

test('every export of a door has a docstring that says more than its name', () => {
  expect(described.length).toBeGreaterThan(300)
  const silent = described.filter(isSilent)
  expectNone(silent.map(({ path, name }) => `${path}: ${name}`))
})

test('a door leaves no amount without its unit', () => {
  expectNone(
    described.flatMap((found) =>
      bareAmounts(found).map((member) => `${found.path}: ${found.name}.${member}: of what?`),
    ),
  )
})

test('exports inside packages that say nothing have not become more', () => {
  const known = new Set(offered.map(({ node }) => node))
  const inside = shipped.flatMap((path) => exportsOf(parseSource(path))).filter(({ node }) => !known.has(node))
  const silent = inside.filter(isSilent)
  expect(silent.length, silent.map(({ path, name }) => `${path}: ${name}`).join('\n')).toBeLessThanOrEqual(
    SILENT_INSIDE_MAX,
  )
})

test('every docstring stands before what it is about', () => {
  expectNone(shipped.flatMap((path) => lostDocstrings(parseSource(path))))
})

/** A package of three files whose door offers faults of every sort beside what is right. */
const PLANTED: Readonly<Record<string, string>> = {
  'p/src/index.ts': "export { bare, named as alias, open, type Derived } from './a.ts'\nexport type * from './b.ts'\n",
  'p/src/a.ts': [
    'export function bare(): void {}',
    '/** Named. */',
    'export const named: number = 1',
    '/** Opens the store and takes its lock. */',
    'export function open(): void {}',
    'export const hidden: number = 2',
    'export type Derived = keyof typeof named',
  ].join('\n'),
  'p/src/b.ts': [
    '/** The module of the file. */',
    'import type { Other } from "./c.ts"',
    '/** Size of something or other in it. */',
    'export interface Extent {',
    '  readonly size: number',
    '  readonly sizeBytes: number',
    '  /** Entries. */',
    '  readonly rest: number | undefined',
    '}',
    'type Local = Other',
    'export type { Local }',
  ].join('\n'),
}

const plant = (path: string): ts.SourceFile => parseText(path, PLANTED[path] ?? '')

test('planted: exports without a docstring, or with one that repeats the name, are seen through a door', () => {
  const found = reachable('p/src/index.ts', plant)
  const silent = found.filter(isSilent).map(({ path, name }) => `${path}: ${name}`)
  expect(silent).toEqual(['p/src/a.ts: bare', 'p/src/a.ts: alias', 'p/src/b.ts: Local'])
  expect(found.map(({ name }) => name)).not.toContain('hidden')
  expect(exportsOf(plant('p/src/a.ts')).map(({ name }) => name)).toContain('hidden')
})

test('planted: an amount without a unit is seen', () => {
  expect(reachable('p/src/index.ts', plant).flatMap(bareAmounts)).toEqual(['size'])
})

test('planted: a docstring that is its name in other words says nothing', () => {
  expect(saysSomething('journalHead', 'The head of the journal.')).toBe(false)
  expect(saysSomething('WorldStoreOptions', 'Options for world stores')).toBe(false)
  expect(saysSomething('journalHead', 'The last entry that stands: its height and leaf.')).toBe(true)
})

test('planted: a docstring that lost its declaration is seen; that of the file and its first export are two', () => {
  const file = '/** The file. */\n/** The first export. */\nexport const first: number = 1\n'
  const put = '/** About second. */\n/** What was put between. */\nexport const between: number = 2\nconst second = 3\n'
  expect(lostDocstrings(parseText('a.ts', file + put))).toEqual(['a.ts:4'])
})
