/** Which files neither go nor come: patterns of the sync file, and `.gitignore` files as git reads them (spec/22-sync.md, "Ignored files"). */
import { existsSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import ignore from 'ignore'
import type { Ignore } from 'ignore'
import { AosError } from '@aos/cbor'
import { readText } from '../files.ts'
import { look } from './scan-folder.ts'
import { localPath } from './tree-files.ts'

/** The name of files with rules, in whatever folder they stand; links of that name have none. */
export const RULE_FILE = '.gitignore'

/** Where rules come from. */
export interface IgnoreGround {
  /** The folder of the workspace, absolute. */
  readonly folder: string
  /** The folder of the world; its repository begins there or above. */
  readonly root: string
  /** Of the sync file. */
  readonly patterns: readonly string[]
  /** The text of `.gitignore` in a folder, by its names below that of the workspace. */
  readonly readRules: (names: readonly string[]) => string | undefined
}

/** Decides whether rules cover a file. Texts are read when they are needed, and once. */
export class IgnoreRules {
  readonly #ground: IgnoreGround
  /** By folder: rules in force there. */
  readonly #chains = new Map<string, Chain>()

  constructor(ground: IgnoreGround) {
    this.#ground = ground
  }

  /** By the names below the folder. True for all that is in a folder that is covered. Throws `host.bad_config`, `host.file`. */
  isIgnored(names: readonly string[], isFolder: boolean): boolean {
    const { matcher } = this.#chain(names.slice(0, -1))
    return matcher?.ignores(`${names.join('/')}${isFolder ? '/' : ''}`) ?? false
  }

  /** By the path of a file in the workspace. False for one that no file can have: a pull refuses it. */
  covers(path: string): boolean {
    const names = namesIfAny(path)
    return names !== undefined && this.isIgnored(names, false)
  }

  #chain(folders: readonly string[]): Chain {
    const key = folders.join('/')
    const known = this.#chains.get(key)
    if (known !== undefined) return known
    const above = folders.length === 0 ? rulesAbove(this.#ground) : this.#chain(folders.slice(0, -1)).lines
    const own = linesOf(this.#ground.readRules(folders) ?? '').map((line) => placed(folders, line))
    const isNew = own.length > 0 || folders.length === 0
    const lines = own.length > 0 ? [...above, ...own] : above
    const chain = isNew ? { lines, matcher: this.#match(lines) } : this.#chain(folders.slice(0, -1))
    this.#chains.set(key, chain)
    return chain
  }

  #match(lines: readonly string[]): Ignore | undefined {
    const { patterns } = this.#ground
    if (lines.length === 0 && patterns.length === 0) return undefined
    return makeMatcher([...lines, ...patterns])
  }
}

function namesIfAny(path: string): readonly string[] | undefined {
  try {
    return localPath(path)
  } catch (error) {
    if (error instanceof AosError) return undefined
    throw error
  }
}

/** The text of a file with rules; a link or a folder has none, as with git. Throws `host.file`. */
export function readRuleFile(folder: string): string | undefined {
  const file = join(folder, RULE_FILE)
  return look(file)?.isFile() === true ? readText(file) : undefined
}

interface Chain {
  /** As they would stand in the folder of the workspace; the last that fits decides. */
  readonly lines: readonly string[]
  /** undefined: there is no rule. */
  readonly matcher: Ignore | undefined
}

/**
 * Rules of the folders above, from the top of the repository on. Such that cover the folder of the workspace itself say nothing of what is in it: it was
 * named.
 */
function rulesAbove({ folder, root }: IgnoreGround): readonly string[] {
  const lines: string[] = []
  for (const above of foldersAbove(repositoryOf(root) ?? root, folder)) {
    const way = relative(above, folder).split(sep)
    for (const line of linesOf(readRuleFile(above) ?? '')) {
      if (makeMatcher([line.replace(/^!/, '')]).ignores(`${way.join('/')}/`)) continue
      const below = seenFrom(way, line)
      if (below !== undefined) lines.push(below)
    }
  }
  return lines
}

function foldersAbove(top: string, folder: string): readonly string[] {
  const found: string[] = []
  for (let at = dirname(folder); ; at = dirname(at)) {
    found.unshift(at)
    if (at === top || at === dirname(at)) return found
  }
}

/** The nearest folder that has a `.git`. */
function repositoryOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder
  return dirname(folder) === folder ? undefined : repositoryOf(dirname(folder))
}

/** A line of a folder above, as it reads in the folder at the end of the way; undefined: it is about something else. */
function seenFrom(way: readonly string[], line: string): string | undefined {
  const [mark, body] = line.startsWith('!') ? ['!', line.slice(1)] : ['', line]
  if (!isAnchored(body)) return line
  let parts = body.replace(/^\//, '').split('/')
  for (const name of way) {
    const [first] = parts
    if (first === '**') return `${mark}${parts.join('/')}`
    if (first === undefined || parts.length === 1 || !makeMatcher([first]).ignores(name)) return undefined
    parts = parts.slice(1)
  }
  return `${mark}/${parts.join('/')}`
}

/** A line of a folder below, as it reads in the folder of the workspace. */
function placed(folders: readonly string[], line: string): string {
  if (folders.length === 0) return line
  const [mark, body] = line.startsWith('!') ? ['!', line.slice(1)] : ['', line]
  const base = folders.map((name) => name.replaceAll(/[\\*?[\]!# ]/g, '\\$&')).join('/')
  return `${mark}/${base}/${isAnchored(body) ? body.replace(/^\//, '') : `**/${body}`}`
}

/** A slash that is not at the end ties a pattern to its folder. */
function isAnchored(body: string): boolean {
  return body.slice(0, -1).includes('/')
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'))
}

function makeMatcher(patterns: readonly string[]): Ignore {
  return ignore({ ignorecase: false, allowRelativePaths: true }).add([...patterns])
}
