import { describe, expect, it } from 'vitest'
import { makeFlipWorld } from '../src/index.ts'

/** Every bit with AOS_FULL=1; otherwise every seventh, which takes each bit of a byte in turn. */
const STRIDE = process.env['AOS_FULL'] === '1' ? 1 : 7

const TARGETS: readonly string[] = [
  'the last two groups',
  'the header of a sealed segment',
  'the body of a sealed segment',
  'the footer of a sealed segment',
  'the header of a segment of headers',
  'the body of a segment of headers',
  'the footer before the last segment',
  'the head',
]

describe('every flipped bit is refused with a height or repaired', async () => {
  const worlds = [await makeFlipWorld(), await makeFlipWorld({ isCompacted: true })]
  const targets = worlds.flatMap((world) => world.targets.map((target) => [target.what, world, target] as const))

  it.each(targets.filter(([what]) => TARGETS.includes(what)))('in %s', async (what, world, target) => {
    let flips = 0
    const verdicts = new Set<string>()
    for (let bit = target.from; bit < target.to; bit += STRIDE) {
      verdicts.add(await world.flip(target, bit))
      flips += 1
    }
    expect(flips).toBe(Math.ceil((target.to - target.from) / STRIDE))
    expect(verdicts.size).toBe(1)
    expect(verdicts.has('repaired')).toBe(what === 'the head')
  })
})
