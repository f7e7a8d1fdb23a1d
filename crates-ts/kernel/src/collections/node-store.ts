/**
 * Where nodes and what hangs on them are found: a bounded cache in front of content by hash. One serves all tries of a world.
 * What lies in it changes no outcome, only how long things take.
 */
import { HASH_BYTES, formatHash } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import type { ContentGetter } from '../ports.ts'
import { NodeBlocks } from './fresh-nodes.ts'
import { bytesOfText } from './key-text.ts'
import { NodeSlabs } from './node-slabs.ts'
import { checkNode } from './trie-node.ts'
import type { NodeRef } from './trie-node.ts'

/** Nodes by hash; which of them stay in memory is decided by when they were last asked for. */
export class NodeStore {
  readonly sha256: Sha256Port
  /** What new nodes are written into. */
  readonly blocks: NodeBlocks = new NodeBlocks()
  readonly #content: ContentGetter
  readonly #kept: NodeSlabs

  constructor(ports: { readonly sha256: Sha256Port; readonly content: ContentGetter }, bytesMax: number) {
    this.sha256 = ports.sha256
    this.#content = ports.content
    this.#kept = new NodeSlabs(bytesMax)
  }

  /** Memory taken, roughly. */
  get bytes(): number {
    return this.#kept.bytes
  }

  /** Takes effect with the next node. */
  limit(bytesMax: number): void {
    this.#kept.limit(bytesMax)
  }

  /**
   * The node whose hash stands in `hashes` at `at`, in its one form: a view that counts until the next node is loaded or kept. Throws
   * `kernel.bad_snapshot`, and what content throws for a miss.
   */
  load(hashes: Uint8Array, at = 0): Uint8Array {
    const known = this.#kept.get(hashes, at)
    if (known !== undefined) return known
    // A copy, for `hashes` may be a view of its own kind.
    const hash = hashes.slice(at, at + HASH_BYTES)
    const name = formatHash(hash)
    const bytes = this.#content.view?.(name) ?? this.#content.get(name)
    checkNode(bytes)
    this.#kept.put(hash, 0, bytes)
    return bytes
  }

  /** Content by hash, which is checked by whoever stores it. */
  read(ref: NodeRef): Uint8Array {
    return this.#content.get(formatHash(bytesOfText(ref)))
  }

  /** Remembers a node that is in the store; its hash stands in `hashes` at `at`. */
  keep(hashes: Uint8Array, at: number, node: Uint8Array): void {
    this.#kept.put(hashes, at, node)
  }

  /** Forgets a node that is no part of any trie in memory. */
  drop(hashes: Uint8Array, at: number): void {
    this.#kept.drop(hashes, at)
  }
}
