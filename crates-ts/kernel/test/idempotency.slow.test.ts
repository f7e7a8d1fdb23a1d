import { expect, it } from 'vitest'
import { createWorld, LIMITS } from '../src/index.ts'
import type { Ingress, TurnResult } from '../src/index.ts'
import { makeIdempotency } from './_collections.ts'
import { Bench } from './_util.ts'

const COUNT = LIMITS.idempotencyKeysMax + 10

it('of more keys than the bound the first are forgotten, in the world and in its replay', { timeout: 300_000 }, () => {
  const bench = new Bench()
  bench.genesis()
  const replayed = createWorld(bench.ports())
  const tick = (key: number): Ingress => ({ kind: 'tick', principal: 'local:test', idempotencyKey: `key ${key}` })
  for (const entry of bench.entries) replayed.replay(entry, { verify: true })
  const send = (key: number): TurnResult => {
    const result = bench.world.submit(tick(key), bench.stamp())
    if (result.kind !== 'accepted') return result
    const difference = replayed.replay(result.entry, { verify: key % 1000 === 0 })
    if (difference !== undefined) throw new Error(JSON.stringify(difference))
    return result
  }
  for (let key = 1; key <= COUNT; key += 1) if (send(key).kind !== 'accepted') throw new Error(`key ${key}`)
  expect(send(11)).toEqual({ kind: 'duplicate', height: 11 })
  expect(send(10)).toMatchObject({ kind: 'accepted', height: COUNT + 1 })
  expect(send(11)).toMatchObject({ kind: 'accepted', height: COUNT + 2 })
  expect(replayed.submit(tick(13), bench.stamp())).toEqual({ kind: 'duplicate', height: 13 })
  expect(replayed.head).toEqual(bench.world.head)
})

it('going on over the bound costs no more than filling up to it', { timeout: 120_000 }, () => {
  const max = LIMITS.idempotencyKeysMax
  const body = new Uint8Array(32)
  const table = makeIdempotency()
  const timed = (from: number, to: number): number => {
    const start = performance.now()
    for (let height = from; height <= to; height += 1) {
      table.remember(`key ${height}`, { body, height, logicalNs: BigInt(height) })
    }
    return performance.now() - start
  }
  timed(1, max - 100_000)
  const filling = timed(max - 99_999, max)
  const over = timed(max + 1, max + 100_000)
  expect(table.size).toBe(max)
  expect(table.lookUp('key 100000', body)).toBe('new')
  expect(table.lookUp('key 100001', body)).toBe(100_001)
  // A search among removed entries took hundreds of times as long.
  expect(over).toBeLessThan(20 * filling + 500)
})
