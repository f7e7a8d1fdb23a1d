import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import { copyWorld } from './damage.ts'
import { SEED, makeRandom, pickInteger } from './random.ts'
import { runLockedOut, runStoppedWriter } from './two-writers.ts'
import { makeCounterWorld } from './worlds.ts'

/** All with AOS_FULL=1. */
const ROUNDS = process.env['AOS_FULL'] === '1' ? 20 : 6

test(`writers stopped ${ROUNDS} times while another one works (seed ${SEED})`, { timeout: 900_000 }, async () => {
  const sandbox = makeSandbox()
  const random = makeRandom(SEED + 200)
  const fresh = await makeCounterWorld(sandbox, { settings: { segment_bytes: 131_072 } })
  let cut = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const world = copyWorld(fresh, sandbox.path('stopped'))
    const lines = [20_000, pickInteger(random, { low: 1, high: 2000 })] as const
    if (await runStoppedWriter({ sandbox, world, lines, random })) cut += 1
  }
  expect(cut).toBeGreaterThan(ROUNDS / 4)
})

test(`a second process is turned away ${ROUNDS} times (seed ${SEED})`, { timeout: 900_000 }, async () => {
  const sandbox = makeSandbox()
  const random = makeRandom(SEED + 201)
  const fresh = await makeCounterWorld(sandbox)
  for (let round = 0; round < ROUNDS; round += 1) {
    const world = copyWorld(fresh, sandbox.path('locked'))
    await runLockedOut({ sandbox, world, lines: [pickInteger(random, { low: 2, high: 3000 }), 0], random })
  }
})
