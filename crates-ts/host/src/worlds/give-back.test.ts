import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { GarbageCollector } from './give-back.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

test('garbage is collected after a silence, and deeply after a long one', () => {
  const collected: string[] = []
  const garbage = new GarbageCollector({
    collect: (deeply) => collected.push(`${deeply ? 'deeply' : 'once'} ${performance.now()}`),
  })
  garbage.touch()
  vi.advanceTimersByTime(1500)
  garbage.touch()
  vi.advanceTimersByTime(60_000)
  expect(collected).toEqual(['once 3500', 'deeply 11500'])
  garbage.touch()
  vi.advanceTimersByTime(3000)
  expect(collected.at(-1)).toBe('once 63500')
  garbage.stop()
  vi.advanceTimersByTime(60_000)
  expect(collected.length).toBe(3)
})

test('a process is busy once it has done much, and entries that are replayed count', () => {
  let busy = 0
  const garbage = new GarbageCollector({ collect: () => undefined, onBusy: () => (busy += 1) })
  for (let count = 0; count < 100; count += 1) garbage.touch()
  const replayed = garbage.watchReplay()
  replayed(1_000_000)
  replayed(1_000_010)
  expect(busy).toBe(0)
  replayed(1_000_600)
  garbage.touch()
  expect(busy).toBe(1)
  garbage.stop()
})
