import { expect, test } from 'vitest'
import { runSnapshotKills } from './_snapshot-kills.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_128)

test(`fifty hosts that are killed while they cut snapshots lose nothing (seed ${SEED})`, async () => {
  let state = SEED
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
  const report = await runSnapshotKills(50, random)
  expect(report).toMatchObject({ lost: 0, isVerified: true })
  // The first few may die before a snapshot is whole.
  expect(report.fromGenesis).toBeLessThan(10)
})
