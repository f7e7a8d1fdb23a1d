/** Copies of content that are read when everything else fails (spec/07-journal.md, "Anchors"). */
import { join } from 'node:path'
import type { HashBytes } from '@aos/cbor'
import type { Disk, DiskFile } from '../disk.ts'
import { LocationTable } from './location-table.ts'
import { ANCHORED_BYTES_MAX, ANCHOR_NUMBER, RECORD_HEAD_BYTES } from './pack-layout.ts'
import { isIntact } from './pack-reader.ts'
import { scanPack } from './pack-scan.ts'

const NAME = /^[^.].*\.pack$/

/** Where the anchors of a store are. */
export function anchorsFolder(store: string): string {
  return join(store, 'anchors')
}

/** Names of the anchors in their folder, in the order of their characters. */
export function anchorNames(disk: Disk, folder: string): readonly string[] {
  return disk
    .list(folder)
    .filter((name) => NAME.test(name))
    .toSorted()
}

/** One anchor, open for reading. Its heads are read once; values when they are asked for. */
export class AnchorReader {
  readonly #file: DiskFile
  readonly #places = new LocationTable()

  constructor(file: DiskFile) {
    this.#file = file
    for (const step of scanPack(file, {
      number: ANCHOR_NUMBER,
      checksValues: false,
      packedBytesMax: ANCHORED_BYTES_MAX,
    })) {
      if (step.kind === 'gap' || step.head.kind !== 'packed') continue
      const { hash, length } = step.head
      this.#places.set(hash, { kind: 'packed', pack: ANCHOR_NUMBER, position: step.position, length })
    }
  }

  get count(): number {
    return this.#places.size
  }

  has(hash: HashBytes): boolean {
    return this.#places.get(hash) !== undefined
  }

  /** The value, if it is there and intact. */
  get(hash: HashBytes): Uint8Array | undefined {
    const place = this.#places.get(hash)
    if (place === undefined || place === 'gone') return undefined
    const bytes = new Uint8Array(place.length)
    const count = this.#file.read(bytes, place.position + RECORD_HEAD_BYTES)
    return count === place.length && isIntact(hash, bytes) ? bytes : undefined
  }

  close(): void {
    this.#file.close()
  }
}

/** The anchors of a store. They are looked for at each miss, so that one that is written while the store is open counts. */
export class Anchors {
  readonly #disk: Disk
  readonly #folder: string
  readonly #open = new Map<string, AnchorReader>()

  constructor(disk: Disk, store: string) {
    this.#disk = disk
    this.#folder = anchorsFolder(store)
  }

  get(hash: HashBytes): Uint8Array | undefined {
    for (const anchor of this.#readers()) {
      const bytes = anchor.get(hash)
      if (bytes !== undefined) return bytes
    }
    return undefined
  }

  has(hash: HashBytes): boolean {
    return this.#readers().some((anchor) => anchor.has(hash))
  }

  /** What a writer that ended has left. One that lost the lock cannot give it a name any more. */
  removeUnfinished(): void {
    for (const name of this.#disk.list(this.#folder)) {
      if (name.endsWith('.pack.tmp')) this.#disk.remove(join(this.#folder, name))
    }
  }

  close(): void {
    for (const anchor of this.#open.values()) anchor.close()
    this.#open.clear()
  }

  /** The latest name first. */
  #readers(): readonly AnchorReader[] {
    const names = anchorNames(this.#disk, this.#folder)
    for (const [name, anchor] of this.#open) {
      if (names.includes(name)) continue
      anchor.close()
      this.#open.delete(name)
    }
    return names.toReversed().map((name) => this.#open.get(name) ?? this.#openOne(name))
  }

  #openOne(name: string): AnchorReader {
    const file = this.#disk.open(join(this.#folder, name), 'read')
    try {
      const anchor = new AnchorReader(file)
      this.#open.set(name, anchor)
      return anchor
    } catch (error) {
      file.close()
      throw error
    }
  }
}
