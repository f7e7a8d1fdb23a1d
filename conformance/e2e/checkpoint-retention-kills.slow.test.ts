import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import { SEED, makeRandom } from './random.ts'
import { killCollections, killCompactions } from './retention-kills.ts'

const ROUNDS = 10

test(`${ROUNDS} compactions that are killed in a world with checkpoints lose nothing (seed ${SEED})`, async () => {
  const random = makeRandom(SEED + 310)
  const report = await killCompactions({ sandbox: makeSandbox(), rounds: ROUNDS, random, from: 'checkpoint' })
  expect(report.cut).toBeGreaterThan(ROUNDS / 4)
  expect(report.fromCheckpoint).toBeGreaterThan(ROUNDS / 2)
})

test(`${ROUNDS} collections that are killed in a world with checkpoints lose nothing (seed ${SEED})`, async () => {
  const random = makeRandom(SEED + 311)
  const report = await killCollections({ sandbox: makeSandbox(), rounds: ROUNDS, random, from: 'checkpoint' })
  expect(report.cut).toBeGreaterThan(ROUNDS / 4)
})
