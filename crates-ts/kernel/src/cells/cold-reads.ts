/**
 * How much an opening would have to read for the cells of a table that changed (spec/16-snapshots.md, "When to cut"). Reckoned, not looked up: paths are
 * hashes, so changed cells lie evenly over the nodes of a level.
 */
import { LEAF_ENTRIES_MAX } from '../collections/trie-node.ts'

const FAN_OUT = 16

/** Nodes on the ways to the cells, each once, and states. */
export class ColdReads {
  /** Of each level of the trie: the share of its nodes that are on no way so far. */
  readonly #unmet: number[] = []
  /** What that share becomes with one more cell. */
  readonly #shrinks: number[] = []

  /** `entries` of the trie that an opening would read. */
  constructor(entries: number) {
    if (entries === 0) return
    for (let nodes = 1; ; nodes *= FAN_OUT) {
      this.#unmet.push(1)
      this.#shrinks.push(1 - 1 / nodes)
      if (entries / nodes <= LEAF_ENTRIES_MAX) return
    }
  }

  /** What one more cell adds. `hasState`: the trie has it. */
  add(hasState: boolean): number {
    let reads = hasState ? 1 : 0
    for (const [level, unmet] of this.#unmet.entries()) {
      reads += unmet
      this.#unmet[level] = unmet * (this.#shrinks[level] ?? 0)
    }
    return reads
  }
}
