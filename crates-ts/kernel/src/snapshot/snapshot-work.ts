/**
 * A snapshot on its way from cut to root (K28; spec/16-snapshots.md, "Cut and root"): at the cut everything that has changed is taken down; then nodes
 * are made in slices, between turns that go on; the record comes last.
 */
import { formatHash, sha256 } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import type { FreshBlob } from '../collections/fresh-nodes.ts'
import type { NodeStore } from '../collections/node-store.ts'
import type { TrieRoot } from '../collections/trie-update.ts'
import type { WorldState } from '../state.ts'
import { takeDown } from './record-head.ts'
import type { RecordHead } from './record-head.ts'
import { partsOf } from './snapshot-parts.ts'
import type { PartFamily, PlacedPart } from './snapshot-parts.ts'
import { encodeSnapshot } from './snapshot-record.ts'

type Roots = Readonly<Record<PartFamily, Map<string, TrieRoot>>>

/** One cut. Begun at the end of its turn, when the state is that of its entry. */
export class SnapshotWork {
  /** Height of the cut. */
  readonly cut: number
  /** Cells that it writes. */
  readonly cells: number
  readonly #nodes: NodeStore
  readonly #parts: readonly PlacedPart[]
  readonly #steps: Iterator<readonly FreshBlob[], Hash>
  #root: Hash | undefined

  constructor(port: Sha256Port, state: WorldState) {
    this.cut = state.height
    this.cells = state.cells.memory.dirtyCells
    this.#nodes = state.nodes
    this.#parts = partsOf(state)
    for (const { part } of this.#parts) part.freeze()
    state.cells.beginAfterCut()
    this.#steps = makeBlobs(port, this.#parts, takeDown(state))
  }

  /** undefined: there is more to make. */
  get root(): Hash | undefined {
    return this.#root
  }

  /** The next blobs, until they have so many bytes or somewhat more; empty when there are no more. */
  next(bytesMax: number): readonly FreshBlob[] {
    const blobs: FreshBlob[] = []
    for (let bytes = 0; bytes < bytesMax && this.#root === undefined;) {
      const step = this.#steps.next()
      if (step.done === true) this.#root = step.value
      else {
        bytes += STEP_WEIGHT
        for (const blob of step.value) {
          blobs.push(blob)
          bytes += blob.bytes.length + BLOB_WEIGHT
        }
      }
    }
    return blobs
  }

  /** Makes all that is left. */
  finish(): Hash {
    while (this.#root === undefined) this.next(Number.POSITIVE_INFINITY)
    return this.#root
  }

  /** The state rests on the new roots from now on. Only when all blobs were made. */
  adopt(isStored: boolean): void {
    for (const { part } of this.#parts) part.adopt(isStored)
    // What is not stored may be in use wherever it was given to.
    if (isStored) this.#nodes.blocks.recycle()
    else this.#nodes.blocks.forget()
  }
}

/** What a blob costs beside its bytes, in the same unit. */
const BLOB_WEIGHT = 400
/** What a step costs that makes nothing, in the same unit. */
const STEP_WEIGHT: number = 16 * 1024

function* makeBlobs(
  port: Sha256Port,
  parts: readonly PlacedPart[],
  head: RecordHead,
): Generator<readonly FreshBlob[], Hash, undefined> {
  const roots: Roots = { named: new Map(), cells: new Map(), waits: new Map() }
  for (const { family, name, part } of parts) roots[family].set(name, yield* part.flush())
  const bytes = encodeSnapshot({ ...head, collections: roots.named, cells: roots.cells, waits: roots.waits })
  const hash = sha256(port, bytes)
  yield [{ hash, bytes }]
  return formatHash(hash)
}
