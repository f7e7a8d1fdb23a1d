/**
 * Patterns for many paths at once (spec/19-workspaces.md, "Patterns"). Names have none of the characters that mean something here, so a path is a
 * pattern that matches itself. Matching takes time in proportion to pattern and path, whatever they are.
 */
import { workspaceError } from './errors.ts'
import { WORKSPACE_LIMITS } from './limits.ts'
import { isSegment } from './names.ts'

/** A pattern, ready to be held against paths. */
export interface Glob {
  readonly matches: (path: string) => boolean
  /** False when nothing below this directory can match. */
  readonly mayMatchBelow: (path: string) => boolean
}

/** Any number of segments. */
const ANY_DEPTH = '**'

/** True when the text has a character that stands for others. */
export function isGlob(path: string): boolean {
  return /[*?]/.test(path)
}

/** Throws `workspace.bad_path` for a pattern that no path can match. */
export function parseGlob(pattern: string): Glob {
  const segments = pattern.split('/')
  const isBad = segments.some((segment) => segment !== ANY_DEPTH && !isSegment(segment.replace(/[*?]/g, 'x')))
  if (isBad || pattern.length > WORKSPACE_LIMITS.treePathLengthMax) {
    throw workspaceError(
      'workspace.bad_path',
      `expected segments of A-Z a-z 0-9 . _ ~ - * ?, found ${JSON.stringify(pattern.slice(0, 80))}`,
    )
  }
  // What is below a directory, and not the directory itself.
  if (segments.at(-1) === ANY_DEPTH) segments.push('*')
  return {
    matches: (path) => matchList(segments, path.split('/'), SEGMENTS),
    mayMatchBelow: (path) => mayBegin(segments, path.split('/')),
  }
}

/** How two lists are matched: of segments by `**`, of characters by `*`. */
interface Level {
  /** Stands for any number of items. */
  readonly isAny: (item: string) => boolean
  readonly matchesOne: (pattern: string, item: string) => boolean
}

const CHARACTERS: Level = {
  isAny: (item) => item === '*',
  matchesOne: (pattern, item) => pattern === '?' || pattern === item,
}

const SEGMENTS: Level = {
  isAny: (item) => item === ANY_DEPTH,
  matchesOne: (pattern, item) => matchList(pattern, item, CHARACTERS),
}

/** The last `isAny` takes one item more whenever what comes behind it does not fit: earlier ones need never be tried again. */
function matchList(pattern: ArrayLike<string>, items: ArrayLike<string>, level: Level): boolean {
  let at = 0
  let anyAt = -1
  let takenTo = 0
  for (let item = 0; item < items.length;) {
    const one = pattern[at]
    if (one !== undefined && level.isAny(one)) {
      anyAt = at
      takenTo = item
      at += 1
    } else if (one !== undefined && level.matchesOne(one, items[item] ?? '')) {
      at += 1
      item += 1
    } else if (anyAt >= 0) {
      takenTo += 1
      item = takenTo
      at = anyAt + 1
    } else return false
  }
  for (let one = pattern[at]; one !== undefined && level.isAny(one); one = pattern[at]) at += 1
  return at === pattern.length
}

function mayBegin(pattern: readonly string[], directory: readonly string[]): boolean {
  for (const [at, segment] of directory.entries()) {
    const one = pattern[at]
    if (one === ANY_DEPTH) return true
    if (one === undefined || !SEGMENTS.matchesOne(one, segment)) return false
  }
  return pattern.length > directory.length
}
