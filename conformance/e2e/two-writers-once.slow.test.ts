import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import { SEED, makeRandom } from './random.ts'
import { runLockedOut, runStoppedWriter } from './two-writers.ts'
import { makeCounterWorld } from './worlds.ts'

test('a second process is turned away while the first one works', async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox)
  await runLockedOut({ sandbox, world, lines: [400, 0], random: makeRandom(SEED) })
})

test(`a writer that was stopped and lost its lock acknowledges nothing more (seed ${SEED})`, async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox, { settings: { segment_bytes: 262_144 } })
  const rivals = { sandbox, world, lines: [20_000, 300], random: makeRandom(SEED) } as const
  expect(await runStoppedWriter(rivals)).toBe(true)
})
