import { expect, test } from 'vitest'
import fc from 'fast-check'
import { EffectBench } from './_effects.ts'
import { act, world } from './_random-acts.ts'
import type { Act } from './_random-acts.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_121)
test('whatever happens to plans and intents happens again on replay, byte for byte', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 11 })), {
        minLength: 30,
        maxLength: 60,
        size: 'max',
      }),
      fc.constantFrom('allow', 'allow', 'require_approval'),
      (acts: readonly Act[], decision: string) => {
        const bench = new EffectBench()
        bench.air(world(decision, 4))
        let manifest = bench.world.manifestHash
        for (const one of acts) {
          try {
            seen.add(`${one[0]} ${act(bench, one)}`)
          } catch (error) {
            // The same manifest again is refused; nothing else is.
            expect(error).toMatchObject({ code: 'kernel.manifest_in_force' })
          }
          manifest = bench.world.manifestHash
        }
        expect(manifest).toBeDefined()
        bench.checkReplay()
        // Nothing waits for an intent that is gone.
        const waiting = [...bench.world.listInstances()].filter(({ steps }) => steps.some((step) => step.op === 'await_receipt' && step.status === 'waiting')) // prettier-ignore
        expect(waiting.length).toBeLessThanOrEqual(bench.intents().filter(({ isOrphan }) => !isOrphan).length)
      },
    ),
    { seed: SEED, numRuns: 26 },
  )
  for (const what of [
    '3 accepted',
    '5 accepted',
    '6 accepted',
    '8 accepted',
    '10 accepted',
    '11 accepted',
    '9 accepted',
  ]) {
    expect([...seen]).toContain(what)
  }
})
