import { expect, test } from 'vitest'
import { runSteps, runStepsFairly } from './steps.ts'
import type { Steps } from './steps.ts'
import { FairShare } from './worlds/fair-share.ts'

interface Work {
  readonly done: number[]
  isReleased: boolean
}

/** Each step takes as long as a slice. */
function* slow(work: Work, count: number): Steps<string> {
  try {
    for (let step = 0; step < count; step += 1) {
      const until = performance.now() + 20
      while (performance.now() < until);
      work.done.push(step)
      yield
    }
    return 'all of it'
  } finally {
    work.isReleased = true
  }
}

test('others go on between steps; alone, or without a share, they run through', async () => {
  const work: Work = { done: [], isReleased: false }
  const heard: number[] = []
  const listening = setInterval(() => heard.push(work.done.length), 0)
  const slice = new FairShare().begin('w')
  expect(await runStepsFairly(slow(work, 5), { slice })).toBe('all of it')
  clearInterval(listening)
  expect(heard).toEqual(expect.arrayContaining([2, 3, 4]) as unknown)
  expect(await runStepsFairly(slow(work, 2), {})).toBe('all of it')
  expect(runSteps(slow(work, 1))).toBe('all of it')
})

test('what nobody waits for any more ends, and lets go of what it held', async () => {
  const work: Work = { done: [], isReleased: false }
  const asked = new AbortController()
  setTimeout(() => asked.abort(), 50)
  const slice = new FairShare().begin('w')
  const ended = await runStepsFairly(slow(work, 1000), { slice, signal: asked.signal }).catch((error: unknown) => error)
  expect(ended).toMatchObject({ code: 'control.lost' })
  expect(work.done.length).toBeLessThan(100)
  expect(work.isReleased).toBe(true)
})
