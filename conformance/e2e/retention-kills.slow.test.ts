import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import { SEED, makeRandom } from './random.ts'
import { killCollections, killCompactions } from './retention-kills.ts'

const ROUNDS = 50

test(`${ROUNDS} compactions that are killed lose nothing (seed ${SEED})`, { timeout: 900_000 }, async () => {
  const report = await killCompactions({
    sandbox: makeSandbox(),
    rounds: ROUNDS,
    random: makeRandom(SEED + 300),
    from: 'snapshot',
  })
  expect(report.cut).toBeGreaterThan(ROUNDS / 4)
  expect(report.done).toBeGreaterThan(ROUNDS / 10)
})

test(`${ROUNDS} collections that are killed lose nothing (seed ${SEED})`, { timeout: 900_000 }, async () => {
  const report = await killCollections({
    sandbox: makeSandbox(),
    rounds: ROUNDS,
    random: makeRandom(SEED + 301),
    from: 'snapshot',
  })
  expect(report.cut).toBeGreaterThan(ROUNDS / 4)
  expect(report.done).toBeGreaterThan(ROUNDS / 10)
})
