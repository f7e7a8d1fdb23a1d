import { expect, test } from 'vitest'
import { withScript } from './_child-script.ts'
import { runLives } from './_dispatch-kills.ts'
import type { Life } from './_dispatch-kills.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_121)
const KILLS = 50
/** Milliseconds after an event is sent within which its effect is over, or nearly. */
const WINDOW_MS = 40

function makeRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test(`fifty kills at any moment (seed ${SEED})`, { timeout: 240_000 }, async () => {
  const random = makeRandom(SEED)
  const lives: Life[] = Array.from({ length: KILLS }, () => ({
    kind: random(3) === 0 ? 'again' : 'once',
    point: `after-${random(WINDOW_MS)}`,
  }))
  const half = KILLS / 2
  const reports = await withScript('_dispatch-child.ts', (script) =>
    Promise.all([runLives(script, lives.slice(0, half)), runLives(script, lives.slice(half))]),
  )
  for (const report of reports) {
    expect(report).toMatchObject({ open: 0, verified: true })
    expect(report.killed).toBeGreaterThan(0)
    for (const life of report.lives) {
      expect(['ok', 'unknown']).toContain(life.status)
      if (life.kind === 'once') expect(life.calls).toBeLessThanOrEqual(1)
      if (life.kind === 'once' && life.status === 'ok') expect(life.calls).toBe(1)
      if (life.kind === 'again') expect(life).toMatchObject({ status: 'ok' })
    }
  }
})
