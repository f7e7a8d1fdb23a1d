import type { SchemaTable } from '@aos/air'
import { isAosError } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { buildKey, compileGuest } from '../src/index.ts'
import { describeGuest, guestSources, loadGuest, reducerModule } from './_guest-driver.ts'

const SCHEMAS: SchemaTable = new Map([
  ['test/Note@1', { kind: 'record', fields: new Map([['text', { kind: 'text' }]]) }],
])
const MODULE = reducerModule({ state: 'test/Note@1', event: 'test/Note@1' })

const KEEP = `
import { Note, Output } from './generated'
import { longest } from './longest'
export function reduce(state: Note | null, event: Note, out: Output): Note | null {
  return state === null ? event : longest(state, event)
}
`

const LONGEST = `
import { Note } from './generated'
export function longest(left: Note, right: Note): Note {
  return right.text.length > left.text.length ? right : left
}
`

/** A constructor's parameter cannot be called so, which this version of the compiler finds out too late. */
const CRASHING = `
import { Note, Output } from './generated'
class Crash {
  constructor(public constructor: u64 = 0, public other: u64 = 0) {}
}
export function reduce(state: Note | null, event: Note, out: Output): Note | null {
  return new Crash(1).constructor > 0 ? event : null
}
`

function sourcesOf(index: string, others: Record<string, string> = {}): ReturnType<typeof guestSources> {
  const sources = guestSources({ module: MODULE, schemas: SCHEMAS, source: index })
  return { ...sources, files: new Map([...sources.files, ...Object.entries(others)]) }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('compileGuest', () => {
  it('gives equal bytes for equal sources, also when compiled at the same time', async () => {
    const sources = sourcesOf(KEEP, { 'longest.ts': LONGEST })
    const [first, second] = await Promise.all([compileGuest(sources), compileGuest(sources)])
    const third = await compileGuest(sources)
    expect(Buffer.from(second.wasm).equals(first.wasm)).toBe(true)
    expect(Buffer.from(third.wasm).equals(first.wasm)).toBe(true)
    expect(first.warnings).toEqual([])
  }, 60_000)

  it('makes a module without imports, with the exports of the ABI and the names of functions', async () => {
    const { wasm } = await compileGuest(sourcesOf(KEEP, { 'longest.ts': LONGEST }))
    const { imports, exports, names } = describeGuest(loadGuest(wasm))
    expect({ imports, exports }).toEqual({
      imports: 0,
      exports: ['function alloc', 'function step', 'memory memory'],
    })
    // One subsection, that of the functions, which is as long as the section says.
    expect(names[0]).toBe(1)
    expect(Buffer.from(names).toString('latin1')).toContain('glue/step')
    expect(wasm.length).toBeLessThan(8192)
  }, 60_000)

  it('names file, line, column and message of each error', async () => {
    const index = KEEP.replace('longest(state, event)', 'longest(state, 5)')
    const error = await failureOf(compileGuest(sourcesOf(index, { 'longest.ts': LONGEST })))
    if (!isAosError(error)) throw new Error('expected an AosError')
    expect(error.code).toBe('build.compile_failed')
    expect(error.details?.['diagnostics']).toEqual([
      {
        severity: 'error',
        code: 'AS2322',
        file: 'reducers/test/index.ts',
        line: 5,
        column: 50,
        message: expect.stringContaining('is not assignable to type') as unknown,
      },
    ])
    expect(error.message).toContain('reducers/test/index.ts:5:50: ')
  }, 60_000)

  it('reports a syntax error and a missing function in the same way', async () => {
    const syntax = await failureOf(compileGuest(sourcesOf('export function reduce(')))
    expect(syntax).toMatchObject({ code: 'build.compile_failed', details: { diagnostics: [{ line: 1 }] } })
    const missing = await failureOf(compileGuest(sourcesOf('export const nothing: i32 = 0')))
    expect(missing).toMatchObject({ code: 'build.compile_failed' })
    expect(String(missing)).toContain("no exported member 'reducer' and none 'reduce'.")
  }, 60_000)

  it('survives a crash of the compiler, alone and beside another compilation', async () => {
    const { exit } = process
    const print = Reflect.get(console, 'error')
    const crashing = sourcesOf(CRASHING)
    expect(await failureOf(compileGuest(crashing))).toMatchObject({ code: 'build.compiler_crashed' })
    expect(process.exit).toBe(exit)
    expect(Reflect.get(console, 'error')).toBe(print)
    const good = sourcesOf(KEEP, { 'longest.ts': LONGEST })
    const [failure, { wasm }] = await Promise.all([failureOf(compileGuest(crashing)), compileGuest(good)])
    expect(failure).toMatchObject({ code: 'build.compiler_crashed' })
    expect(describeGuest(loadGuest(wasm)).imports).toBe(0)
  }, 60_000)

  it('refuses sources without index.ts, and files that would hide generated ones', async () => {
    const sources = sourcesOf(KEEP)
    const without = await failureOf(compileGuest({ ...sources, files: new Map() }))
    expect(without).toMatchObject({ code: 'build.bad_sources' })
    const hiding = await failureOf(compileGuest(sourcesOf(KEEP, { 'generated.ts': '' })))
    expect(hiding).toMatchObject({ code: 'build.bad_sources' })
  })
})

describe('buildKey', () => {
  it('changes with every input and with nothing else', () => {
    const sources = sourcesOf(KEEP, { 'longest.ts': LONGEST })
    const key = buildKey(sources)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(buildKey(sourcesOf(KEEP, { 'longest.ts': LONGEST }))).toBe(key)
    const changed = [
      { ...sources, name: 'reducers/other' },
      sourcesOf(`${KEEP} `, { 'longest.ts': LONGEST }),
      sourcesOf(KEEP, { 'longer.ts': LONGEST }),
      { ...sources, sdk: new Map([...sources.sdk, ['more.ts', '']]) },
      { ...sources, generated: new Map([...sources.generated, ['more.ts', '']]) },
    ].map(buildKey)
    expect(new Set([key, ...changed]).size).toBe(changed.length + 1)
  })
})
