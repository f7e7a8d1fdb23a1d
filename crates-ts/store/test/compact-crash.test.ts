import { describe, expect, it } from 'vitest'
import { failCompactions, stopCompactions } from './_compaction-steps.ts'

// Every step: compact-crash.slow.test.ts.
describe('a compaction that is stopped', () => {
  it.each(['power', 'kill'] as const)('at some step by %s leaves the old segments or the headers', async (kind) => {
    expect(await stopCompactions(kind, { stride: 5, seeds: 1 })).toBeGreaterThan(80)
  })

  it('by any failing sync costs the journal at most its life', async () => {
    expect(await failCompactions(1)).toEqual(['store.failed'])
  })
})
