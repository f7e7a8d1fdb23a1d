/** The files of the repository as an author sees them: what is installed, built or ignored by git is left out. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT: string = join(import.meta.dirname, '../..')

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.aos', 'coverage'])

/** Paths from the root with forward slashes, sorted. */
export function listFiles(under = ''): readonly string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(ROOT, under), { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue
    const path = under === '' ? entry.name : `${under}/${entry.name}`
    if (entry.isDirectory()) found.push(...listFiles(path))
    else if (entry.isFile()) found.push(path)
  }
  return found.sort((left, right) => (left < right ? -1 : 1))
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Parsed JSON; tsconfig and package.json files here have no comments. */
export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readText(path)) as Record<string, unknown> // the callers look at single fields and compare them
}

/** Number of lines; a final newline does not begin another one. */
export function countLines(text: string): number {
  if (text === '') return 0
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}
