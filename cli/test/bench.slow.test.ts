/** Benches that run, by the command: the document, the table, the comparison. Figures are not looked at. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
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
]

test('every bench gives its rows, bars among them, and a run is a base for the next', async () => {
  const first = await sandbox.ask(['bench', '--rounds', '1'])
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
  const second = await sandbox.run(['bench', 'memory', '--rounds', '1', '--compare', base])
  expect(second).toMatchObject({ exit: 0, stderr: 'bench memory\n' })
  expect(second.stdout).toMatch(/^memory\.idle_host +MB +[0-9.]+ +[0-9.]+ +[+-][0-9.]+ % +(within|outside)$/m)
  expect(existsSync(base)).toBe(true)
})
