import { beforeAll, describe, expect, it } from 'vitest'
import { loadFinder, type FindPlanted } from './_find-planted.ts'
import { SEED } from './_guests.ts'
import { PLANTED } from './_planted.ts'

let find: FindPlanted
beforeAll(async () => {
  find = await loadFinder()
})

describe('the checks of generated modules', () => {
  it.each(PLANTED.filter(({ quick }) => quick === true))('find that $name', (planted) => {
    const { rule, tried } = find(planted, { seed: SEED, modulesMax: 100 })
    expect(rule, `seed ${SEED}, ${tried} modules`).toBeDefined()
  })

  it('find nothing in modules that only went through text and back', () => {
    expect(find({ name: 'nothing', plant: () => true }, { seed: SEED, modulesMax: 15 })).toEqual({
      rule: undefined,
      tried: 15,
    })
  })
})
