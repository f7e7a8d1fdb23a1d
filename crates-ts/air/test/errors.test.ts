import { readFileSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { AIR_ERRORS, AIR_VALUE_ERRORS, PATCH_ERRORS } from '../src/index.ts'

const KNOWN = new Set([AIR_ERRORS, AIR_VALUE_ERRORS, PATCH_ERRORS].flatMap((table) => Object.keys(table)))

function codesIn(text: string, code: RegExp): ReadonlySet<string> {
  return new Set([...text.matchAll(code)].map(([, found]) => found ?? ''))
}

function readSources(): string {
  const folder = new URL('../src/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => file.endsWith('.ts') && !/errors\.ts$|\.test\.ts$/.test(file))
  return sources.map((file) => readFileSync(new URL(file, folder), 'utf8')).join('\n')
}

it('every code that is produced is in a table, and every code in a table is produced', () => {
  const produced = codesIn(readSources(), /'(air\.[a-z0-9_]+)'/g)
  expect([...produced].filter((code) => !KNOWN.has(code))).toEqual([])
  const listed = [...Object.keys(AIR_ERRORS), ...Object.keys(PATCH_ERRORS)]
  expect(listed.filter((code) => !produced.has(code))).toEqual([])
})

it('no code has two meanings', () => {
  expect(Object.keys(AIR_ERRORS).filter((code) => code in AIR_VALUE_ERRORS)).toEqual([])
  expect(Object.keys(PATCH_ERRORS).filter((code) => code in AIR_VALUE_ERRORS || code in AIR_ERRORS)).toEqual([])
})

it('the chapter on definitions names every code of definitions, and none that does not exist', () => {
  const chapter = readFileSync(new URL('../../../spec/03-air.md', import.meta.url), 'utf8')
  const named = codesIn(chapter, /`(air\.[a-z0-9_]+)`/g)
  expect([...named].filter((code) => !KNOWN.has(code))).toEqual([])
  expect(Object.keys(AIR_ERRORS).filter((code) => !named.has(code))).toEqual(['air.invariant'])
})

it('the chapter on patches names every code of patches, and none that does not exist', () => {
  const chapter = readFileSync(new URL('../../../spec/18-patches.md', import.meta.url), 'utf8')
  const named = codesIn(chapter, /`(air\.[a-z0-9_]+)`/g)
  expect([...named].filter((code) => !KNOWN.has(code))).toEqual([])
  expect(Object.keys(PATCH_ERRORS).filter((code) => !named.has(code))).toEqual([])
})
