/** What a pull wrote outlasts a power failure before any note says that it is there. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdsOnly } from '../src/sync/place-files.ts'
import { traceDisk } from './_disk-trace.ts'
import type { DiskTrace } from './_disk-trace.ts'
import { makePullWorld, manifestOf } from './_pull-world.ts'
import { makeSyncWorld } from './_sync.ts'
import type { SyncWorld } from './_sync.ts'

let world: SyncWorld

beforeEach(async () => {
  world = await makeSyncWorld()
})

afterEach(async () => {
  await world.close()
})

/** Files of the folder that would be lost at the time when the note of what both sides have got its name. */
async function lostAtNote(
  { folder, note }: { readonly folder: string; readonly note: RegExp },
  pull: () => Promise<unknown>,
): Promise<{ readonly notes: number; readonly lost: readonly string[]; readonly trace: DiskTrace }> {
  const lost: string[] = []
  let notes = 0
  const trace = traceDisk((to) => {
    if (!note.test(to)) return
    notes += 1
    lost.push(...trace.fading(folder).filter((path) => !path.includes('/.aos/')))
  })
  try {
    await pull()
  } finally {
    trace.stop()
  }
  return { notes, lost, trace }
}

const FILES = 600

test('files of a workspace, their folders and what is gone', async () => {
  const files = Object.fromEntries(
    Array.from({ length: FILES }, (_, at) => [`d${at % 7}/e${at % 3}/f${at}`, `text ${at}`]),
  )
  await world.inWorld({ ...files, gone: 'x', 'old/gone': 'y' })
  const folder = world.at('deep')
  const note = /\.aos\/sync\/[0-9a-f]+\.json$/
  const first = await lostAtNote({ folder, note }, () => world.pull('notes', 'deep/one'))
  expect(first).toMatchObject({ notes: 1, lost: [], trace: { torn: [] } })
  expect(first.trace.syncs).toBeGreaterThan(FILES)
  expect(Object.keys(world.look('deep/one')).length).toBeGreaterThan(FILES)
  await world.inWorld({ gone: null, 'old/gone': null, 'd1/e1/f1': 'other' })
  const second = await lostAtNote({ folder, note }, () => world.pull('notes', 'deep/one'))
  expect(second).toMatchObject({ notes: 1, lost: [], trace: { torn: [] } })
  // A pull that has nothing to write syncs its notes and no more.
  const third = await lostAtNote({ folder, note }, () => world.pull('notes', 'deep/one'))
  expect(third.trace.syncs).toBeLessThan(10)
})

test('files of definitions', async () => {
  const manifest = { $kind: 'manifest', air_version: '1', schemas: ['demo/A@1'], modules: [] }
  const schema = { $kind: 'defschema', name: 'demo/A@1', type: 'nat' }
  const pulled = await makePullWorld({
    'air/manifest.json': JSON.stringify(manifest),
    'air/a.json': JSON.stringify(schema),
  })
  try {
    await pulled.push()
    await pulled.changeElsewhere((definitions) => {
      const manifest = manifestOf(definitions)
      manifest['schemas'] = ['demo/A@1', 'demo/B@1']
      for (const each of definitions) if (each.name === 'demo/A@1') each['type'] = 'text'
      definitions.push({ $kind: 'defschema', name: 'demo/B@1', type: 'bool' })
    })
    const at = { folder: join(pulled.root, 'air'), note: /\.aos\/definitions\.json$/ }
    const { notes, lost, trace } = await lostAtNote(at, () => pulled.pull())
    expect({ notes, lost, torn: trace.torn }).toEqual({ notes: 1, lost: [], torn: [] })
    expect(pulled.look()).toMatchObject({
      'air/a.json': expect.stringContaining('text') as unknown,
      'air/schemas.air.json': expect.stringContaining('demo/B@1') as unknown,
    })
  } finally {
    await pulled.close()
  }
})

test('the trace sees what is not durable', () => {
  const folder = world.at('plain')
  const trace = traceDisk(() => undefined)
  try {
    mkdirSync(folder)
    writeFileSync(join(folder, 'a'), '1')
    writeFileSync(join(folder, 'b'), '1', { flush: true })
    expect(trace.fading(folder)).toEqual([folder, join(folder, 'a'), join(folder, 'a'), join(folder, 'b')])
    rmSync(folder, { recursive: true })
    expect(trace.fading(folder)).toEqual([folder])
  } finally {
    trace.stop()
  }
})

test('what stands in a folder is asked of the system, whose refusal has a code and the path', () => {
  world.put('some', { 'a/b': '1', 'a/c/d': '2' })
  const goes = (names: readonly string[]): boolean => names.at(-1) !== 'd'
  expect(holdsOnly(world.at('some'), ['a'], goes)).toBe(false)
  expect(holdsOnly(world.at('some'), ['a'], () => true)).toBe(true)
  expect(holdsOnly(world.at('some'), ['gone'], () => false)).toBe(true)
  expect(() => holdsOnly(world.at('some'), ['a', 'b'], () => true)).toThrow(
    expect.objectContaining({
      code: 'host.file',
      details: { file: world.at('some', 'a', 'b'), reason: 'ENOTDIR' },
    }) as Error,
  )
})
