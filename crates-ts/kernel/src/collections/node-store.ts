/**
 * Where nodes and what hangs on them are found: a bounded cache in front of content by hash. One serves all tries of a world.
 * What lies in it changes no outcome, only how long things take.
 */
import { formatHash } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import type { ContentGetter } from '../ports.ts'
import { bytesOfText } from './key-text.ts'
import { decodeNode, weighNode } from './trie-node.ts'
import type { NodeRef, TrieNode } from './trie-node.ts'

/** Nodes by hash; which of them stay in memory is decided by when they were last asked for. */
export class NodeStore {
  readonly sha256: Sha256Port
  readonly #content: ContentGetter
  /** Two generations: what is asked for moves to the young one; when that is full, the old one goes. */
  #young = new Map<NodeRef, TrieNode>()
  #old = new Map<NodeRef, TrieNode>()
  #youngBytes = 0
  #oldBytes = 0
  #bytesMax: number

  constructor(ports: { readonly sha256: Sha256Port; readonly content: ContentGetter }, bytesMax: number) {
    this.sha256 = ports.sha256
    this.#content = ports.content
    this.#bytesMax = bytesMax
  }

  /** Memory taken, roughly. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  /** Takes effect with the next node. */
  limit(bytesMax: number): void {
    this.#bytesMax = bytesMax
  }

  /** Throws `kernel.bad_snapshot`, and what content throws for a miss. */
  load(ref: NodeRef): TrieNode {
    const young = this.#young.get(ref)
    if (young !== undefined) return young
    const node = this.#old.get(ref) ?? decodeNode(this.read(ref))
    this.keep(ref, node)
    return node
  }

  /** Content by hash, which is checked by whoever stores it. */
  read(ref: NodeRef): Uint8Array {
    return this.#content.get(formatHash(bytesOfText(ref)))
  }

  /** Remembers a node that is in the store. */
  keep(ref: NodeRef, node: TrieNode): void {
    const bytes = weighNode(node)
    if (this.#youngBytes + bytes > this.#bytesMax / 2) {
      this.#old = this.#young
      this.#oldBytes = this.#youngBytes
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(ref, node)
    this.#youngBytes += bytes
  }
}
