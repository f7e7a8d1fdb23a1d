import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import type { Difference, Sandbox, Verdict } from './command.ts'
import { copyWorld } from './damage.ts'
import { FLIGHTS, readFlightLines } from './flights.ts'
import { COUNTER, feedCounter, makeCounterWorld, makeExampleWorld, pushWorld } from './worlds.ts'

interface Module {
  readonly wasm_hash: string
}

test('a module that differs in one constant is found out', async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox)
  const { height } = await feedCounter(sandbox, world, 5)
  const same = await writeModule(sandbox, { world, reducer: COUNTER.reducer, file: 'same.wasm' })
  const unchanged = await replayWith(sandbox, { world, reducer: COUNTER.reducer, file: same })
  expect(unchanged).toBeUndefined()

  const source = 'reducers/counter/index.ts'
  const changed = await makeChanged(sandbox, world, { source, from: 'remaining -= 1', to: 'remaining -= 2' })
  const other = await writeModule(sandbox, { world: changed, reducer: COUNTER.reducer, file: 'other.wasm' })
  const difference = await replayWith(sandbox, { world, reducer: COUNTER.reducer, file: other })
  // Start only sets the target; the first of the five ticks is where the constant counts.
  expect(difference).toMatchObject({ height: height - 4, reducer: COUNTER.reducer })
  expect(difference?.path).toMatch(/^derived\[0\]/)
})

test('for a keyed reducer the key is named, too', async () => {
  const sandbox = makeSandbox()
  const world = await makeExampleWorld(sandbox, FLIGHTS.example)
  const lines = readFlightLines().slice(0, 200)
  const file = sandbox.path('some.ndjson')
  writeFileSync(file, `${lines.join('\n')}\n`)
  await sandbox.data(['event', 'send', FLIGHTS.event, `@${file}`, '--ndjson', '--world', world])

  const source = 'reducers/flight-stats/index.ts'
  const changed = await makeChanged(sandbox, world, { source, from: 'delay < 180', to: 'delay < 90' })
  const other = await writeModule(sandbox, { world: changed, reducer: FLIGHTS.reducer, file: 'other.wasm' })
  const difference = await replayWith(sandbox, { world, reducer: FLIGHTS.reducer, file: other })
  // Events begin at height 2; the first flight between 90 and 180 minutes late lands in another bucket.
  const index = lines.findIndex((line) => /"delay":(9\d|1[0-7]\d)[,}]/.test(line))
  const origin = /"origin":"(\w+)"/.exec(lines[index] ?? '')?.[1]
  expect(index).toBeGreaterThan(0)
  expect(difference).toMatchObject({ height: index + 2, reducer: FLIGHTS.reducer, key: origin })
})

/** The first difference, and exit 1; undefined with exit 0. */
async function replayWith(
  sandbox: Sandbox,
  given: { readonly world: string; readonly reducer: string; readonly file: string },
): Promise<Difference | undefined> {
  const replay = ['journal', 'replay', '--verify', '--world', given.world]
  const reply = await sandbox.ask<Verdict>([...replay, '--module', `${given.reducer}=${given.file}`])
  if (!reply.ok) throw new Error(reply.error.message)
  expect(reply.exit).toBe(reply.data.ok ? 0 : 1)
  return reply.data.first_difference
}

/** The bytes of the module in force, as a file. */
async function writeModule(
  sandbox: Sandbox,
  given: { readonly world: string; readonly reducer: string; readonly file: string },
): Promise<string> {
  const { wasm_hash: hash } = await sandbox.data<Module>(['defs', 'get', given.reducer, '--world', given.world])
  const path = sandbox.path(given.file)
  await sandbox.data(['blob', 'get', hash, '--out', path, '--world', given.world])
  return path
}

/** A copy of the world, pushed again with another constant. */
async function makeChanged(
  sandbox: Sandbox,
  world: string,
  change: { readonly source: string; readonly from: string; readonly to: string },
): Promise<string> {
  const copy = copyWorld(world, sandbox.path('changed'))
  const path = join(copy, change.source)
  const text = readFileSync(path, 'utf8')
  expect(text.split(change.from)).toHaveLength(2)
  writeFileSync(path, text.replace(change.from, change.to))
  await pushWorld(sandbox, copy)
  return copy
}
