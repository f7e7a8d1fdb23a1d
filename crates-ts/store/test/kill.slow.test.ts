import { expect, it } from 'vitest'
import { killRounds } from './_kill.ts'

it('loses nothing acknowledged when it is killed thirty times', async () => {
  const rounds = await killRounds(30, Number(process.env['AOS_SEED'] ?? 7))
  expect(rounds.length).toBe(30)
  expect(rounds.filter((round) => round.head < round.acknowledged)).toEqual([])
  expect(rounds.at(-1)?.head).toBeGreaterThan(10_000)
})
