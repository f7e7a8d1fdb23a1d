import { expect, test } from 'vitest'
import { FairShare } from './fair-share.ts'

const immediately = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

/** Works in slices of its own choosing, and writes down when. */
async function work(
  share: FairShare,
  { world, slices, log }: { world: string; slices: number; log: string[] },
): Promise<void> {
  const slice = share.begin(world)
  slice.run()
  for (let done = 0; done < slices; done += 1) {
    log.push(world)
    await slice.pass()
  }
  slice.rest()
}

test('worlds go one after the other, however many streams one of them has', async () => {
  const share = new FairShare()
  const log: string[] = []
  const greedy = Array.from({ length: 5 }, () => work(share, { world: 'a', slices: 4, log }))
  await Promise.all([...greedy, work(share, { world: 'b', slices: 4, log })])
  // After its first slice each `b` waits for one `a` only.
  const slicesOfB = log.flatMap((world, at) => (world === 'b' ? [at] : []))
  expect(slicesOfB).toEqual([5, 7, 9, 11])
  expect(log).toHaveLength(24)
})

test('whatever arrives is heard between two slices', async () => {
  const share = new FairShare()
  const log: string[] = []
  const streams = ['a', 'b', 'c'].map((world) => work(share, { world, slices: 3, log }))
  for (let at = 0; at < 6; at += 1) {
    log.push('heard')
    await immediately()
  }
  await Promise.all(streams)
  expect(log.slice(3, 9)).toEqual(['heard', 'a', 'heard', 'b', 'heard', 'c'])
})

test('a slice is over after a while, sooner when many run', async () => {
  const share = new FairShare()
  const lengthOf = (running: number): number => {
    const slices = Array.from({ length: running }, (_, at) => share.begin(`w${at}`))
    for (const slice of slices) slice.run()
    const last = slices.at(-1)
    const began = performance.now()
    while (last?.isOver() === false);
    for (const slice of slices) slice.rest()
    return performance.now() - began
  }
  const [alone, crowded] = [Math.min(lengthOf(1), lengthOf(1)), Math.min(lengthOf(100), lengthOf(100))]
  expect(alone).toBeGreaterThanOrEqual(3)
  expect(crowded).toBeLessThan(alone)
  // Who rests does not count.
  expect(Math.min(lengthOf(1), lengthOf(1))).toBeGreaterThanOrEqual(3)
})
