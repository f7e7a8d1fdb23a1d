/**
 * Reading the cells of recorded entries before they are replayed: level by level through all tries at once, and on each level in the order
 * of hashes, because content by hash is found much faster in its order than at random. What is not found here is read in its turn.
 */
import { CborReader, HASH_BYTES, compareBytes, formatHash, sha256 } from '@aos/cbor'
import type { Hash, HashBytes, Sha256Port } from '@aos/cbor'
import { ITEM } from '../codes.ts'
import { bytesOfText, textOfBytes } from '../collections/key-text.ts'
import { checkNode, findInLeaf, isLeaf, stepDown } from '../collections/trie-node.ts'
import type { NodeRef } from '../collections/trie-node.ts'
import { readEntry } from '../entry-reader.ts'
import type { ContentGetter } from '../ports.ts'
import { EMPTY_KEY } from './cell.ts'
import type { CellStore } from './cell-store.ts'
import { decodeCellValue } from './cell-value.ts'

/** Content that is going to be asked for. */
export interface AheadBlob {
  readonly hash: Hash
  readonly bytes: Uint8Array
}

/** Where cells lie. */
export interface AheadGround {
  readonly sha256: Sha256Port
  readonly content: ContentGetter
  readonly cells: CellStore
}

interface Wanted {
  readonly key: Uint8Array
  readonly path: HashBytes
}

/** Cells below one node. */
interface Visit {
  readonly ref: NodeRef
  readonly depth: number
  readonly cells: Wanted[]
}

/** Nodes, then states, of the cells that the entries were delivered to and that are not in memory. Throws what reading them throws. */
export function* readCellsAhead(
  { sha256: port, content, cells }: AheadGround,
  entries: Iterable<Uint8Array>,
): Generator<AheadBlob, void, undefined> {
  const states: HashBytes[] = []
  let level = new Map<NodeRef, Visit>()
  for (const [reducer, keys] of cellsOf(entries)) {
    const table = cells.find(reducer)
    const ref = table?.root.ref
    if (table === undefined || ref === undefined) continue
    for (const text of keys) {
      if (table.holds(text)) continue
      const key = bytesOfText(text)
      visit(level, { ref, depth: 0 }, { key, path: sha256(port, key) })
    }
  }
  while (level.size > 0) {
    const visits = [...level.values()].sort(({ ref: left }, { ref: right }) => (left < right ? -1 : 1))
    level = new Map()
    for (const { ref, depth, cells: below } of visits) {
      const hash = formatHash(bytesOfText(ref))
      const bytes = content.get(hash)
      yield { hash, bytes }
      descend(bytes, { ref, depth, cells: below }, { level, states })
    }
  }
  states.sort(compareBytes)
  for (const [index, state] of states.entries()) {
    const before = states[index - 1]
    if (before !== undefined && compareBytes(before, state) === 0) continue
    const hash = formatHash(state)
    yield { hash, bytes: content.get(hash) }
  }
}

/** From a node to its children that are on a way, or to the states that a leaf names. */
function descend(
  node: Uint8Array,
  { depth, cells }: Visit,
  found: { readonly level: Map<NodeRef, Visit>; readonly states: HashBytes[] },
): void {
  checkNode(node)
  const isEnd = isLeaf(node)
  for (const cell of cells) {
    if (isEnd) {
      const value = findInLeaf({ bytes: node }, cell.key)
      if (value !== undefined) found.states.push(decodeCellValue(value).stateHash)
      continue
    }
    const step = stepDown(node, cell.path, depth)
    if (step.at < 0) continue
    const ref = textOfBytes(node.subarray(step.at, step.at + HASH_BYTES))
    visit(found.level, { ref, depth: step.depth }, cell)
  }
}

function visit(level: Map<NodeRef, Visit>, { ref, depth }: Pick<Visit, 'ref' | 'depth'>, cell: Wanted): void {
  const known = level.get(ref)
  if (known === undefined) level.set(ref, { ref, depth, cells: [cell] })
  else known.cells.push(cell)
}

/** Texts of the keys of the cells that entries were delivered to, by reducer. */
function cellsOf(entries: Iterable<Uint8Array>): ReadonlyMap<string, ReadonlySet<string>> {
  const cells = new Map<string, Set<string>>()
  for (const entry of entries) {
    for (const { reducer, key } of deliveriesOf(entry)) {
      let keys = cells.get(reducer)
      if (keys === undefined) cells.set(reducer, (keys = new Set()))
      keys.add(textOfBytes(key))
    }
  }
  return cells
}

/** Deliveries at the beginning of an entry, until something else than they and what they raise is met: nothing depends on the rest. */
function* deliveriesOf(
  entry: Uint8Array,
): Generator<{ readonly reducer: string; readonly key: Uint8Array }, void, undefined> {
  const view = readEntry(entry)
  const items = new CborReader(entry, view.derivedAt)
  const values = new CborReader(entry, view.bodiesAt)
  values.array()
  values.skip()
  values.array()
  if (view.value !== undefined) values.skip()
  if (view.key !== undefined) values.skip()
  for (let left = items.array(); left > 0; left -= 1) {
    const fields = items.map()
    items.uint()
    const kind = items.uint()
    if (kind !== ITEM.delivery && kind !== ITEM.raised) return
    items.uint()
    const name = items.text()
    if (kind === ITEM.raised) values.skip()
    const keyField = kind === ITEM.delivery ? 2 : 3
    let key: Uint8Array | undefined
    for (let field = 2; field < fields; field += 1) {
      if (items.uint() === keyField) key = values.bytes()
      // The rest of the last item is not needed.
      if (left === 1 && key !== undefined) break
      items.skip()
    }
    if (kind === ITEM.delivery) yield { reducer: name, key: key ?? EMPTY_KEY }
  }
}
