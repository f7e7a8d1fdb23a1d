/** Nodes that an update has made: written one behind the other into blocks, hashed, and given out in batches. */
import { equalBytes, sha256 } from '@aos/cbor'
import type { HashBytes, Sha256Port } from '@aos/cbor'
import { HashList } from './hash-list.ts'

/** A node that was made, or content that belongs to one. */
export interface FreshBlob {
  readonly hash: HashBytes
  readonly bytes: Uint8Array
}

/** Given out where work has gone on for a while and there is nothing to give out yet. */
export const PAUSE: readonly FreshBlob[] = []
/** So many changes are prepared without a pause. */
export const PAUSE_CHANGES = 64

const BLOCK_BYTES_MIN: number = 8 * 1024
const BLOCK_BYTES_MAX: number = 64 * 1024
/** Nodes that are given out together. */
const BATCH_NODES = 64

/** Memory that the nodes of one snapshot are written into, and those of the next one again: otherwise a snapshot leaves holes between everything else. */
export class NodeBlocks {
  #free: Uint8Array[] = []
  #used: Uint8Array[] = []
  /** Where `begin` has made room. */
  block: Uint8Array = new Uint8Array(0)
  #at = 0

  /** Room for so many bytes in `block`, from what is returned on. */
  begin(bytesMax: number): number {
    if (this.#at + bytesMax > this.block.length) {
      this.block = this.#takeBlock(bytesMax)
      this.#used.push(this.block)
      this.#at = 0
    }
    return this.#at
  }

  /** What was written from `begin` up to there, as a view. */
  end(at: number): Uint8Array {
    const bytes = this.block.subarray(this.#at, at)
    this.#at = at
    return bytes
  }

  /** Nobody looks at what was written any more. */
  recycle(): void {
    this.#free = this.#used
    this.forget()
  }

  /** What was written belongs to others from now on. */
  forget(): void {
    this.#used = []
    this.block = new Uint8Array(0)
    this.#at = 0
  }

  #takeBlock(bytesMin: number): Uint8Array {
    for (let block = this.#free.pop(); block !== undefined; block = this.#free.pop()) {
      if (block.length >= bytesMin) return block
    }
    const bytes = Math.min(BLOCK_BYTES_MAX, 2 * this.block.length)
    return new Uint8Array(Math.max(BLOCK_BYTES_MIN, bytes, bytesMin))
  }
}

/** Nodes in the order of making, in columns. */
export class MadeNodes {
  readonly #hashes = new HashList()
  readonly #blocks: Uint8Array[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  get size(): number {
    return this.#starts.length
  }

  add(hash: HashBytes, bytes: { readonly block: Uint8Array; readonly start: number; readonly end: number }): void {
    this.#hashes.add(hash, 0)
    this.#blocks.push(bytes.block)
    this.#starts.push(bytes.start)
    this.#ends.push(bytes.end)
  }

  /** As a view. */
  bytesAt(index: number): Uint8Array {
    return this.#blocks[index]?.subarray(this.#starts[index], this.#ends[index]) ?? NO_BYTES
  }

  /** Number `index` stands at HASH_BYTES times it, until one is added. */
  get hashes(): Uint8Array {
    return this.#hashes.bytes
  }

  /** A node that was made since there were `from` of them; undefined when it is older. */
  findSince(from: number, hash: Uint8Array): Uint8Array | undefined {
    for (let index = this.size - 1; index >= from; index -= 1) {
      if (equalBytes(this.#hashes.at(index), hash)) return this.bytesAt(index)
    }
    return undefined
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0)

/** What one update of a trie makes, hashed as it comes and kept until the root is adopted. */
export class FreshNodes {
  readonly #port: Sha256Port
  readonly blocks: NodeBlocks
  readonly made: MadeNodes = new MadeNodes()
  /** Made, and not given out yet. */
  #batch: FreshBlob[] = []

  constructor(ports: { readonly sha256: Sha256Port; readonly blocks: NodeBlocks }) {
    this.#port = ports.sha256
    this.blocks = ports.blocks
  }

  /** A node has been written to the block up to there. Returns its hash. */
  end(at: number): HashBytes {
    const { block } = this.blocks
    const bytes = this.blocks.end(at)
    const hash = sha256(this.#port, bytes)
    this.made.add(hash, { block, start: at - bytes.length, end: at })
    this.#batch.push({ hash, bytes })
    return hash
  }

  /** True when enough has been made to be given out. */
  get hasBatch(): boolean {
    return this.#batch.length >= BATCH_NODES
  }

  /** What was made since the last time. */
  takeBatch(): readonly FreshBlob[] {
    const batch = this.#batch
    this.#batch = []
    return batch
  }
}
