import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import type { Head } from './command.ts'
import {
  expectOutcomes,
  expectSameEverywhere,
  hostileFile,
  makeHostileWorld,
  readHostileCases,
} from './hostile-world.ts'
import { COUNTER, feedCounter, makeCounterWorld } from './worlds.ts'

/** One of each kind; the rest are in hostile.slow.test.ts. */
const RUNNING = ['endless-loop', 'recursion', 'nan-payload']
const REFUSED = ['import-function', 'magic']

const cases = readHostileCases()

test('hostile reducers end with a code, the world goes on, and both tiers agree', async () => {
  const sandbox = makeSandbox()
  const chosen = cases.filter(({ name }) => RUNNING.includes(name))
  expect(chosen).toHaveLength(RUNNING.length)
  const world = await makeHostileWorld(sandbox, chosen)
  await expectOutcomes(sandbox, world, chosen)
  await expectSameEverywhere(sandbox, world)
})

test('both tiers agree on a world that works', async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox)
  await feedCounter(sandbox, world, 200)
  await expectSameEverywhere(sandbox, world)
  const state = await sandbox.data(['state', 'get', COUNTER.reducer, '--world', world])
  expect(state).toMatchObject({ state: { remaining: 0 } })
})

test('what is not admitted is refused with its code, by module check and by push', async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox)
  const before = await sandbox.data<Head>(['journal', 'head', '--world', world])
  for (const { name, refused } of cases.filter((item) => REFUSED.includes(item.name))) {
    const reply = await sandbox.ask<{ readonly ok: boolean; readonly issues: readonly { readonly code: string }[] }>([
      'module',
      'check',
      hostileFile(name),
    ])
    expect(reply.exit, name).toBe(1)
    const codes = reply.ok ? reply.data.issues.map((issue) => issue.code) : [reply.error.code]
    expect(codes, name).toContain(refused)
  }
  const first = cases.find(({ name }) => name === REFUSED[0])
  expect(first).toBeDefined()
  if (first === undefined) return
  const pushed = makeHostileWorld(makeSandbox(), [first])
  await expect(pushed).rejects.toThrow(first.refused)
  expect(await sandbox.data<Head>(['journal', 'head', '--world', world])).toEqual(before)
})
