import { expect, it } from 'vitest'
import { killRounds } from './_kill.ts'

it('loses nothing acknowledged when it is killed', async () => {
  const rounds = await killRounds(5, Number(process.env['AOS_SEED'] ?? 1))
  expect(rounds.length).toBe(5)
  expect(rounds.filter((round) => round.head < round.acknowledged)).toEqual([])
  expect(rounds.every((round) => round.acknowledged > 0)).toBe(true)
})
