import { expect, test } from 'vitest'
import { readDependencyTables } from './dependencies.ts'
import { expectNone } from './expect-none.ts'
import { PACKAGES } from './graph.ts'
import { countLines, listFiles, readJson, readText } from './tree.ts'

const files = new Set(listFiles())

test.each(PACKAGES)('$folder has a README of at most 60 lines', ({ folder }) => {
  expect(files.has(`${folder}/README.md`)).toBe(true)
  expect(countLines(readText(`${folder}/README.md`))).toBeLessThanOrEqual(60)
})

test('ARCHITECTURE.md names every package and stays short', () => {
  const text = readText('ARCHITECTURE.md')
  expectNone(PACKAGES.map(({ folder }) => folder).filter((folder) => !text.includes(`\`${folder}\``)))
  expect(countLines(text)).toBeLessThanOrEqual(400)
  expect(text).toContain('## Invariants')
})

/** Top-level folders that a text does not name. */
function unnamedFolders(paths: Iterable<string>, text: string): readonly string[] {
  const folders = new Set([...paths].filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? ''))
  return [...folders].filter((folder) => !text.includes(`\`${folder}/`) && !text.includes(`\`${folder}\``))
}

test('ARCHITECTURE.md names every top-level folder', () => {
  expectNone(unnamedFolders(files, readText('ARCHITECTURE.md')))
  expect(unnamedFolders(['README.md', 'cli/src/a.ts', 'attic/a.ts', 'spec/a.txt'], '`cli` and `spec/`')).toEqual([
    'attic',
  ])
})

test('decisions are half a page each and say what was decided', () => {
  const decisions = [...files].filter((path) => /^docs\/decisions\/.*\.md$/.test(path))
  expect(decisions.length).toBeGreaterThan(3)
  for (const path of decisions) {
    expect(path).toMatch(/\/\d{4}-[a-z0-9-]+\.md$/)
    expect(countLines(readText(path)), path).toBeLessThanOrEqual(60)
    expect(readText(path), path).toMatch(/^# \d{4} .+\n/)
  }
})

test('links between documents lead somewhere', () => {
  const broken: string[] = []
  for (const path of [...files].filter((name) => name.endsWith('.md'))) {
    const folder = path.split('/').slice(0, -1)
    for (const [, target] of readText(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (target === undefined || /^[a-z]+:/.test(target)) continue
      const to = resolve(folder, target)
      const exists = files.has(to) || [...files].some((name) => name.startsWith(`${to}/`))
      if (!exists) broken.push(`${path}: ${target}`)
    }
  }
  expectNone(broken)
})

test('nobody is told to fetch the command from a registry', () => {
  const told = [...files].filter((path) => path.endsWith('.md') && /\bnpx aos\b/.test(readText(path)))
  expectNone(told)
})

test('the specification has every chapter, and its index lists each', () => {
  const index = readText('spec/README.md')
  const chapters = [...files].filter((path) => /^spec\/(\d\d-[a-z-]+|glossary)\.md$/.test(path))
  expect(chapters.map((path) => path.slice(5))).toEqual(
    expect.arrayContaining(['01-overview.md', '02-encoding.md', '03-air.md', '04-abi.md', '05-determinism.md']),
  )
  expectNone(chapters.filter((path) => !index.includes(`(${path.slice(5)})`)))
})

function resolve(folder: readonly string[], target: string): string {
  const parts = [...folder]
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}

test('every dependency stands in the table of docs/decisions/0004-dependencies.md, and each row is one', () => {
  const listed = readDependencyTables(readText('docs/decisions/0004-dependencies.md')).flatMap(({ names }) => names)
  const manifests = ['package.json', ...PACKAGES.map(({ folder }) => `${folder}/package.json`)].map(readJson)
  const named = manifests.flatMap((manifest) =>
    ['dependencies', 'devDependencies'].flatMap((section) => Object.keys((manifest[section] ?? {}) as object)),
  )
  const outside = [...new Set(named)].filter((name) => !name.startsWith('@aos/'))
  expectNone(outside.filter((name) => !listed.includes(name)))
  const locked = readJson('package-lock.json')['packages'] as object // npm's own shape
  expectNone(listed.filter((name) => !(`node_modules/${name}` in locked)))
})

/** Bold nouns of a chapter, in the singular; rule numbers and headings of paragraphs are none. */
function boldNouns(chapter: string): readonly string[] {
  const bold = [...chapter.matchAll(/\*\*([a-z][a-z -]*[a-z])\*\*/g)].map(([, noun]) => noun ?? '')
  return [...new Set(bold)]
}

function undefinedNouns(chapters: readonly string[], glossary: string): readonly string[] {
  const words = new Set([...glossary.matchAll(/^\| ([^|]+?) \|/gm)].map(([, word]) => word?.toLowerCase() ?? ''))
  const nouns = new Set(chapters.flatMap(boldNouns))
  return [...nouns].filter((noun) => !words.has(noun) && !words.has(noun.replace(/s$/, '')))
}

test('nouns that a chapter of the specification sets in bold stand in the glossary', () => {
  const chapters = [...files].filter((path) => /^spec\/\d\d-[a-z-]+\.md$/.test(path)).map(readText)
  expect(chapters.flatMap(boldNouns).length).toBeGreaterThan(15)
  expectNone(undefinedNouns(chapters, readText('spec/glossary.md')))
})

test('planted: a bold noun that the glossary lacks is seen', () => {
  const glossary = '| word | is |\n| --- | --- |\n| cell | the state |\n| world id | a hash |\n'
  const chapter = '- **K1** A **cell**, its **cells**; the **world id** and a **frobnication**. **Notes.** **Form**'
  expect(undefinedNouns([chapter], glossary)).toEqual(['frobnication'])
})
