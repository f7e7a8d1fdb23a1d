import { beforeAll, describe, expect, it } from 'vitest'
import { loadFinder, loadPlantingRewriter, type FindPlanted } from './_find-planted.ts'
import { SEED } from './_guests.ts'
import { PLANTED } from './_planted.ts'
import { runModules } from './generator/run.ts'

/** Modules with a place for a defect until one of them must have shown it. */
const MODULES_MAX = 400

let find: FindPlanted
beforeAll(async () => {
  find = await loadFinder()
})

describe.each([SEED, SEED + 1])('the checks of generated modules, seed %i', (seed) => {
  it.each(PLANTED)('find that $name', (planted) => {
    const { rule, tried } = find(planted, { seed, modulesMax: MODULES_MAX })
    expect(rule, `seed ${seed}, ${tried} modules`).toBeDefined()
  })
})

it('a run stops at a defect and makes the module small', async () => {
  const [planted] = PLANTED.filter(({ name }) => name === 'a charge is dropped')
  if (planted === undefined) throw new Error('there is no such defect')
  const { failure } = runModules({ seed: SEED, count: 100, rewrite: await loadPlantingRewriter(planted) })
  expect(failure?.rule).toBe('reference')
  expect(failure?.sample.choices.length).toBeLessThan(100)
})
