/**
 * The bytes of a history (spec/19-workspaces.md, "History"). A version is written behind the others, which stay as they are: to read all of them would
 * cost more with every commit, until no step had the fuel for it.
 */
import { encodeValue, matchWord, openValueBytes, readMap, readNat, skipItem } from '@aos/sdk'
import { openReader, openValue, readNull, readerPosition, skipBytes } from '@aos/sdk/reader'
import { writeMap, writeNat, writeRaw, writeWord } from '@aos/sdk/writer'
import { WorkspaceCommitMeta, WorkspaceHistory } from './generated'

/** Versions 1 to `latest`, as canonical CBOR. */
export class History {
  constructor(
    public latest: u64,
    /** Where the pairs of the map of versions lie. */
    public from: usize,
    public size: usize,
  ) {}

  /** Writes the history with `meta` as one version more, or as it is. */
  encode(meta: WorkspaceCommitMeta | null): void {
    const latest = meta === null ? this.latest : this.latest + 1
    writeWord(0x74736574616c66a2, 8) // a map of 2, "latest"
    writeNat(latest)
    writeWord(0x6e6f697372657668, 8) // "versions"
    writeWord(0x73, 1)
    writeMap(<i32>latest)
    writeRaw(this.from, this.size)
    if (meta === null) return
    writeNat(latest)
    meta.encode()
  }
}

/** The state in the input of a step; without a cell the history in which nothing is yet. */
export function readHistory(pointer: usize, size: usize): History {
  openReader(pointer, pointer + size)
  for (let left = readMap(); left > 0; left--) {
    // "state", with its head.
    if (!matchWord(0x657461747365, 0xffffffffffff, 6)) {
      skipItem()
      skipItem()
      continue
    }
    if (readNull()) break
    const stateSize = skipBytes()
    const end = readerPosition()
    openValue(end - stateSize, end)
    return readPlain(end) || readAny(end - stateSize, end)
  }
  return new History(0, pointer, 0)
}

/** As `encode` writes it; null for another form. */
function readPlain(end: usize): History | null {
  if (!matchWord(0x74736574616c66a2, 0xffffffffffffffff, 8)) return null
  const latest = readNat()
  if (!matchWord(0x6e6f697372657668, 0xffffffffffffffff, 8) || !matchWord(0x73, 0xff, 1)) return null
  if (<u64>readMap() != latest) return null
  const from = readerPosition()
  return new History(latest, from, end - from)
}

/** Of another module of this name. */
function readAny(from: usize, end: usize): History {
  openValue(from, end)
  const bytes = encodeValue<WorkspaceHistory>(WorkspaceHistory.decode())
  openValueBytes(bytes)
  const history = readPlain(readerPosition() + <usize>bytes.length - PREFIX_SIZE)
  // Versions are counted from 1 without gaps.
  return assert(history)
}

const PREFIX_SIZE: usize = 3
