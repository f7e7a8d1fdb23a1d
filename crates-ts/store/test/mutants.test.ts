import { describe, expect, it } from 'vitest'
import { MUTANTS, catchMutant, runCrashes } from '../src/index.ts'

/** Every mutant is caught within these; the simulated crashes of the store pass them. */
const SEEDS = { from: 1, count: 150 }

describe('crash runs', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('notice: %s', async (_name, mutant) => {
    const caught = await catchMutant(mutant, SEEDS)
    expect(caught?.what).toMatch(mutant.noticed)
  })

  it('notice nothing in the store as it is', async () => {
    const { failures } = await runCrashes(SEEDS)
    expect(failures).toEqual([])
  })
})
