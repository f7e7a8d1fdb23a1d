import { BUILTIN_EFFECTS } from '@aos/air'
import { expect, test } from 'vitest'
import { expectNone } from '../tidy/expect-none.ts'
import { isShipped } from '../tidy/graph.ts'
import { readSource } from '../tidy/sources.ts'
import { listFiles, readText } from '../tidy/tree.ts'
import { CHAPTER, areaOf, isErrorTable, readCodeTables, renewChapter } from './tables.ts'

const rows = readCodeTables()

test('codes are area.reason, and each stands in one table only', () => {
  const codes = rows.map((row) => row.code)
  expectNone(codes.filter((code) => !/^[a-z]+\.[a-z][a-z0-9_]*$/.test(code)))
  expectNone(codes.filter((code, at) => codes.indexOf(code) !== at))
  expectNone(rows.filter((row) => row.meaning.trim().length < 10).map((row) => row.code))
})

test('spec/08-errors.md is current (npx tsx conformance/errors-table.ts)', () => {
  const chapter = readText(CHAPTER)
  expect(chapter).toBe(renewChapter(chapter, rows))
})

test('each code that a source writes stands in a table', () => {
  // Kinds of effects are spelled like codes.
  const kinds = [...BUILTIN_EFFECTS.values()].map(({ effectKind }) => effectKind)
  const known = new Set([...rows.map((row) => row.code), ...kinds])
  const areas = new Set(rows.map((row) => areaOf(row.code)))
  const unlisted: string[] = []
  for (const path of listFiles().filter((name) => isShipped(name) && name.endsWith('.ts'))) {
    for (const literal of readSource(path).literals) {
      const looksLikeCode = /^[a-z]+\.[a-z][a-z0-9_]*$/.test(literal) && areas.has(areaOf(literal))
      if (looksLikeCode && !known.has(literal)) unlisted.push(`${path}: ${literal}`)
    }
  }
  expectNone(unlisted)
})

test('each code of a table is written somewhere', () => {
  const written = new Set<string>()
  const heads: string[] = []
  for (const path of listFiles().filter((name) => isShipped(name) && name.endsWith('.ts'))) {
    if (isErrorTable(path)) continue
    for (const literal of readSource(path).literals) written.add(literal)
    heads.push(...readSource(path).templateHeads.filter((head) => /^[a-z]+\.[a-z]/.test(head)))
  }
  const inErrors = listFiles().filter(isErrorTable)
  const counted = new Map<string, number>()
  for (const literal of inErrors.flatMap((path) => readSource(path).literals)) {
    counted.set(literal, (counted.get(literal) ?? 0) + 1)
  }
  const isWritten = (code: string): boolean =>
    written.has(code) || (counted.get(code) ?? 0) > 1 || heads.some((head) => code.startsWith(head))
  expectNone(rows.map((row) => row.code).filter((code) => !isWritten(code)))
})
