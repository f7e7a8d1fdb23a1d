import { describe, expect, it } from 'vitest'
import { runStopped, runStoppedSweep } from './_two-writers.ts'

describe('a writer that compacts stopped anywhere while another one does', () => {
  it('neither loses what it promised, and no segment is missing', { timeout: 120_000 }, async () => {
    const places: string[] = []
    for (let stopAt = 1; ; stopAt += 1) {
      const where = await runStopped(stopAt, 'closed', { compacts: true })
      if (where === undefined) break
      places.push(where.replace(/[0-9a-f]{16,}/, 'N'))
    }
    expect(places.filter((place) => place.includes('headers.tmp')).length).toBeGreaterThan(3)
    expect(places.filter((place) => place === 'rename').length).toBeGreaterThanOrEqual(5)
  })
})

describe('a writer that sweeps content stopped anywhere while another one stores it', () => {
  it('takes nothing away that the other has stored', { timeout: 120_000 }, async () => {
    const places: string[] = []
    for (let stopAt = 1; ; stopAt += 1) {
      const where = await runStoppedSweep(stopAt)
      if (where === undefined) break
      places.push(where)
    }
    expect(places.filter((place) => place.startsWith('rename')).length).toBeGreaterThanOrEqual(3)
    expect(places.filter((place) => place.endsWith('store.fenced')).length).toBeGreaterThan(10)
  })
})

describe('a writer stopped anywhere while another one works', () => {
  it.each(['new', 'closed', 'killed'] as const)(
    'neither loses what it promised (%s)',
    { timeout: 120_000 },
    async (before) => {
      const places: string[] = []
      for (let stopAt = 1; ; stopAt += 1) {
        const where = await runStopped(stopAt, before)
        if (where === undefined) break
        places.push(where.replace(/[0-9a-f]{16,}/, 'N'))
      }
      expect(places.filter((place) => place === 'rename').length).toBeGreaterThanOrEqual(3)
      for (const kind of ['truncate', 'write fence', 'write next-N.tmp', 'sync folder']) {
        expect(places.filter((place) => place.startsWith(kind)).length, kind).toBeGreaterThan(0)
      }
      expect(places.length).toBeGreaterThan(30)
    },
  )
})
