import { setImmediate as nextRound } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { AosError, formatHash } from '@aos/cbor'
import type { AppendRequest, AppendResult, JournalHead, JournalPort } from '@aos/store'
import { CommitLoop } from './commit-loop.ts'

interface Pending {
  readonly request: AppendRequest
  readonly settle: (result: AppendResult | Error) => void
}

/** A journal whose appends end when the test says so. */
class SlowJournal implements JournalPort {
  readonly epoch = 1
  readonly head = undefined
  readonly firstWhole = 0
  readonly pending: Pending[] = []
  readonly acknowledged: JournalHead[] = []
  appendIf(request: AppendRequest): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.pending.push({
        request,
        settle: (result) => {
          if (result instanceof Error) reject(result)
          else resolve(result)
        },
      })
    })
  }
  read(): Iterable<never> {
    return []
  }
  readHeaders(): Iterable<never> {
    return []
  }
  acknowledge(head: JournalHead): void {
    this.acknowledged.push(head)
  }
  async close(): Promise<void> {
    await nextRound()
  }
}

const WORLD = formatHash(new Uint8Array(32))

function makeLoop(): { readonly journal: SlowJournal; readonly loop: CommitLoop; readonly failures: AosError[] } {
  const journal = new SlowJournal()
  const failures: AosError[] = []
  const loop = new CommitLoop({ journal, worldId: () => WORLD, onFailure: (error) => failures.push(error) })
  return { journal, loop, failures }
}

function add(loop: CommitLoop, ...heights: readonly number[]): void {
  for (const height of heights) loop.add({ height, leaf: Uint8Array.of(height), bytes: Uint8Array.of(1) })
}

function heightsOf(pending: Pending | undefined): readonly number[] {
  return pending?.request.entries.map(({ height }) => height) ?? []
}

function appended(pending: Pending | undefined): void {
  const last = pending?.request.entries.at(-1)
  if (pending === undefined || last === undefined) throw new Error('nothing is pending')
  pending.settle({ kind: 'appended', head: { height: last.height, leaf: last.leaf } })
}

test('entries are collected while an append is under way, and go with the next one', async () => {
  const { journal, loop } = makeLoop()
  add(loop, 0)
  loop.flush()
  add(loop, 1)
  loop.flush()
  add(loop, 2)
  loop.flush()
  expect(journal.pending.map(heightsOf)).toEqual([[0]])
  expect(journal.pending[0]?.request.expected).toBeUndefined()
  appended(journal.pending[0])
  await nextRound()
  expect(journal.pending.map(heightsOf)).toEqual([[0], [1, 2]])
  expect(journal.pending[1]?.request.expected).toEqual({ height: 0, leaf: Uint8Array.of(0) })
})

test('nothing is durable before its append ended, and it is acknowledged then', async () => {
  const { journal, loop } = makeLoop()
  const durable: number[] = []
  add(loop, 0)
  loop.flush()
  void loop.durable()?.then(() => durable.push(0))
  add(loop, 1)
  void loop.durable()?.then(() => durable.push(1))
  await nextRound()
  expect(durable).toEqual([])
  appended(journal.pending[0])
  await nextRound()
  expect(durable).toEqual([0])
  appended(journal.pending[1])
  await nextRound()
  expect(durable).toEqual([0, 1])
  expect(loop.durable()).toBeUndefined()
  expect(journal.acknowledged.map(({ height }) => height)).toEqual([0, 1])
})

test('a large group does not wait for the one before, a third one does', () => {
  const { journal, loop } = makeLoop()
  const many = Array.from({ length: 256 }, (_, index) => index)
  add(loop, 0)
  loop.flush()
  add(loop, ...many.map((index) => 1 + index))
  loop.flush()
  add(loop, ...many.map((index) => 257 + index))
  loop.flush()
  expect(journal.pending.map((pending) => heightsOf(pending).length)).toEqual([1, 256])
})

test.each([
  ['a conflict', { kind: 'conflict', head: undefined }, 'host.conflict'],
  ['a fence', { kind: 'fenced', epoch: 2 }, 'host.fenced'],
  ['a failed write', new AosError('store.failed', 'the disk is gone'), 'store.failed'],
] as const)('after %s nothing is acknowledged any more', async (_, result, code) => {
  const { journal, loop, failures } = makeLoop()
  add(loop, 0)
  loop.flush()
  const first = loop.durable()
  add(loop, 1)
  const second = loop.durable()
  journal.pending[0]?.settle(result)
  await expect(first).rejects.toMatchObject({ code })
  await expect(second).rejects.toMatchObject({ code })
  await expect(loop.durable()).rejects.toMatchObject({ code })
  expect(() => add(loop, 2)).toThrow(expect.objectContaining({ code }))
  expect(failures.map((failure) => failure.code)).toEqual([code])
  expect(journal.pending).toHaveLength(1)
  expect(journal.acknowledged).toEqual([])
  await loop.drain()
})
