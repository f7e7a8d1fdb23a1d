import { expect, it } from 'vitest'
import { killRounds } from './_kill.ts'

it(
  'loses nothing acknowledged when it is killed fifty times while it compacts and sweeps',
  { timeout: 300_000 },
  async () => {
    const rounds = await killRounds(50, Number(process.env['AOS_SEED'] ?? 7))
    expect(rounds.length).toBe(50)
    expect(rounds.filter((round) => round.head < round.acknowledged)).toEqual([])
    expect(rounds.at(-1)?.head).toBeGreaterThan(10_000)
    const cuts = rounds.map(({ compactedBelow }) => compactedBelow)
    expect(cuts).toEqual(cuts.toSorted((left, right) => left - right))
    expect(new Set(cuts).size).toBeGreaterThan(10)
    const last = rounds.at(-1)
    expect(last?.values).toBeLessThan((last?.head ?? 0) / 20)
  },
)
