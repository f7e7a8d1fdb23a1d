import { describe, expect, it } from 'vitest'
import { MUTANTS, catchMutant } from '../src/index.ts'

/** Every mutant is caught within these; `simulated-crash.slow.test.ts` has the store as it is pass more. */
const SEEDS = { from: 1, count: 150 }

describe('crash runs', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('notice: %s', async (_name, mutant) => {
    const caught = await catchMutant(mutant, SEEDS)
    expect(caught?.what).toMatch(mutant.noticed)
  })
})
