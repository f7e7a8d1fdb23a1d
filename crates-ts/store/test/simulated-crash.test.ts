import { describe, expect, it } from 'vitest'
import { SIMULATED_WORLD, crashSuite, openSimulated, verifyJournal } from '../src/index.ts'
import { SEED, appendNext, closeOn, makeMachine, openOn, runOn, standingHeight } from './_simulated.ts'

const command = 'npx vitest run crates-ts/store/test/simulated-crash.test.ts'

crashSuite({ describe, it, expect }, { name: 'the store', open: openSimulated, command }, { from: SEED, count: 60 })

const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1)

/** What crash runs have found, each told by itself. */
describe('found by crash runs', () => {
  it('the name of a new world survives the power', async () => {
    for (const seed of SEEDS) {
      const machine = makeMachine(seed)
      await appendNext(machine, await openOn(machine))
      machine.crash('power')
      expect(await standingHeight(machine)).toBe(0)
    }
  })

  it('the name of a new world survives the power when its first opening was killed', async () => {
    for (const seed of SEEDS) {
      const machine = makeMachine(seed)
      machine.crashIn(seed, { kind: 'kill', counts: /^(write|sync)/ })
      await machine.run(() => openSimulated(machine.ports(), { readOnly: false, segmentBytes: 16_384 }))
      machine.crashNever()
      if (machine.scheduler.life === 0) machine.crash('kill')
      await appendNext(machine, await openOn(machine))
      machine.crash('power')
      expect(await standingHeight(machine)).toBe(0)
    }
  })

  it('a sync that fails while a segment is sealed costs nothing, whichever it is', async () => {
    let failed = 0
    for (const seed of SEEDS) {
      for (let syncIn = 1; syncIn <= 6; syncIn += 1) {
        const machine = makeMachine(seed)
        const store = await openOn(machine)
        await appendNext(machine, store)
        await appendNext(machine, store)
        machine.faults.syncIn = syncIn
        const third = await appendNext(machine, store).catch((error: unknown) => error)
        if (third !== undefined) {
          expect(third).toMatchObject({ code: 'store.failed' })
          failed += 1
        }
        machine.faults.clear()
        await closeOn(machine, store)
        expect([...machine.openFiles].map(({ path }) => path)).toEqual([])
        const reopened = await openOn(machine)
        const height = reopened.journal.head?.height ?? -1
        expect(height).toBeGreaterThanOrEqual(third === undefined ? 2 : 1)
        await appendNext(machine, reopened)
        machine.crash('power')
        expect(await standingHeight(machine)).toBe(height + 1)
      }
    }
    expect(failed).toBeGreaterThan(20)
  })

  it('closing that seals loses nothing, wherever it is stopped and whatever fails', async () => {
    for (const kind of ['power', 'kill', 'sync'] as const) {
      let stopped = 0
      for (let step = 1; ; step += 1) {
        const machine = makeMachine(step)
        const options = { readOnly: false, segmentBytes: 16_384, sealedBytes: 0 }
        const store = await runOn(machine, () => openSimulated(machine.ports(), options))
        await appendNext(machine, store)
        await appendNext(machine, store)
        if (kind === 'sync') machine.faults.syncIn = step
        else machine.crashIn(step, { kind, counts: /./ })
        const closing = await machine.run(() => store.close())
        const isOver = kind === 'sync' ? machine.faults.happened === 0 : closing.kind === 'done'
        machine.faults.clear()
        machine.crashNever()
        expect(await standingHeight(machine)).toBe(1)
        await appendNext(machine, await openOn(machine))
        machine.crash('power')
        expect(await standingHeight(machine)).toBe(2)
        if (isOver) break
        stopped += 1
      }
      expect(stopped).toBeGreaterThan(kind === 'sync' ? 3 : 10)
    }
  })

  it('content that is stored again after a failed sync survives the power', async () => {
    let failed = 0
    for (const seed of SEEDS) {
      for (let syncIn = 1; syncIn <= 7; syncIn += 1) {
        const machine = makeMachine(seed)
        const store = await openOn(machine)
        await runOn(machine, () => store.content.put([new Uint8Array(3)]))
        machine.faults.syncIn = syncIn
        const blob = new Uint8Array(seed % 4 === 0 ? 300_000 : 500).fill(7)
        await runOn(machine, () => store.content.put([blob])).catch(() => (failed += 1))
        machine.faults.clear()
        await closeOn(machine, store)
        const reopened = await openOn(machine)
        const hashes = await runOn(machine, () => reopened.content.put([blob]))
        machine.crash('power')
        const last = await openOn(machine)
        expect(hashes.map((hash) => last.content.get(hash)?.length)).toEqual([blob.length])
        await closeOn(machine, last)
      }
    }
    expect(failed).toBeGreaterThan(20)
  })

  it('a failed closing frees the lock', async () => {
    const machine = makeMachine(1)
    const store = await openOn(machine)
    await appendNext(machine, store)
    await runOn(machine, () => store.content.put([new Uint8Array(100)]))
    machine.faults.capacity = machine.usedBytes
    await expect(closeOn(machine, store)).rejects.toMatchObject({ code: 'store.no_space' })
    machine.faults.clear()
    expect(await standingHeight(machine)).toBe(0)
  })

  it('a failed read is store.failed wherever it happens, and leaves no file open', async () => {
    const codes = new Set<unknown>()
    for (let readIn = 1; readIn <= 40; readIn += 1) {
      const machine = makeMachine(readIn)
      const first = await openOn(machine)
      for (let count = 0; count < 4; count += 1) await appendNext(machine, first)
      await closeOn(machine, first)
      machine.faults.readIn = readIn
      const outcome = await machine.run(async () => {
        const store = await openSimulated(machine.ports(), { readOnly: false, segmentBytes: 16_384 })
        try {
          for (const batch of store.journal.read({ from: 0 })) expect(batch.length).toBe(1)
        } finally {
          await store.close()
        }
      })
      if (outcome.kind === 'failed') codes.add((outcome.error as { readonly code?: unknown }).code)
      expect(machine.openFiles.size).toBe(0)
      machine.faults.clear()
      expect(await standingHeight(machine)).toBe(3)
    }
    expect([...codes]).toEqual(['store.failed'])
  })

  it('a torn first group is cut before anything else is appended', async () => {
    let torn = 0
    for (let seed = 0; seed < 14 * SEEDS.length; seed += 1) {
      const machine = makeMachine(seed)
      const store = await openOn(machine)
      machine.crashIn(Math.floor(seed / SEEDS.length) + 1, { kind: 'power', counts: /^write next-/ })
      await appendNext(machine, store).catch(() => undefined)
      machine.crashNever()
      if (!verifyJournal(SIMULATED_WORLD, machine.inspect()).ok) torn += 1
      if (machine.scheduler.life === 0) await closeOn(machine, store)
      expect(await standingHeight(machine)).toBeLessThan(1)
    }
    expect(torn).toBeGreaterThan(0)
  })
})
