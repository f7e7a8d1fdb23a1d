import { describe, expect, it } from 'vitest'
import { failCompactions, stopCompactions } from './_compaction-steps.ts'

describe('a compaction that is stopped', () => {
  it.each(['power', 'kill'] as const)('at any step by %s leaves the old segments or the headers', async (kind) => {
    expect(await stopCompactions(kind, { stride: 1, seeds: kind === 'power' ? 5 : 1 })).toBeGreaterThan(80)
  })

  it('by any failing sync, whatever becomes of the bytes, costs the journal at most its life', async () => {
    expect(await failCompactions(5)).toEqual(['store.failed'])
  })
})
