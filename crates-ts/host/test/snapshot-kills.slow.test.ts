import { expect, test } from 'vitest'
import { makeRandom, runSnapshotKills } from './_snapshot-kills.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_128)

test(`fifty hosts that are killed while they cut snapshots lose nothing (seed ${SEED})`, async () => {
  const report = await runSnapshotKills(50, makeRandom(SEED), 'snapshots')
  expect(report).toMatchObject({ lost: 0, isVerified: true })
  // The first few may die before a snapshot is whole.
  expect(report.fromGenesis).toBeLessThan(10)
})

test(`fifty hosts that are killed while they take checkpoints lose nothing (seed ${SEED})`, async () => {
  const report = await runSnapshotKills(50, makeRandom(SEED), 'checkpoints')
  expect(report).toMatchObject({ lost: 0, isVerified: true })
  expect(report.fromCheckpoint).toBeGreaterThan(10)
})
