/** Who wants to know what is stored while something long goes on (spec/07-journal.md, "Sweeping"). */
import type { HashBytes } from '@aos/cbor'
import { latin1Of } from './layout.ts'
import type { HashedValue, StoredWatch } from './port.ts'

/** The watches of one opening; while there is none, storing costs next to nothing more. */
export class StoredWatches {
  readonly #open = new Set<Set<string>>()
  /** What has not been answered yet. */
  readonly #underWay = new Set<readonly HashedValue[]>()

  /** What is being stored counts from the start: its answer comes later. */
  begin(): StoredWatch {
    const hashes = new Set<string>()
    this.#open.add(hashes)
    for (const values of this.#underWay) addAll(hashes, values)
    return {
      has: (hash: HashBytes) => hashes.has(latin1Of(hash)),
      end: () => {
        this.#open.delete(hashes)
        hashes.clear()
      },
    }
  }

  /** Notes the values at once; `work` answers when they are stored. */
  async whileStoring(values: readonly HashedValue[], work: () => Promise<void>): Promise<void> {
    for (const hashes of this.#open) addAll(hashes, values)
    this.#underWay.add(values)
    try {
      await work()
    } finally {
      this.#underWay.delete(values)
    }
  }
}

function addAll(hashes: Set<string>, values: readonly HashedValue[]): void {
  for (const { hash } of values) hashes.add(latin1Of(hash))
}
