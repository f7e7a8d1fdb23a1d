/**
 * Intents that are settled or cancelled (K18): a second receipt is told apart from a foreign one. They stay for ever, so from kernel semantics 4
 * on they lie by the height of their emission, where those that are settled together lie together: a snapshot then writes few nodes
 * for many, however old the world is (spec/16-snapshots.md, "Collections").
 */
import type { HashBytes } from '@aos/cbor'
import { orderedNumber, textOfBytes } from '../collections/key-text.ts'
import type { Collection } from '../collections/collection.ts'
import type { OrderedSet } from '../collections/ordered-set.ts'

/** How an intent is named that need not be open any more. */
export interface SettledName {
  readonly hashBytes: HashBytes
  /** Of its emission; undefined where a command names the hash alone. */
  readonly height: number | undefined
}

/** Both forms of the set: a world that has changed its engine has some in each. */
export class SettledIntents {
  /** By the bytes of their hash as text: those that were settled before kernel semantics 4. */
  readonly byHash: Collection<true>
  /** By height and hash. */
  readonly byHeight: OrderedSet
  /** How those that come are kept: what the engine in force says. */
  areByHeight = false

  constructor(parts: Pick<SettledIntents, 'byHash' | 'byHeight'>) {
    this.byHash = parts.byHash
    this.byHeight = parts.byHeight
  }

  add({ hashBytes, height }: { readonly hashBytes: HashBytes; readonly height: number }): void {
    if (this.areByHeight) this.byHeight.add(keyOf(hashBytes, height))
    else this.byHash.set(textOfBytes(hashBytes), true)
  }

  /** Without a height nothing is known of what was settled since kernel semantics 4. */
  has({ hashBytes, height }: SettledName): boolean {
    if (this.byHash.has(textOfBytes(hashBytes))) return true
    return height !== undefined && this.byHeight.has(keyOf(hashBytes, height))
  }
}

function keyOf(hash: HashBytes, height: number): string {
  return orderedNumber(BigInt(height)) + textOfBytes(hash)
}
