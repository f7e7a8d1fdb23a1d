/** Rules as git reads them, with git beside. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runSteps } from '../steps.ts'
import { IgnoreRules, readRuleFile } from './ignore-rules.ts'
import { scanFolder } from './scan-folder.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'aos-ignore-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/** Paths that are not ignored, in the folder below the root; names here need no encoding. */
function left(dir: string, patterns: readonly string[] = []): readonly string[] {
  const folder = join(root, dir)
  const readRules = (names: readonly string[]): string | undefined => readRuleFile(join(folder, ...names))
  const rules = new IgnoreRules({ folder, root, patterns, readRules })
  const isIgnored = (names: readonly string[], isFolder: boolean): boolean => rules.isIgnored(names, isFolder)
  return [...runSteps(scanFolder({ folder, known: new Map(), isIgnored })).keys()].sort()
}

test('rules of the folder, of those in it and of those above it; the last word has the sync file', () => {
  put({
    ...{ '.git/config': '', '.gitignore': '*.log\n/w/build/\n/w/*.tmp\n/w/sub/only\nw/deep/**/x\nother/y\n' },
    ...{ 'w/.gitignore': '# no rule\n!keep.log\n/top\nnode_modules/\n', 'w/sub/.gitignore': '*.txt\n!b.txt\n' },
    ...{ 'w/a.log': '', 'w/keep.log': '', 'w/build/x': '', 'w/t.tmp': '', 'w/sub/t.tmp': '', 'w/top': '' },
    ...{ 'w/sub/top': '', 'w/sub/a.txt': '', 'w/sub/b.txt': '', 'w/a.txt': '', 'w/sub/only': '', 'w/only': '' },
    ...{ 'w/node_modules/a:b': '', 'w/deep/a/b/x': '', 'w/x': '', 'w/y': '' },
  })
  symlinkSync('/etc', join(root, 'w', 'node_modules', 'link'))
  const plain = ['.gitignore', 'a.txt', 'keep.log', 'only', 'sub/.gitignore', 'sub/b.txt', 'sub/t.tmp', 'sub/top', 'x', 'y'] // prettier-ignore
  expect(left('w')).toEqual(plain)
  expect(left('w', ['*.txt', '!a.log', 'sub/t*', 'ONLY'])).toEqual(
    [...plain, 'a.log'].filter((path) => !/txt$|sub\/t/.test(path)).sort(),
  )
})

test('a rule that covers the folder itself says nothing of what is in it, and a link has no rules', () => {
  put({ '.gitignore': '/w/\nw\n*.log\n', 'w/a': '', 'w/b.log': '', 'w/in/w': '', rules: '*\n' })
  expect(left('w')).toEqual(['a', 'in/w'])
  symlinkSync('../rules', join(root, 'w', '.gitignore'))
  expect(() => left('w')).toThrow(expect.objectContaining({ code: 'sync.not_a_file' }))
  expect(left('w', ['.gitignore'])).toEqual(['a', 'in/w'])
})

const PARTS = ['a', 'b', 'ab', 'a.b', '*', 'a*', '?b', '**', '[ab]', '.b'] as const
const NAMES = ['a', 'b', 'ab', 'a.b', '.b'] as const

/** Numbers from a seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const hasGit = spawnSync('git', ['--version']).status === 0

test.skipIf(!hasGit)('random rules leave the files that git would track', { timeout: 60_000 }, () => {
  const seed = Number(process.env['AOS_SEED'] ?? Date.now() % 2 ** 31)
  const next = numbers(seed)
  const one = <T>(list: readonly T[]): T => list[next(list.length)] ?? (list[0] as T) // no list here is empty
  const rule = (): string => {
    const body = Array.from({ length: 1 + next(3) }, () => one(PARTS)).join('/')
    return `${next(4) === 0 ? '!' : ''}${next(4) === 0 ? '/' : ''}${body}${next(4) === 0 ? '/' : ''}`
  }
  for (let round = 0; round < 12; round += 1) {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(root)
    execFileSync('git', ['init', '-q', root])
    const folders = ['', 'a', 'b', 'a/ab', 'a/b', 'b/a.b', 'b/a.b/a']
    for (const folder of folders) mkdirSync(join(root, folder), { recursive: true })
    for (const folder of folders) for (const name of NAMES) place(`${folder}/f${name}`, `${folder}/${name}`)
    const rules = folders.filter((folder) => folder === '' || next(3) === 0)
    const texts = rules.map((folder) => [folder, Array.from({ length: 1 + next(4) }, rule).join('\n')] as const)
    for (const [folder, text] of texts) put({ [join(folder, '.gitignore')]: `${text}\n` })
    const listed = execFileSync('git', ['-c', 'core.excludesFile=', 'ls-files', '--others', '--exclude-standard', '-z'], { cwd: root }) // prettier-ignore
    const tracked = listed.toString().split('\0').slice(0, -1).sort()
    expect(left('.'), `seed ${seed}, round ${round}: ${JSON.stringify(texts)}`).toEqual(tracked)
  }
})

/** A file of the first name, and of the second where no folder stands. */
function place(first: string, second: string): void {
  put({ [first]: '' })
  try {
    put({ [second]: '' })
  } catch {
    // A folder stands there.
  }
}
