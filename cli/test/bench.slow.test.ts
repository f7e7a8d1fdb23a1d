/** Benches that run, by the command, with small sizes: the document, the table, the comparison, the charts. Figures are not looked at. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

const BARS = [
  'cells.cost_',
  'cells.memory_',
  'cells.snapshot_after_',
  'effects.decision_p50',
  'effects.signed_each',
  'effects.signed_in_batches',
  'latency.event_to_write',
  'memory.idle_host',
  'open.entries_',
  'replay.verified',
  'replay.verified_to_live',
  'start.state_get',
  'start.version',
  'throughput.durable',
  'throughput.share_of_limit',
  'worlds.busy_',
  'worlds.idle_host',
]

test('every bench gives its rows, bars among them, and a run is a base for the next', async () => {
  const environment = { AOS_BENCH_WORLDS: join(sandbox.folder, 'worlds') }
  const first = await sandbox.ask(['bench', '--trial', '--rounds', '1'], { environment })
  expect(first).toMatchObject({ exit: 0, ok: true })
  const rows = first.data as readonly { readonly name: string; readonly value: number; readonly bar?: number }[] // by its schema
  for (const bar of BARS)
    expect(
      rows.find(({ name, bar: has }) => name.startsWith(bar) && has !== undefined),
      bar,
    ).toBeDefined()
  expect(rows.find(({ name }) => name === 'no_batch.durable_writes_per_event')?.value).toBeGreaterThanOrEqual(1)
  expect(rows.find(({ name }) => name === 'unsynced.not_durable')).toMatchObject({
    note: expect.stringContaining('NOT DURABLE'),
  })

  const base = join(sandbox.folder, 'base.json')
  writeFileSync(base, JSON.stringify(rows))
  const again = ['bench', 'memory', '--trial', '--rounds', '1', '--compare', base]
  const second = await sandbox.run(again, { environment })
  expect(second).toMatchObject({ exit: 0, stderr: 'bench memory\n' })
  expect(second.stdout).toMatch(/^memory\.idle_host +MB +[0-9.]+ +[0-9.]+ +[+-][0-9.]+ % +(within|outside)$/m)
  expect(existsSync(base)).toBe(true)

  const charts = await sandbox.ask(['bench', 'scaling', '--trial', '--rounds', '1'], { environment })
  expect(charts).toMatchObject({
    exit: 0,
    data: expect.arrayContaining([expect.objectContaining({ name: 'scaling.open_1000' })]),
  })
  const files = [...charts.stderr.matchAll(/^wrote (.+)$/gm)].map(([, path]) => join(sandbox.folder, path ?? ''))
  expect(files.map((file) => basename(file, '.svg')).sort()).toEqual(['busy', 'cells', 'effects', 'journal', 'open'])
  for (const file of files) expect(readFileSync(file, 'utf8')).toMatch(/^<svg/)
  for (const file of files) expect(relative(CHECKOUT, file)).toMatch(/^\.\./)
})

test('a trial is no full run', async () => {
  expect(await sandbox.ask(['bench', 'start', '--trial', '--full'])).toMatchObject({
    exit: 2,
    error: { code: 'cli.usage' },
  })
})
