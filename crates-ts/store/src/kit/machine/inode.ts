/**
 * One file of the simulated machine: what programs see, what the medium holds, and the sectors between the two
 * (spec/07-journal.md, "Conformance of a driver").
 */
import type { Random } from './random.ts'

/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512
const PAGE_SECTORS = 8

/** A sector as it stood after one unsynced write. */
interface SectorVersion {
  readonly stamp: number
  readonly bytes: Uint8Array
}

interface SizeVersion {
  readonly stamp: number
  readonly size: number
}

/** Bytes with a size, growing with zeros. Copies share bytes until one of them changes. */
interface Image {
  bytes: Uint8Array
  size: number
  isShared: boolean
}

/** A half-open range of bytes and the last write that a sync of it covers. */
export interface SyncRange {
  readonly from: number
  readonly to: number
  readonly stamp: number
}

/** Stamps are the numbers of the writes, rising over the whole machine. */
export class Inode {
  readonly kind = 'file'
  #cache: Image = { bytes: new Uint8Array(0), size: 0, isShared: false }
  #medium: Image = { bytes: new Uint8Array(0), size: 0, isShared: false }
  /** Versions of a sector that may reach the medium in any order with other sectors, oldest first. */
  #sectors = new Map<number, SectorVersion[]>()
  #sizes: SizeVersion[] = []

  get size(): number {
    return this.#cache.size
  }

  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.length, this.#cache.size - position))
    into.set(this.#cache.bytes.subarray(position, position + count))
    return count
  }

  /** Seen by reads at once; on the medium only after a sync, or by luck. */
  write(bytes: Uint8Array, position: number, stamp: number): void {
    const end = position + bytes.length
    if (end > this.#cache.size) {
      resize(this.#cache, end)
      this.#sizes.push({ stamp, size: end })
    }
    owned(this.#cache).set(bytes, position)
    this.#touch(position, end, stamp)
  }

  truncate(size: number, stamp: number): void {
    const before = this.#cache.size
    resize(this.#cache, size)
    this.#sizes.push({ stamp, size })
    if (size >= before) return
    for (const sector of this.#sectors.keys()) if (sector * SECTOR_BYTES >= size) this.#sectors.delete(sector)
    if (size % SECTOR_BYTES !== 0) this.#touch(size, size + 1, stamp)
  }

  /** Everything up to the stamp reaches the medium. */
  sync(stamp: number): void {
    this.#syncSizes(stamp)
    for (const sector of [...this.#sectors.keys()]) this.#syncSector(sector, stamp)
  }

  /** What a synchronised write promises: its own bytes, and the size when it is needed to find them. */
  syncRange({ from, to, stamp }: SyncRange): void {
    if (to > this.#medium.size) this.#syncSizes(stamp)
    for (const sector of this.#dirtyIn(from, to)) this.#syncSector(sector, stamp)
  }

  /**
   * What may happen to unsynced pages when their sync fails: written all the same; or no longer known to be dirty, so
   * that they are read from the cache until it forgets them, and no later sync writes them; or forgotten at once.
   */
  failSync({ from, to, stamp }: SyncRange, random: Random): void {
    if (random.chance(0.5)) this.#syncSizes(stamp)
    const fates = new Map<number, number>()
    for (const sector of this.#dirtyIn(from, to)) {
      const page = Math.floor(sector / PAGE_SECTORS)
      const fate = fates.get(page) ?? random.below(3)
      fates.set(page, fate)
      if (fate === 0) this.#syncSector(sector, stamp)
      const isClean = this.#keepAfter(sector, stamp)
      if (fate === 2 && isClean) this.#forget(sector)
    }
  }

  /** The power fails: every sector and the size are, each for itself, as on the medium or as after one of the writes. */
  losePower(random: Random): void {
    const size = this.#survivingSize(random)
    const grain = random.pick([1, PAGE_SECTORS, 1 << 20])
    const luck = new Map<number, number>()
    for (const [sector, versions] of this.#sectors) {
      const block = Math.floor(sector / grain)
      const drawn = luck.get(block) ?? random.next()
      luck.set(block, drawn)
      const version = versions[Math.floor(drawn * (versions.length + 1)) - 1]
      if (version !== undefined) putSector(this.#medium, sector, version.bytes)
    }
    resize(this.#medium, size)
    this.#medium = copyOf(this.#medium)
    this.#sectors.clear()
    this.#sizes = []
    this.#cache = copyOf(this.#medium)
  }

  /** Rot: the bit changes in the cache and on the medium alike. */
  flip(bit: number): void {
    const at = Math.floor(bit / 8)
    for (const image of [this.#cache, this.#medium]) {
      const bytes = owned(image)
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8))
    }
  }

  copy(): Inode {
    const other = new Inode()
    for (const image of [this.#cache, this.#medium]) image.isShared = true
    other.#cache = { ...this.#cache }
    other.#medium = { ...this.#medium }
    for (const [sector, versions] of this.#sectors) other.#sectors.set(sector, [...versions])
    other.#sizes = [...this.#sizes]
    return other
  }

  #touch(from: number, to: number, stamp: number): void {
    const first = Math.floor(from / SECTOR_BYTES)
    const end = Math.ceil(to / SECTOR_BYTES)
    const touched = this.#cache.bytes.slice(first * SECTOR_BYTES, end * SECTOR_BYTES)
    for (let sector = first; sector < end; sector += 1) {
      const at = (sector - first) * SECTOR_BYTES
      const bytes = touched.subarray(at, at + SECTOR_BYTES)
      const versions = this.#sectors.get(sector)
      if (versions === undefined) this.#sectors.set(sector, [{ stamp, bytes }])
      else versions.push({ stamp, bytes })
    }
  }

  #dirtyIn(from: number, to: number): readonly number[] {
    const first = Math.floor(from / SECTOR_BYTES)
    const last = Math.ceil(Math.min(to, this.#cache.bytes.length) / SECTOR_BYTES)
    const sectors: number[] = []
    for (let sector = first; sector < last; sector += 1) if (this.#sectors.has(sector)) sectors.push(sector)
    return sectors
  }

  #syncSector(sector: number, stamp: number): void {
    const versions = this.#sectors.get(sector) ?? []
    const last = versions.findLast((version) => version.stamp <= stamp)
    if (last === undefined) return
    putSector(this.#medium, sector, last.bytes)
    this.#keepAfter(sector, stamp)
  }

  /** Forgets what was dirty up to the stamp; true when the sector is clean then. */
  #keepAfter(sector: number, stamp: number): boolean {
    const rest = (this.#sectors.get(sector) ?? []).filter((version) => version.stamp > stamp)
    if (rest.length === 0) this.#sectors.delete(sector)
    else this.#sectors.set(sector, rest)
    return rest.length === 0
  }

  #syncSizes(stamp: number): void {
    for (const version of this.#sizes) if (version.stamp <= stamp) resize(this.#medium, version.size)
    this.#sizes = this.#sizes.filter((version) => version.stamp > stamp)
  }

  /** Leaves the medium cut as the sizes up to the chosen one have cut it. A growing file may end at any sector. */
  #survivingSize(random: Random): number {
    const count = random.below(this.#sizes.length + 1)
    for (const version of this.#sizes.slice(0, count)) resize(this.#medium, version.size)
    const chosen = this.#medium.size
    const next = this.#sizes[count]
    if (next === undefined || next.size <= chosen || random.chance(0.5)) return chosen
    const sectors = Math.floor((next.size - chosen) / SECTOR_BYTES)
    return chosen + SECTOR_BYTES * random.below(sectors + 1)
  }

  #forget(sector: number): void {
    const from = sector * SECTOR_BYTES
    const to = Math.min(from + SECTOR_BYTES, this.#cache.size)
    owned(this.#cache).fill(0, from, to)
    owned(this.#cache).set(this.#medium.bytes.subarray(from, Math.min(to, this.#medium.size)), from)
  }
}

/** Cuts or grows; what comes to the file is zero. */
function resize(image: Image, size: number): void {
  if (size < image.size) owned(image).fill(0, size)
  reserve(image, size)
  image.size = size
}

function reserve(image: Image, size: number): void {
  if (size <= image.bytes.length) return
  const bytes = new Uint8Array(Math.max(size, 2 * image.bytes.length))
  bytes.set(image.bytes)
  image.bytes = bytes
  image.isShared = false
}

/** The bytes, to be changed. */
function owned(image: Image): Uint8Array {
  if (image.isShared) image.bytes = image.bytes.slice()
  image.isShared = false
  return image.bytes
}

/** Bytes may lie behind the size of the medium until a size is chosen that holds them. */
function putSector(image: Image, sector: number, bytes: Uint8Array): void {
  const from = sector * SECTOR_BYTES
  reserve(image, from + SECTOR_BYTES)
  owned(image).set(bytes, from)
}

function copyOf(image: Image): Image {
  return { bytes: image.bytes.slice(0, image.size), size: image.size, isShared: false }
}
