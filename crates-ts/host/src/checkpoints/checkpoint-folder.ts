/** The folder with the checkpoints of one world: the file that is written to, and at times the one before (spec/16-snapshots.md, "Checkpoint files"). */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AosError, equalBytes, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { readCheckpointHead } from '@aos/kernel'
import type { CheckpointHead, KeyReport } from '@aos/kernel'
import { nodeDisk } from '@aos/store'
import type { Disk, DiskFile } from '@aos/store'
import { syncFolder } from '../files.ts'
import { listKeys, readHostKey } from '../keys/key-ring.ts'
import type { KeyPair } from '../keys/key-pair.ts'
import { readSegments, writeSegment } from './checkpoint-segment.ts'

/** Checkpoints on one base, the last of them the newest that can be read. */
export interface FoundCheckpoint {
  readonly bodies: readonly Uint8Array[]
  /** Of the last one. */
  readonly head: CheckpointHead
  /** True when the world knows the key that signed as one of its host. */
  isSignedFor(keys: readonly KeyReport[]): boolean
}

/** Far more than a host writes. */
const FILE_BYTES_MAX: number = 256 * 1024 * 1024

/** Height of the first, and something that no file had before. */
const NAME = /^[0-9]{16}-[0-9a-f]{8}$/

/** Reads; writing is `CheckpointFile`. */
export class CheckpointFolder {
  readonly #folder: string
  readonly #keyFolder: string
  readonly #disk: Disk

  constructor(folder: string, keyFolder: string, disk: Disk = nodeDisk) {
    this.#folder = folder
    this.#keyFolder = keyFolder
    this.#disk = disk
  }

  get isEmpty(): boolean {
    return this.#names().length === 0
  }

  /** The newest; undefined when there is none that can be read and was signed by a key in the key folder. Never throws for what a file holds. */
  find(): FoundCheckpoint | undefined {
    let newest: FoundCheckpoint | undefined
    for (const name of this.#names()) {
      const found = this.#read(join(this.#folder, name))
      if (found !== undefined && found.head.record.height > (newest?.head.record.height ?? -1)) newest = found
    }
    return newest
  }

  /** A new file, for checkpoints from this height on; it comes into being with the first. */
  create(height: number): CheckpointFile {
    return new CheckpointFile(this.#folder, nameOf(height), this.#disk)
  }

  /** Removes all files but one. What cannot be removed stays: it is never taken for something newer. */
  removeOthers(than?: string): void {
    for (const name of this.#names()) if (name !== than) removeFile(join(this.#folder, name))
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((name) => NAME.test(name))
    } catch (error) {
      // Not there, or not to be read.
      if (isSystemError(error)) return []
      throw error
    }
  }

  #read(path: string): FoundCheckpoint | undefined {
    try {
      if (statSync(path).size > FILE_BYTES_MAX) return undefined
      const { bodies, key } = readSegments(plainBytes(readFileSync(path)), (keyId) =>
        findKeyById(this.#keyFolder, keyId),
      )
      const heads = bodies.map(readCheckpointHead)
      const head = heads.at(-1)
      if (head === undefined || key === undefined || heads.some(({ base }) => base !== head.base)) return undefined
      return { bodies, head, isSignedFor: (keys) => keys.some((known) => isHostKey(known, key)) }
    } catch (error) {
      // Of another form, or gone meanwhile, or a key that cannot be read: a snapshot does as well.
      if (isAosError(error) || isSystemError(error)) return undefined
      throw error
    }
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error
}

/** It may have been given another name. */
function findKeyById(keyFolder: string, keyId: Uint8Array): KeyPair | undefined {
  return readHostKey(keyFolder, keyId) ?? listKeys(keyFolder).find(({ key }) => equalBytes(key.keyId, keyId))?.key
}

function isHostKey({ role, revoked, publicKey }: KeyReport, key: Pick<KeyPair, 'publicKey'>): boolean {
  return role === 'host' && revoked === undefined && equalBytes(publicKey, key.publicKey)
}

/** Slices of a Buffer are no copies. */
function plainBytes({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}

function nameOf(height: number): string {
  return `${String(height).padStart(16, '0')}-${randomBytes(4).toString('hex')}`
}

/** Checkpoints on one base, each behind the one before. One write at a time. */
export class CheckpointFile {
  readonly #path: string
  readonly #disk: Disk
  readonly name: string
  #file: DiskFile | undefined
  #end = 0
  #bodyHash: Uint8Array | undefined

  constructor(folder: string, name: string, disk: Disk) {
    this.#path = join(folder, name)
    this.#disk = disk
    this.name = name
  }

  /** Durable when it resolves, also the name of the file. Rejects with what the system said; then it is closed, and what was written has been given back. */
  async append(key: KeyPair, body: readonly Uint8Array[]): Promise<void> {
    const { bytes, bodyHash } = writeSegment(key, body, this.#bodyHash)
    const path = this.#path
    const isNew = this.#file === undefined
    if (!isNew && !existsSync(path)) throw new AosError('host.fault', `somebody has removed ${path}`)
    try {
      if (isNew) mkdirSync(dirname(path), { recursive: true })
      this.#file ??= this.#disk.open(path, 'durable')
      await this.#file.writeDurable(bytes, this.#end)
      if (isNew) syncFolder(dirname(path))
    } catch (error) {
      await this.#giveBack()
      throw error
    }
    this.#end += bytes.length
    this.#bodyHash = bodyHash
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  /** On a full disk the journal needs the room more than half a checkpoint does. */
  async #giveBack(): Promise<void> {
    try {
      await this.#file?.truncate(this.#end)
    } catch {
      // A torn end is passed over.
    }
    this.close()
    if (this.#end === 0) removeFile(this.#path)
  }
}

/** What cannot be removed stays. */
function removeFile(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}

/** What openings ask about where checkpoints lie. */
export type FindCheckpoint = () => FoundCheckpoint | undefined

/** True when an opening up to this height can begin with it rather than with a snapshot of that cut. */
export function isNewerThan(found: FoundCheckpoint, cut: number | undefined, to: number): boolean {
  const { height } = found.head.record
  return height <= to && height > (cut ?? -1)
}

/** The snapshot on which it rests is one of these; one on the empty state holds everything itself. */
export function restsOn({ head: { base } }: FoundCheckpoint, roots: readonly Hash[]): boolean {
  return base === undefined || roots.includes(base)
}
