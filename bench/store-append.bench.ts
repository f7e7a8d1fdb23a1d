/**
 * Durable appends a second by window (most unacknowledged entries), and the scan rate.
 * Run: npx tsx --conditions=@aos/source bench/store-append.bench.ts [seconds per row]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeEntries, openWorldStore, verifyJournal, worldOf, type JournalRecord, type WorldStore } from '@aos/store'
import { machineFacts, machineText } from './machine.ts'

const WINDOWS = [1, 16, 256, 1024] as const
const SCAN_ENTRIES = 1_000_000
const PAYLOAD_BYTES = 160 // an entry of about 300 bytes

interface Row {
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly groups: number
}

/** Stamps a block of real entries with growing heights: the store does not look into them when it appends. */
function* endless(block: readonly JournalRecord[]): Generator<JournalRecord, never, undefined> {
  for (let height = 0; ; height += 1) {
    const { leaf, bytes } = block[height % block.length] ?? { leaf: new Uint8Array(32), bytes: new Uint8Array(300) }
    yield { height, leaf, bytes }
  }
}

/** Keeps two groups in flight; each takes half of the window. */
async function appendFor(store: WorldStore, milliseconds: number, window: number): Promise<Row> {
  const block = makeEntries(undefined, 1024, { payloadBytes: PAYLOAD_BYTES })
  const source = endless(block)
  const world = worldOf(block)
  const latencies: number[] = []
  const until = performance.now() + milliseconds
  const size = Math.max(1, window / 2)
  const inFlightMax = window === 1 ? 1 : 2
  let expected = store.journal.head
  const calls: Promise<void>[] = []
  const start = performance.now()
  let count = 0
  while (performance.now() < until) {
    const entries = Array.from({ length: size }, () => source.next().value)
    const at = performance.now()
    const request = { world, epoch: store.journal.epoch, expected, entries }
    const last = entries[size - 1]
    expected = last === undefined ? expected : { height: last.height, leaf: last.leaf }
    calls.push(
      store.journal.appendIf(request).then((result) => {
        if (result.kind !== 'appended') throw new Error(result.kind)
        store.journal.acknowledge(result.head)
        latencies.push(performance.now() - at)
        count += size
      }),
    )
    if (calls.length >= inFlightMax) await calls.shift()
  }
  await Promise.all(calls)
  const seconds = (performance.now() - start) / 1000
  const sorted = latencies.toSorted((left, right) => left - right)
  const quantile = (part: number): number => Math.round(1000 * (sorted[Math.floor(sorted.length * part)] ?? 0))
  return { perSecond: Math.round(count / seconds), p50Us: quantile(0.5), p99Us: quantile(0.99), groups: sorted.length }
}

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'aos-bench-'))
  try {
    return await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function benchAppend(milliseconds: number): Promise<void> {
  for (const window of WINDOWS) {
    const row = await inFolder(async (folder) => {
      const store = await openWorldStore(folder)
      const result = await appendFor(store, milliseconds, window)
      await store.close()
      return result
    })
    console.log(
      `append  window ${String(window).padStart(5)}  ${row.perSecond} entries/s  p50 ${row.p50Us} us  p99 ${row.p99Us} us`,
    )
  }
}

/** `body` returns a sum over what it read, so that nothing is optimised away. */
function timed(name: string, entries: number, body: () => number): void {
  const start = performance.now()
  if (body() <= 0) throw new Error('nothing was read')
  const milliseconds = performance.now() - start
  console.log(`${name}  ${Math.round((1000 * entries) / milliseconds)} entries/s  ${Math.round(milliseconds)} ms`)
}

async function benchScan(): Promise<void> {
  await inFolder(async (folder) => {
    const store = await openWorldStore(folder)
    let expected = store.journal.head
    let world: ReturnType<typeof worldOf> | undefined
    while ((expected?.height ?? -1) < SCAN_ENTRIES - 1) {
      const entries = makeEntries(expected, 1000, { payloadBytes: PAYLOAD_BYTES })
      world ??= worldOf(entries)
      const result = await store.journal.appendIf({ world, epoch: store.journal.epoch, expected, entries })
      if (result.kind !== 'appended') throw new Error(result.kind)
      expected = result.head
    }
    for (let round = 0; round < 3; round += 1) {
      timed('scan, group hashes checked       ', SCAN_ENTRIES, () => {
        let bytes = 0
        for (const batch of store.journal.read({ from: 0 })) for (const record of batch) bytes += record.bytes.length
        return bytes
      })
      timed('scan, each leaf computed as well ', SCAN_ENTRIES, () => {
        let sum = 0
        for (const batch of store.journal.read({ from: 0 })) for (const record of batch) sum += record.leaf[0] ?? 0
        return sum
      })
    }
    await store.close()
    const start = performance.now()
    const again = await openWorldStore(folder)
    console.log(`open with ${SCAN_ENTRIES} entries  ${Math.round(performance.now() - start)} ms`)
    await again.close()
    timed('verify, every byte and every hash', SCAN_ENTRIES, () => {
      const verdict = verifyJournal(folder)
      if (!verdict.ok) throw new Error('the journal is damaged')
      return verdict.entries
    })
  })
}

console.log(machineText(machineFacts(join(import.meta.dirname, '..'))))
const seconds = Number(process.argv[2] ?? 2)
await benchAppend(seconds * 1000)
await benchScan()
