import { expect, describe, it } from 'vitest'
import { FUEL_ROWS } from '../src/index.ts'
import { SEED } from './_guests.ts'
import { Choices, moduleSeed } from './generator/choices.ts'
import { runModules } from './generator/run.ts'
import { makeSample } from './generator/sample.ts'
import { judgeBy, shrinkChoices } from './generator/shrink.ts'
import { Disagreement } from './generator/checks.ts'

describe('generated modules', () => {
  it('agree with a fresh instance, with the original and with what counts itself', () => {
    const { report, failure } = runModules({ seed: SEED, count: 60 })
    expect(failure, `seed ${SEED}: ${failure?.message ?? ''}`).toBeUndefined()
    expect([report.outcomes.out_of_fuel, report.outcomes.trap].every((count) => count > 0)).toBe(true)
    expect(report.outcomes.ok).toBeGreaterThan(report.calls / 2)
    expect(report.originals).toBeGreaterThan(report.calls / 3)
  }, 120_000)

  it('may name an output between the memory that they have and the cap, which is not there yet and reads as zeros', () => {
    // It returns without having written where its output is, so the input stands there.
    const { failure } = runModules({ seed: 20_261_121, first: 60_756, count: 1 })
    expect(failure?.message).toBeUndefined()
  })

  it('are a function of their choices, and every list of numbers is a module', () => {
    const once = makeSample(Choices.fromSeed(moduleSeed(SEED, 1)))
    const again = makeSample(Choices.fromList(once.choices))
    expect(Buffer.compare(again.bytes, once.bytes)).toBe(0)
    expect(again.choices).toEqual(once.choices)
    for (const list of [[], [3, 2, 1], Array.from({ length: 400 }, (_, at) => at * 7919)]) {
      expect(() => makeSample(Choices.fromList(list))).not.toThrow()
    }
    expect(makeSample(Choices.fromList([])).bytes.length).toBeLessThan(700)
  })

  it('use every instruction that a module may have', () => {
    const used = new Set<number>()
    for (let index = 0; index < 400; index += 1) {
      for (const code of makeSample(Choices.fromSeed(moduleSeed(SEED, index))).codes) used.add(code)
    }
    const allowed = FUEL_ROWS.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, at) => first + at),
    )
    expect(allowed.filter((code) => !used.has(code))).toEqual([])
  })

  it('are made small when they fail', () => {
    const dividing = judgeBy((list) => {
      if (makeSample(Choices.fromList(list)).bytes.includes(0x82)) throw new Disagreement('divides', 'found')
    })
    for (let index = 0; ; index += 1) {
      const { choices } = makeSample(Choices.fromSeed(moduleSeed(SEED, index)))
      if (choices.length < 500 || dividing(choices) === undefined) continue
      const small = shrinkChoices(choices, dividing)
      expect(dividing(small)).toBe('divides')
      expect(small.length).toBeLessThan(choices.length / 3)
      return
    }
  })
})
