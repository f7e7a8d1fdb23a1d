/**
 * Child process of the kill tests: appends two groups at a time and prints each height once it is acknowledged. Meanwhile it cuts
 * old segments to their headers and sweeps the content of old heights, again and again.
 */
import { writeSync } from 'node:fs'
import { headOf, makeEntries, openWorldStore, worldOf, type JournalHead } from '../src/index.ts'
import { formatHash } from '@aos/cbor'
import { LIVE_HEIGHTS, contentOf, hashOf } from './_height-content.ts'
import { isKeptKind } from '../src/kit/compaction-suite.ts'

const [folder = '', seedText = '1'] = process.argv.slice(2)
let seed = Number(seedText)

/** A small reproducible sequence: sizes of groups need no better one. */
function nextSize(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
  return 1 + (seed % 32)
}

const store = await openWorldStore(folder, { segmentBytes: 262_144 })
const genesis = makeEntries(undefined, 1)
const world = worldOf(genesis)
let expected: JournalHead | undefined = store.journal.head
let lastSweep = store.journal.head?.height ?? 0
const calls: Promise<void>[] = []
let compacting: Promise<unknown> | undefined
let sweeping: Promise<unknown> | undefined
for (;;) {
  const height = store.journal.head?.height ?? 0
  if (height - lastSweep > 300) {
    lastSweep = height
    const live = new Set<string>(contentOf(height - LIVE_HEIGHTS, height + 100).map(hashOf))
    const isLive = (hash: Uint8Array): boolean => live.has(formatHash(hash))
    const watch = store.content.watchStored()
    sweeping ??= store.content
      .sweep({ isLive: (hash) => isLive(hash) || watch.has(hash), deadShareMin: 0.1 })
      .finally(() => {
        watch.end()
        sweeping = undefined
      })
  }
  const before = (store.journal.head?.height ?? 0) - 1_000
  if (before > store.journal.firstWhole) {
    compacting ??= store.compact({ before, keep: isKeptKind }).then(() => (compacting = undefined))
  }
  const entries = expected === undefined ? genesis : makeEntries(expected, nextSize(), { payloadBytes: 150 })
  const { height: last } = headOf(entries)
  const content = contentOf(last - entries.length, last)
  if (content.length > 0) await store.content.put(content)
  calls.push(
    store.journal.appendIf({ world, epoch: store.journal.epoch, expected, entries }).then((result) => {
      if (result.kind !== 'appended') throw new Error(result.kind)
      store.journal.acknowledge(result.head)
      writeSync(1, `${result.head.height}\n`)
    }),
  )
  expected = headOf(entries)
  if (calls.length === 2) await calls.shift()
}
