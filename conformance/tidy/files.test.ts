import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { citationFaults, citationsIn, headingsOf } from './citations.ts'
import { commentFaults } from './comments.ts'
import { expectNone } from './expect-none.ts'
import { PACKAGES, isShipped } from './graph.ts'
import { readSource } from './sources.ts'
import { countLines, listFiles, readText } from './tree.ts'

const files = listFiles()
const code = files.filter((path) => /\.(ts|js|mjs)$/.test(path))

const LINES_MAX = 500
/** Files over the limit that stand for now. The list may only shrink. */
const LONG_FILES: readonly string[] = []
/** Files of more than 400 lines, which somebody should look at. May only be lowered. */
const OVER_400_MAX = 0
/** Share of shipped files over 250 lines, in percent, and what half of them stay under. */
const OVER_250_PERCENT_MAX = 10
const MEDIAN_LINES_MAX = 150
/** As many as eslint.config.js lists. May only be lowered. */
const LONG_FUNCTIONS_MAX = 0

interface Sizes {
  readonly over400: readonly string[]
  readonly over250Percent: number
  readonly medianLines: number
}

/** `lines` by path; the shares are of what ships. */
function measureFiles(lines: ReadonlyMap<string, number>): Sizes {
  const shipped = [...lines].filter(([path]) => isShipped(path)).map(([, count]) => count)
  const ascending = shipped.toSorted((left, right) => left - right)
  return {
    over400: [...lines].filter(([, count]) => count > 400).map(([path, count]) => `${path}: ${count}`),
    over250Percent: (100 * shipped.filter((count) => count > 250).length) / shipped.length,
    medianLines: ascending[Math.floor(ascending.length / 2)] ?? 0,
  }
}

test(`no file of code is longer than ${LINES_MAX} lines`, () => {
  const long = code.filter((path) => countLines(readText(path)) > LINES_MAX && !LONG_FILES.includes(path))
  expectNone(long)
})

test('files stay short', () => {
  const sizes = measureFiles(new Map(code.map((path) => [path, countLines(readText(path))])))
  expect(sizes.over400.length, sizes.over400.join('\n')).toBeLessThanOrEqual(OVER_400_MAX)
  expect(sizes.over250Percent).toBeLessThanOrEqual(OVER_250_PERCENT_MAX)
  expect(sizes.medianLines).toBeLessThanOrEqual(MEDIAN_LINES_MAX)
})

test('planted: long files are counted, tests among those over 400', () => {
  const lines = new Map([
    ['cli/src/a.ts', 401],
    ['cli/src/b.ts', 300],
    ['cli/src/c.ts', 100],
    ['cli/src/d.ts', 10],
    ['cli/src/d.test.ts', 450],
  ])
  expect(measureFiles(lines)).toEqual({
    over400: ['cli/src/a.ts: 401', 'cli/src/d.test.ts: 450'],
    over250Percent: 50,
    medianLines: 300,
  })
})

test('the list of long functions has not grown', () => {
  const list = /const LONG_FUNCTIONS = \[([^\]]*)\]/.exec(readText('eslint.config.js'))
  expect(list).not.toBeNull()
  const entries = (list?.[1] ?? '').split(',').filter((entry) => entry.trim() !== '')
  expect(entries.length).toBeLessThanOrEqual(LONG_FUNCTIONS_MAX)
})

test('names are kebab-case and name a concept', () => {
  const shape = /^_?[a-z0-9]+(-[a-z0-9]+)*(\.(slow|property|test|bench|config|generated|d|build|air))*\.(ts|js|mjs)$/
  const empty = /^(utils?|helpers?|common|misc|shared|lib|stuff)$/
  const wrong = code.filter((path) => {
    const folders = posix.dirname(path).split('/')
    const name = posix.basename(path)
    const stem = name.slice(0, name.indexOf('.'))
    return !shape.test(name) || empty.test(stem) || folders.some((folder) => empty.test(folder))
  })
  expectNone(wrong)
})

test('a package has one door, and it re-exports by name', () => {
  const doors = files.filter((path) => isShipped(path) && posix.basename(path) === 'index.ts')
  const expected = PACKAGES.filter((rule) => rule.folder.startsWith('crates-ts/'))
  const main = doors.filter((path) => path.startsWith('crates-ts/'))
  expect(main).toEqual(expected.map((rule) => `${rule.folder}/src/index.ts`).sort((a, b) => (a < b ? -1 : 1)))
  const star = main.filter((path) => /^export \*/m.test(readText(path)))
  expectNone(star)
})

test('comments keep to the rules', () => {
  expectNone(code.flatMap((path) => commentFaults(readText(path)).map((fault) => `${path}:${fault}`)))
})

test('planted: debts, tags and orders without a reason are seen', () => {
  const debt = ['TO', 'DO'].join('')
  const off = ['eslint', '-disable'].join('')
  const compiler = ['@ts', '-'].join('')
  const planted = [
    `// ${debt}: later`,
    `// ${debt}(#12): the second half of J13`,
    `// ${['FIX', 'ME'].join('')}`,
    `// ${off}-next-line no-eval`,
    `// ${off}-next-line no-eval -- compiled codecs are the point of this file`,
    `/* ${off} no-eval -- all of it is evaluated */`,
    `// ${compiler}ignore`,
    `// ${compiler}expect-error`,
    `// ${compiler}ignore: decorator`,
    `test.${'only'}('one', () => {})`,
  ]
  expect(commentFaults(planted.join('\n'))).toEqual([
    '1: a debt without an issue',
    '3: a tag that nobody reads',
    '4: a rule is off without a reason',
    '6: a rule is off for a whole file',
    '7: the compiler looks away without a reason',
    '8: the compiler looks away without a reason',
    '10: a test is alone or left for later',
  ])
})

/** Stands between the compiler, which prints, and everybody else. */
const CONSOLE_GUARDS: readonly string[] = ['crates-ts/build/src/crash-guard.ts']

test('only the CLI writes to a console', () => {
  const shipped = files.filter((path) => isShipped(path) && path.startsWith('crates-ts/'))
  const console = /\bconsole\.|\bprocess\.(stdout|stderr)\b/
  expectNone(shipped.filter((path) => console.test(readText(path)) && !CONSOLE_GUARDS.includes(path)))
})

test('chapters and sections of the specification that code cites exist', () => {
  const headings = new Map(
    files.filter((path) => path.startsWith('spec/')).map((path) => [path, headingsOf(path, readText(path))]),
  )
  const cited = code.map((path) => [path, citationsIn(readText(path))] as const)
  expect(cited.reduce((count, [, { sections }]) => count + sections.length, 0)).toBeGreaterThan(50)
  expectNone(cited.flatMap(([path, found]) => citationFaults(found, headings).map((fault) => `${path}: ${fault}`)))
})

test('planted: a chapter and a section that do not exist are seen, also over the end of a line', () => {
  const chapter = 'spec/06-kernel'
  const text = [
    `/** As in ${chapter}.md, "Turn" and "Retreat". */`,
    '/**',
    ` * So it is said (${chapter}.md,`,
    ' * "Genesis and',
    ' * identity", and "Exodus"), and elsewhere (spec/' + '99-nowhere.md, "Turn").',
    ' */',
    `// ${chapter}.md, "Turn": "quoted", but no section`,
  ].join('\n')
  const headings = new Map([
    [`${chapter}.md`, headingsOf('a.md', '# 06 Kernel\n\n## Turn\n\n### Genesis and identity\n')],
  ])
  expect(citationFaults(citationsIn(text), headings)).toEqual([
    'spec/' + '99-nowhere.md',
    `${chapter}.md, "Retreat"`,
    `${chapter}.md, "Exodus"`,
  ])
})

test('host types do not come into the core through the back door', () => {
  const core = PACKAGES.filter((rule) => rule.core === true).map((rule) => `${rule.folder}/src/`)
  const sources = files.filter((path) => isShipped(path) && core.some((folder) => path.startsWith(folder)))
  expect(sources.length).toBeGreaterThan(10)
  const wrong = sources.filter(
    (path) =>
      /\/\/\/ *<reference/.test(readText(path)) ||
      readSource(path).imports.some(({ specifier }) => specifier.startsWith('node:')),
  )
  expectNone(wrong)
})
