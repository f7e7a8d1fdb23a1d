import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWorld, readCheckpointHead } from '../src/index.ts'
import { Checkpoints } from './_checkpoints.ts'
import { EffectBench } from './_effects.ts'
import { act, world } from './_random-acts.ts'
import type { Act } from './_random-acts.ts'
import { cellBench, look, rootNow, send } from './_snapshots.ts'

const SEED = Number(process.env['AOS_SEED'] ?? 20_261_129)
const RUNS = 13

describe('a checkpoint', () => {
  it('is the same state: whatever happens afterwards happens to the opened world as to the one that went on', () => {
    const seen = new Set<string>()
    const step = fc.tuple(fc.integer({ min: 0, max: 19 }), fc.integer({ min: 0, max: 11 }))
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 80, size: 'max' }), (acts: readonly Act[]) => {
        const bench = new EffectBench()
        bench.air(world('allow', 4))
        const checkpoints = new Checkpoints(bench)
        let write = checkpoints.take()
        for (const [what, which] of acts) {
          try {
            if (what <= 12) act(bench, [what, which])
            else if (what === 13) bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
            else if (what <= 15) bench.storeSlice(what === 14 ? 1000 : Number.POSITIVE_INFINITY)
            else if (what === 16 && bench.world.snapshot?.root !== undefined) bench.rootOfCut()
            else if (what >= 17) {
              write()
              if (what === 18) expect(look(checkpoints.open())).toEqual(look(bench.world))
              write = checkpoints.take(which === 0)
            }
          } catch (error) {
            expect(error).toMatchObject({ code: 'kernel.manifest_in_force' })
          }
        }
        write()
        for (const [what, which] of acts.slice(0, 10)) if (what < 12) act(bench, [what, which])
        const opened = checkpoints.open()
        expect(look(opened)).toEqual(look(bench.world))
        // One that was opened from a checkpoint takes some itself.
        const work = opened.takeCheckpoint('root')
        const again = createWorld(bench.ports())
        again.openCheckpoint([work.next(Number.POSITIVE_INFINITY) ?? new Uint8Array(0)])
        expect(look(again)).toEqual(look(bench.world))
        const stamp = bench.stamp()
        const final = rootNow(bench.world, stamp)
        expect(rootNow(opened, stamp)).toBe(final)
        expect(rootNow(again, stamp)).toBe(final)
        if (checkpoints.count > 2) seen.add('several')
      }),
      { seed: SEED, numRuns: RUNS },
    )
    expect([...seen]).toEqual(['several'])
  })

  it('holds cells as they were when it was taken down, whatever a snapshot under way makes of them', () => {
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.tuple(fc.constant('send'), fc.nat(60), fc.constantFrom('a', 'bb', 'del', 'same', 'x'.repeat(2000))) }, // prettier-ignore
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom('cut', 'slice', 'root', 'take', 'whole', 'keep'), fc.nat(4000), fc.constant('')) }, // prettier-ignore
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 250, size: 'max' }), fc.boolean(), (steps, isSmall) => {
        const bench = cellBench()
        if (isSmall) bench.world.limitMemory({ cells: 2000, nodes: 2000 })
        const checkpoints = new Checkpoints(bench)
        let write = checkpoints.take()
        for (const [what, number, text] of steps) {
          if (what === 'send') send(bench, `name ${number}`, text)
          else if (what === 'cut') bench.submit({ kind: 'snapshot_cut', principal: 'host:snapshot' })
          else if (what === 'slice') bench.storeSlice(number)
          else if (what === 'root' && bench.world.snapshot?.root !== undefined) bench.rootOfCut()
          else if (what === 'take' || what === 'whole') {
            write()
            write = checkpoints.take(what === 'whole')
          } else if (what === 'keep') {
            write()
            write = checkpoints.take()
            expect(look(checkpoints.open())).toEqual(look(bench.world))
          }
        }
        write()
        const opened = checkpoints.open()
        expect(look(opened)).toEqual(look(bench.world))
        expect(opened.countCells('demo/R@1')).toBe(bench.world.countCells('demo/R@1'))
        const stamp = bench.stamp()
        expect(rootNow(opened, stamp)).toBe(rootNow(bench.world, stamp))
      }),
      { seed: SEED, numRuns: 2 * RUNS },
    )
  })

  it('takes down what has changed since the one before, and all since the root when it is asked to', () => {
    const bench = cellBench()
    for (let at = 0; at < 100; at += 1) send(bench, `name ${at}`, 'first')
    bench.snapshot()
    for (let at = 0; at < 10; at += 1) send(bench, `name ${at}`, 'second')
    // The snapshot's own root changes nothing that is a collection.
    expect(bench.world.takeCheckpoint('checkpoint').changes).toBe(10)
    expect(bench.world.takeCheckpoint('checkpoint').changes).toBe(0)
    send(bench, 'name 3', 'third')
    send(bench, 'name 3', 'fourth')
    expect(bench.world.takeCheckpoint('checkpoint').changes).toBe(1)
    expect(bench.world.takeCheckpoint('root').changes).toBe(10)
  })

  it('moves the beginning of what an opening has to do, once it is kept', () => {
    const bench = cellBench()
    for (let at = 0; at < 3000; at += 1) send(bench, `name ${at}`, 'first')
    const root = bench.snapshot()
    for (let at = 0; at < 50; at += 1) send(bench, `name ${at}`, 'second')
    expect(bench.world.recovery).toMatchObject({ entries: 51, changes: 0 })
    expect(bench.world.recovery.reads).toBeGreaterThan(50)
    const work = bench.world.takeCheckpoint('root')
    const body = work.next(Number.POSITIVE_INFINITY) ?? new Uint8Array(0)
    expect(work.next(1)).toBeUndefined()
    send(bench, 'name 1', 'third')
    send(bench, 'name 2000', 'third')
    expect(bench.world.recovery.entries).toBe(53)
    bench.world.keepCheckpoint({ changes: work.changes, bytes: body.length })
    expect(bench.world.recovery).toMatchObject({ entries: 2, changes: 50, changeBytes: body.length })
    // The first is in the checkpoint; of the other, its way and its state.
    expect(bench.world.recovery.reads).toBeGreaterThanOrEqual(3)
    expect(bench.world.recovery.reads).toBeLessThan(6)
    expect(bench.world.tail.entries).toBe(53)
    const opened = createWorld(bench.ports())
    opened.openCheckpoint([body])
    expect(opened.recovery).toMatchObject({ entries: 0, reads: 0, changes: 50 })
    expect(opened.tail.entries).toBe(51)
    expect(readCheckpointHead(body)).toMatchObject({ base: root, behind: { entries: 51 } })
    bench.snapshot()
    expect(bench.world.recovery).toMatchObject({ entries: 1, changes: 0 })
  })

  it('is refused when a byte is missing, too many, or of another kind, and never taken for another state', () => {
    const bench = cellBench()
    for (let at = 0; at < 40; at += 1) send(bench, `name ${at}`, 'text')
    bench.snapshot()
    for (let at = 0; at < 5; at += 1) send(bench, `name ${at}`, at === 3 ? 'del' : 'other')
    const body = bench.world.takeCheckpoint('root').next(Number.POSITIVE_INFINITY) ?? new Uint8Array(0)
    const codeOf = (bytes: Uint8Array): unknown => {
      try {
        createWorld(bench.ports()).openCheckpoint([bytes])
        return undefined
      } catch (error) {
        return (error as { readonly code?: unknown }).code // whatever it is
      }
    }
    expect(codeOf(body)).toBeUndefined()
    for (let length = 1; length < body.length; length += 1) expect(codeOf(body.subarray(0, length))).toBe('kernel.bad_checkpoint') // prettier-ignore
    expect(codeOf(Uint8Array.from([...body, 0]))).toBe('kernel.bad_checkpoint')
    expect(codeOf(new Uint8Array(0))).toBe('kernel.bad_checkpoint')
  })
})
