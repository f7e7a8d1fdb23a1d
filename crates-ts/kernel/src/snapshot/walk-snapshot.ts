/** Everything that a snapshot consists of (spec/16-snapshots.md, "Reachability"): for reading it back whole, copying it, and marking what is in use. */
import { formatHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { decodeCellValue } from '../cells/cell-value.ts'
import { referenceOf } from '../collections/collection.ts'
import { bytesOfText } from '../collections/key-text.ts'
import { decodeNode, entriesOf } from '../collections/trie-node.ts'
import type { NodeRef } from '../collections/trie-node.ts'
import type { TrieRoot } from '../collections/trie-update.ts'
import { kernelError } from '../errors.ts'
import type { ContentGetter } from '../ports.ts'
import type { PartFamily } from './snapshot-parts.ts'
import { decodeSnapshot } from './snapshot-record.ts'

/** One blob of a snapshot. */
export interface SnapshotPiece {
  readonly hash: Hash
  /** `state`: of a cell, as its reducer returned it. `value`: a record that is too long for its leaf. */
  readonly kind: 'record' | 'node' | 'state' | 'value'
  /** Of the collections by name, the name; undefined for the record, cells and waits. */
  readonly part: string | undefined
  readonly bytes: Uint8Array
}

/**
 * The record first, then each part from its root on, parents before children. What is reached twice comes twice. `skips` is asked before a
 * subtree or a state is read: true leaves it out with all below it. Throws `kernel.bad_snapshot` where counts or forms do not agree, and
 * what content throws for a miss or for damage.
 */
export function* walkSnapshot(
  content: ContentGetter,
  root: Hash,
  skips: (hash: Hash) => boolean = () => false,
): Generator<SnapshotPiece, void, undefined> {
  const bytes = content.get(root)
  yield { hash: root, kind: 'record', part: undefined, bytes }
  const { collections, cells, waits } = decodeSnapshot(bytes)
  const families: readonly (readonly [PartFamily, ReadonlyMap<string, TrieRoot>])[] = [
    ['named', collections],
    ['cells', cells],
    ['waits', waits],
  ]
  for (const [family, roots] of families) {
    for (const [name, { count, ref }] of roots) {
      if (ref === undefined) continue
      const part = family === 'named' ? name : undefined
      const found = yield* walkNode({ content, skips, part }, ref, family)
      if (found !== undefined && found !== count) {
        throw kernelError('kernel.bad_snapshot', `${name} has ${found} entries, the record says ${count}`)
      }
    }
  }
}

interface Walk {
  readonly content: ContentGetter
  readonly skips: (hash: Hash) => boolean
  readonly part: string | undefined
}

/** Returns the entries below; undefined when some were skipped. */
function* walkNode(
  walk: Walk,
  ref: NodeRef,
  family: PartFamily,
): Generator<SnapshotPiece, number | undefined, undefined> {
  const hash = formatHash(bytesOfText(ref))
  if (walk.skips(hash)) return undefined
  const bytes = walk.content.get(hash)
  yield { hash, kind: 'node', part: walk.part, bytes }
  const node = decodeNode(bytes)
  if (node.kind === 'leaf') {
    for (const { value } of entriesOf(node)) yield* walkValue(walk, value, family)
    return node.count
  }
  let sum: number | undefined = 0
  for (const child of node.children) {
    if (child === undefined) continue
    const below = yield* walkNode(walk, child, family)
    sum = sum === undefined || below === undefined ? undefined : sum + below
  }
  if (sum !== undefined && sum !== node.count) {
    throw kernelError('kernel.bad_snapshot', `the node ${hash} has ${sum} entries below, it says ${node.count}`)
  }
  return sum
}

function* walkValue(walk: Walk, value: Uint8Array, family: PartFamily): Generator<SnapshotPiece, void, undefined> {
  const reference = family === 'cells' ? decodeCellValue(value).stateHash : referenceOf(value)
  if (reference === undefined) return
  const hash = formatHash(reference)
  if (walk.skips(hash)) return
  yield { hash, kind: family === 'cells' ? 'state' : 'value', part: walk.part, bytes: walk.content.get(hash) }
}
