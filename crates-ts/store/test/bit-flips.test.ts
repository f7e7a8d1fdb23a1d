import { describe, expect, it } from 'vitest'
import { Random, makeFlipWorld } from '../src/index.ts'
import { SEED } from './_simulated.ts'

const SAMPLE = 60

describe('a flipped bit is refused with a height or repaired', async () => {
  const worlds = [await makeFlipWorld(), await makeFlipWorld({ isCompacted: true })]
  const targets = worlds.flatMap((world) => world.targets.map((target) => [target.what, world, target] as const))

  it.each(targets)(`in %s (a sample, seed ${SEED})`, async (what, world, target) => {
    const random = new Random(SEED)
    const verdicts = new Set<string>()
    for (let count = 0; count < SAMPLE; count += 1) {
      verdicts.add(await world.flip(target, random.between(target.from, target.to - 1)))
    }
    expect([...verdicts]).toEqual([EXPECTED[what]])
  })
})

const EXPECTED: Readonly<Record<string, string>> = {
  'the last two groups': 'refused at opening',
  'the zeros behind them': 'repaired',
  'the header of the last segment': 'refused at opening',
  'the header of a sealed segment': 'refused at reading',
  'the body of a sealed segment': 'refused at reading',
  'the footer of a sealed segment': 'refused at opening',
  'the first segment': 'refused at reading',
  'the header of a segment of headers': 'refused at reading',
  'the body of a segment of headers': 'refused at reading',
  'the footer before another one': 'refused at reading',
  'the footer before the last segment': 'refused at opening',
  'the head': 'repaired',
  'the fence': 'repaired',
}
