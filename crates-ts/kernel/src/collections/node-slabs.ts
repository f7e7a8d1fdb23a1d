/**
 * Bytes of nodes by hash, in few large pieces of memory: a node of its own array costs a third more, and each change of a snapshot would leave one
 * for the collector. What goes first is what nobody has asked for since memory was last looked through.
 */
import { HASH_BYTES } from '@aos/cbor'

/** Of a page, when there is room for many. */
const PAGE_BYTES: number = 16 * 1024
/** Little memory is not to be held by few pages. */
const PAGES_MIN = 128
/** Memory of pages that went, for the next ones: the collector would take its time to give it back. */
const SPARE_MAX = 8
const SLOT_BYTES_MIN = 128
/** What is longer is not kept. */
const SLOT_BYTES_MAX: number = 64 * 1024
const ROWS_MIN = 64
/** A row with its share of the buckets. */
const ROW_BYTES = 62
const FREE = -1

/** Slots of one size. */
interface Page {
  readonly bytes: Uint8Array
  readonly kind: SlotKind
  /** Row of each slot, or FREE. */
  readonly rows: Int32Array
  taken: number
  /** It stands in the list of its kind. */
  isListed: boolean
  isGone: boolean
}

interface SlotKind {
  readonly size: number
  /** Pages that had a free slot when they were put here. */
  readonly open: Page[]
}

/** What `get` gives are views that count until the next `put`. */
export class NodeSlabs {
  #bytesMax: number
  #pageBytes = 0
  /** Columns by row. */
  #hashes = new Uint8Array(0)
  #slots = new Int32Array(0)
  #lengths = new Int32Array(0)
  #wasUsed = new Uint8Array(0)
  readonly #pageOf: (Page | undefined)[] = []
  readonly #freeRows: number[] = []
  /** Row + 1 by a part of the hash, the next free place when it is taken; half of them are empty at least. */
  #buckets = new Int32Array(0)
  readonly #kinds = new Map<number, SlotKind>()
  readonly #pages: Page[] = []
  readonly #spare: Uint8Array[] = []
  #hand = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Memory taken. */
  get bytes(): number {
    return this.#pageBytes + this.#lengths.length * ROW_BYTES
  }

  /** Takes effect with the next node. */
  limit(bytesMax: number): void {
    this.#bytesMax = bytesMax
  }

  /** The hash stands in `hashes` at `at`. */
  get(hashes: Uint8Array, at: number): Uint8Array | undefined {
    const row = this.#find(hashes, at)
    if (row < 0) return undefined
    this.#wasUsed[row] = 1
    const page = this.#pageOf[row]
    const start = this.#slots[row] ?? 0
    return page?.bytes.subarray(start, start + (this.#lengths[row] ?? 0))
  }

  /** Copies both. Others may have to go; it may find no room. */
  put(hashes: Uint8Array, at: number, node: Uint8Array): void {
    if (node.length > SLOT_BYTES_MAX || this.#find(hashes, at) >= 0) return
    const page = this.#pageFor(slotBytesFor(node.length))
    if (page === undefined) return
    const row = this.#takeRow()
    const slot = page.rows.indexOf(FREE)
    const start = slot * page.kind.size
    page.rows[slot] = row
    page.taken += 1
    page.bytes.set(node, start)
    this.#pageOf[row] = page
    this.#slots[row] = start
    this.#lengths[row] = node.length
    this.#wasUsed[row] = 0
    for (let index = 0; index < HASH_BYTES; index += 1) {
      this.#hashes[row * HASH_BYTES + index] = hashes[at + index] ?? 0
    }
    this.#fillBucket(row)
  }

  /** Nobody will ask for it again. */
  drop(hashes: Uint8Array, at: number): void {
    const row = this.#find(hashes, at)
    const page = row < 0 ? undefined : this.#pageOf[row]
    if (page === undefined) return
    this.#free(page, row)
    if (page.taken === 0 && this.bytes > this.#bytesMax) this.#release(page)
    else list(page)
  }

  #pageFor(size: number): Page | undefined {
    let kind = this.#kinds.get(size)
    if (kind === undefined) {
      kind = { size, open: [] }
      this.#kinds.set(size, kind)
    }
    // Twice around: what was used gets a second chance.
    for (let left = 2 * this.#pages.length + 2; left > 0; left -= 1) {
      const page = openPage(kind) ?? this.#makePage(kind)
      if (page !== undefined) return page
      if (this.#pages.length === 0) return undefined
      this.#clearNext()
    }
    return undefined
  }

  #makePage(kind: SlotKind): Page | undefined {
    const size = Math.max(kind.size, Math.min(PAGE_BYTES, Math.floor(this.#bytesMax / PAGES_MIN)))
    if (this.bytes + size > this.#bytesMax) return undefined
    const rows = new Int32Array(Math.floor(size / kind.size)).fill(FREE)
    const spare = this.#spare.findIndex(({ length }) => length === size)
    const bytes = spare < 0 ? new Uint8Array(size) : (this.#spare.splice(spare, 1)[0] ?? new Uint8Array(size))
    const page: Page = { bytes, kind, rows, taken: 0, isListed: false, isGone: false }
    this.#pages.push(page)
    this.#pageBytes += size
    list(page)
    return page
  }

  /** Forgets what was not used of one page. */
  #clearNext(): void {
    if (this.#hand >= this.#pages.length) this.#hand = 0
    const page = this.#pages[this.#hand]
    if (page === undefined) return
    for (const row of page.rows) {
      if (row === FREE) continue
      if (this.#wasUsed[row] === 1) this.#wasUsed[row] = 0
      else this.#free(page, row)
    }
    if (page.taken === 0) {
      this.#release(page)
      return
    }
    this.#hand += 1
    if (page.taken < page.rows.length) list(page)
  }

  #release(page: Page): void {
    const at = this.#pages.indexOf(page)
    const last = this.#pages.pop()
    if (last !== undefined && last !== page) this.#pages[at] = last
    page.isGone = true
    this.#spare.push(page.bytes)
    if (this.#spare.length > SPARE_MAX) this.#spare.shift()
    this.#pageBytes -= page.bytes.length
  }

  #free(page: Page, row: number): void {
    this.#emptyBucket(row)
    page.rows[(this.#slots[row] ?? 0) / page.kind.size] = FREE
    page.taken -= 1
    this.#pageOf[row] = undefined
    this.#freeRows.push(row)
  }

  #takeRow(): number {
    if (this.#freeRows.length === 0) this.#grow()
    return this.#freeRows.pop() ?? 0
  }

  #grow(): void {
    const before = this.#lengths.length
    const rows = Math.max(ROWS_MIN, 2 * before)
    const hashes = new Uint8Array(rows * HASH_BYTES)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    this.#slots = grown(this.#slots, rows)
    this.#lengths = grown(this.#lengths, rows)
    const used = new Uint8Array(rows)
    used.set(this.#wasUsed)
    this.#wasUsed = used
    this.#buckets = new Int32Array(4 * rows)
    for (let row = rows - 1; row >= before; row -= 1) this.#freeRows.push(row)
    for (let row = 0; row < before; row += 1) if (this.#pageOf[row] !== undefined) this.#fillBucket(row)
  }

  /** The row; below zero when there is none. */
  #find(hashes: Uint8Array, at: number): number {
    const mask = this.#buckets.length - 1
    if (mask < 0) return -1
    for (let bucket = partOf(hashes, at) & mask; ; bucket = (bucket + 1) & mask) {
      const row = (this.#buckets[bucket] ?? 0) - 1
      if (row < 0 || this.#isHashAt(row, hashes, at)) return row
    }
  }

  #isHashAt(row: number, hashes: Uint8Array, at: number): boolean {
    const known = row * HASH_BYTES
    for (let index = 0; index < HASH_BYTES; index += 1) {
      if (this.#hashes[known + index] !== hashes[at + index]) return false
    }
    return true
  }

  #fillBucket(row: number): void {
    const mask = this.#buckets.length - 1
    let bucket = partOf(this.#hashes, row * HASH_BYTES) & mask
    while (this.#buckets[bucket] !== 0) bucket = (bucket + 1) & mask
    this.#buckets[bucket] = row + 1
  }

  /** What stands behind moves up, so that it is still found. */
  #emptyBucket(row: number): void {
    const buckets = this.#buckets
    const mask = buckets.length - 1
    let hole = partOf(this.#hashes, row * HASH_BYTES) & mask
    while (buckets[hole] !== row + 1) hole = (hole + 1) & mask
    for (let bucket = (hole + 1) & mask; buckets[bucket] !== 0; bucket = (bucket + 1) & mask) {
      const home = partOf(this.#hashes, ((buckets[bucket] ?? 0) - 1) * HASH_BYTES) & mask
      if (((bucket - home) & mask) < ((bucket - hole) & mask)) continue
      buckets[hole] = buckets[bucket] ?? 0
      hole = bucket
    }
    buckets[hole] = 0
  }
}

/** Eighths of a power of two: little of a slot is left over. */
function slotBytesFor(length: number): number {
  if (length <= SLOT_BYTES_MIN) return SLOT_BYTES_MIN
  const step = 2 ** (28 - Math.clz32(length - 1))
  return Math.ceil(length / step) * step
}

function openPage({ open }: SlotKind): Page | undefined {
  for (let page = open.at(-1); page !== undefined; page = open.at(-1)) {
    if (!page.isGone && page.taken < page.rows.length) return page
    page.isListed = false
    open.pop()
  }
  return undefined
}

function list(page: Page): void {
  if (page.isListed) return
  page.isListed = true
  page.kind.open.push(page)
}

function grown(column: Int32Array, rows: number): Int32Array<ArrayBuffer> {
  const into = new Int32Array(rows)
  into.set(column)
  return into
}

/** Hashes are even in every part. */
function partOf(hashes: Uint8Array, at: number): number {
  return (
    ((hashes[at] ?? 0) << 24) | ((hashes[at + 1] ?? 0) << 16) | ((hashes[at + 2] ?? 0) << 8) | (hashes[at + 3] ?? 0)
  )
}
