/** Writing, checking and removing anchors: copies of content in one closed pack (spec/07-journal.md, "Anchors"). */
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { AosError, HASH_BYTES, formatHash, hashBytes, type Hash } from '@aos/cbor'
import { mustBeFree } from './archive.ts'
import { asStoreError, nodeDisk, type Disk, type DiskFile } from './disk.ts'
import { AnchorReader, anchorNames, anchorsFolder } from './packs/anchors.ts'
import {
  ANCHORED_BYTES_MAX,
  ANCHOR_NUMBER,
  PACK_HEAD_BYTES,
  PACK_NONCE_BYTES,
  RECORD_HEAD_BYTES,
  RecordHeadEncoder,
  decodePackHead,
  encodePackHead,
} from './packs/pack-layout.ts'
import { scanPack } from './packs/pack-scan.ts'
import { nextTurn, type Pause } from './pause.ts'
import type { HashedValue } from './port.ts'

/** Records of about so many bytes are written at once. */
const WRITE_BYTES: number = 1 << 20

/** The file system, and how others have their turn. */
export interface AnchorOptions {
  readonly disk?: Disk
  readonly pause?: Pause
}

/** An anchor that has been written: how many values are in it, and how large it is. */
export interface AnchorReport {
  readonly count: number
  /** Of the file. */
  readonly bytes: number
}

/** What reading every byte of an anchor came to. */
export interface AnchorVerdict {
  readonly ok: boolean
  /** Values that are intact, and their bytes. */
  readonly count: number
  readonly bytes: number
  /** What is wrong first, in words; undefined when all is well. */
  readonly problem: string | undefined
}

/** An anchor on its own, without the store around it. */
export interface OpenedAnchor {
  /** Different values in it. */
  readonly count: number
  has(hash: Hash): boolean
  /** The value, if it is there and intact. */
  get(hash: Hash): Uint8Array | undefined
  close(): void
}

/**
 * Writes values to a new anchor, which is durable under its name and has been read back when it resolves; its folder is made when it
 * is missing. Throws `store.archive_exists`, `store.corrupt_blob` for a value that has not its hash, `store.no_space`, `store.failed`.
 */
export async function writeAnchor(
  path: string,
  values: Iterable<HashedValue> | AsyncIterable<HashedValue>,
  { disk = nodeDisk, pause = nextTurn }: AnchorOptions = {},
): Promise<AnchorReport> {
  const folder = dirname(path)
  try {
    disk.makeFolder(folder)
    await disk.syncFolder(dirname(folder))
    mustBeFree(disk, path)
    const unfinished = `${path}.tmp`
    disk.remove(unfinished)
    const report = await writeUnfinished(disk, unfinished, { values, pause })
    mustBeFree(disk, path)
    disk.rename(unfinished, path)
    await disk.syncFolder(folder)
    return report
  } catch (error) {
    throw asStoreError(error, `writing the anchor ${path}`)
  }
}

/** Reads every byte; no store is needed. Damage is in the verdict. Throws `store.not_found`, `store.unsupported`, `store.failed`. */
export function verifyAnchor(path: string, { disk = nodeDisk }: AnchorOptions = {}): AnchorVerdict {
  const file = open(disk, path)
  try {
    return verify(file, path)
  } catch (error) {
    throw asStoreError(error, `verifying the anchor ${path}`)
  } finally {
    file.close()
  }
}

/** Opens an anchor for reading; damaged values count as absent. Throws `store.not_found`, `store.failed`. */
export function openAnchor(path: string, { disk = nodeDisk }: AnchorOptions = {}): OpenedAnchor {
  const file = open(disk, path)
  try {
    const anchor = new AnchorReader(file)
    return {
      count: anchor.count,
      has: (hash) => anchor.has(hashBytes(hash)),
      get: (hash) => anchor.get(hashBytes(hash)),
      close: () => {
        anchor.close()
      },
    }
  } catch (error) {
    file.close()
    throw asStoreError(error, `reading the anchor ${path}`)
  }
}

/** Paths of the anchors of the store in a folder, in the order of their names. */
export function listAnchors(folder: string, { disk = nodeDisk }: AnchorOptions = {}): readonly string[] {
  const anchors = anchorsFolder(folder)
  return anchorNames(disk, anchors).map((name) => join(anchors, name))
}

/** Removes an anchor, durably; nothing when there is none. Throws `store.failed`. */
export async function removeAnchor(path: string, { disk = nodeDisk }: AnchorOptions = {}): Promise<void> {
  try {
    disk.remove(path)
    await disk.syncFolder(dirname(path))
  } catch (error) {
    throw asStoreError(error, `removing the anchor ${path}`)
  }
}

interface Writing {
  readonly values: Iterable<HashedValue> | AsyncIterable<HashedValue>
  readonly pause: Pause
}

async function writeUnfinished(disk: Disk, path: string, { values, pause }: Writing): Promise<AnchorReport> {
  const file = disk.open(path, 'durable')
  try {
    const writer = new AnchorWriter(file)
    for await (const value of values) {
      if (writer.add(value)) await writer.write().then(pause)
    }
    await writer.finish()
    await file.sync()
    const { ok, problem } = verify(file, path)
    if (!ok) throw new AosError('store.corrupt_blob', `what was written does not read back: ${problem ?? ''}`)
    const report = { count: writer.count, bytes: file.size() }
    file.close()
    return report
  } catch (error) {
    file.close()
    disk.remove(path)
    throw error
  }
}

class AnchorWriter {
  readonly #file: DiskFile
  readonly #nonce = new Uint8Array(randomBytes(PACK_NONCE_BYTES))
  readonly #heads = new RecordHeadEncoder()
  count = 0
  #waiting: HashedValue[] = []
  #bytes = 0
  #position = PACK_HEAD_BYTES

  constructor(file: DiskFile) {
    this.#file = file
  }

  /** True when enough waits to be written. */
  add(value: HashedValue): boolean {
    if (value.bytes.length > ANCHORED_BYTES_MAX) {
      throw new AosError('store.bad_option', `${formatHash(value.hash)} is too long for an anchor`)
    }
    this.#waiting.push(value)
    this.#bytes += RECORD_HEAD_BYTES + value.bytes.length
    this.count += 1
    return this.#bytes >= WRITE_BYTES
  }

  async write(): Promise<void> {
    const bytes = new Uint8Array(this.#bytes)
    let at = 0
    for (const { hash, bytes: value } of this.#waiting) {
      const head = { kind: 'packed', hash, length: value.length, durable: this.#position } as const
      this.#heads.encode(bytes, at, head, { position: this.#position + at, nonce: this.#nonce })
      bytes.set(value, at + RECORD_HEAD_BYTES)
      at += RECORD_HEAD_BYTES + value.length
    }
    await this.#file.writeDurable(bytes, this.#position)
    this.#position += bytes.length
    this.#waiting = []
    this.#bytes = 0
  }

  async finish(): Promise<void> {
    if (this.#waiting.length > 0) await this.write()
    const position = this.#position
    const bytes = new Uint8Array(RECORD_HEAD_BYTES)
    const head = { kind: 'closed', hash: new Uint8Array(HASH_BYTES), length: 0, durable: position } as const
    this.#heads.encode(bytes, 0, head, { position, nonce: this.#nonce })
    await this.#file.writeDurable(bytes, position)
    await this.#file.writeDurable(encodePackHead(ANCHOR_NUMBER, this.#nonce), 0)
  }
}

function open(disk: Disk, path: string): DiskFile {
  try {
    return disk.open(path, 'read')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new AosError('store.not_found', `there is no anchor at ${path}`, { details: { path } })
    }
    throw asStoreError(error, `opening ${path}`)
  }
}

/** A closed record must end the file, and nothing else may be in it but intact values. */
function verify(file: DiskFile, path: string): AnchorVerdict {
  const start = new Uint8Array(PACK_HEAD_BYTES)
  const nonce = decodePackHead(start.subarray(0, file.read(start, 0)), ANCHOR_NUMBER)
  if (nonce === 'unsupported') throw new AosError('store.unsupported', `${path} is of a later format version`)
  let problem = nonce === undefined ? 'the head is damaged, or this is no anchor' : undefined
  let closedAt: number | undefined
  let count = 0
  let bytes = 0
  for (const step of scanPack(file, {
    number: ANCHOR_NUMBER,
    checksValues: true,
    packedBytesMax: ANCHORED_BYTES_MAX,
  })) {
    if (closedAt !== undefined) problem ??= `there is something behind byte ${step.position}, where it is closed`
    if (step.kind === 'gap') problem ??= `the bytes at ${step.position} are no record`
    else if (step.isIntact !== true) problem ??= `${formatHash(step.head.hash)} is damaged, at byte ${step.position}`
    else if (step.head.kind === 'closed') closedAt = step.position
    else if (step.head.kind === 'file') problem ??= `${formatHash(step.head.hash)} is not in it`
    else {
      count += 1
      bytes += step.head.length
    }
  }
  if (closedAt === undefined) problem ??= 'it is not closed: its end is missing'
  return { ok: problem === undefined, count, bytes, problem }
}
