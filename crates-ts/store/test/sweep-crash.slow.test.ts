import { describe, expect, it } from 'vitest'
import { stopSweeps } from './_sweep-steps.ts'

describe('a sweep on the simulated machine', () => {
  it.each(['power', 'kill'] as const)('may end at any step by %s', async (kind) => {
    expect(await stopSweeps(kind, 1)).toBeGreaterThan(250)
  })
})
