import { describe, expect, it } from 'vitest'
import { failSweeps, stopSweeps, sweepWhole } from './_sweep-steps.ts'

// Every step: sweep-crash.slow.test.ts.
describe('a sweep on the simulated machine', () => {
  it('removes the dead, and keeps what is live or stored meanwhile', sweepWhole)

  it.each(['power', 'kill'] as const)('may end at some step by %s', async (kind) => {
    expect(await stopSweeps(kind, 15)).toBeGreaterThan(250)
  })

  it('costs the store its life when a sync fails, and nothing else', async () => {
    expect(await failSweeps()).toEqual(['store.failed'])
  })
})
