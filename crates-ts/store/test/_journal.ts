/** Building journals on disk, and damaging them. */
import { closeSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  headOf,
  makeEntries,
  openWorldStore,
  worldOf,
  type JournalHead,
  type JournalRecord,
  type WorldStore,
  type WorldStoreOptions,
} from '../src/index.ts'

/** Appends groups of the given sizes, one after the other, acknowledging each when asked to. */
export async function appendGroups(
  store: WorldStore,
  entries: readonly JournalRecord[],
  options: {
    readonly sizes: readonly number[]
    readonly from?: JournalHead | undefined
    readonly acknowledge?: boolean
  },
): Promise<void> {
  let expected = options.from
  let at = expected === undefined ? 0 : expected.height + 1
  const world = worldOf(entries)
  for (const size of options.sizes) {
    const part = entries.slice(at, at + size)
    const result = await store.journal.appendIf({ world, epoch: store.journal.epoch, expected, entries: part })
    if (result.kind !== 'appended') throw new Error(`not appended: ${result.kind}`)
    if (options.acknowledge === true) store.journal.acknowledge(result.head)
    expected = headOf(part)
    at += size
  }
}

/** Makes a closed journal of such groups and returns its entries. */
export async function makeJournal(
  folder: string,
  sizes: readonly number[],
  options: WorldStoreOptions & { readonly acknowledge?: boolean; readonly payloadBytes?: number } = {},
): Promise<readonly JournalRecord[]> {
  const { acknowledge, payloadBytes, ...storeOptions } = options
  const count = sizes.reduce((sum, size) => sum + size, 0)
  const entries = makeEntries(undefined, count, { payloadBytes: payloadBytes ?? 0 })
  const store = await openWorldStore(folder, storeOptions)
  await appendGroups(store, entries, { sizes, acknowledge: acknowledge === true })
  await store.close()
  return entries
}

export function segmentFiles(folder: string): readonly string[] {
  return readdirSync(join(folder, 'journal'))
    .filter((name) => name.endsWith('.seg'))
    .toSorted()
    .map((name) => join(folder, 'journal', name))
}

export function segmentFile(folder: string, index: number): string {
  const path = segmentFiles(folder).at(index)
  if (path === undefined) throw new RangeError(`no segment ${index}`)
  return path
}

export function overwrite(path: string, position: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, bytes, 0, bytes.length, position)
  closeSync(fd)
}

/** Flips one bit of a byte; calling it again undoes it. */
export function flip(path: string, position: number): void {
  const byte = readFileSync(path)[position] ?? 0
  overwrite(path, position, new Uint8Array([byte ^ 1]))
}

/** Every height in the journal, checked against what was appended. */
export function readHeights(store: WorldStore, entries: readonly JournalRecord[]): readonly number[] {
  const heights: number[] = []
  for (const batch of store.journal.read({ from: 0 })) {
    for (const record of batch) {
      const entry = entries[record.height]
      if (entry === undefined || Buffer.compare(entry.bytes, record.bytes) !== 0) {
        throw new Error(`height ${record.height} reads back otherwise`)
      }
      heights.push(record.height)
    }
  }
  return heights
}
