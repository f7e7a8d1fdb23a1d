/**
 * Showing to somebody without the world what a state root says of one cell (spec/16-snapshots.md, "Proofs"): the record, and the nodes from
 * the root of the reducer's trie to the place of the key.
 */
import { equalBytes, formatHash, hashText, isAosError, sha256 } from '@aos/cbor'
import type { AosError, Hash, Sha256Port } from '@aos/cbor'
import { EMPTY_KEY } from '../cells/cell.ts'
import { decodeCellValue } from '../cells/cell-value.ts'
import type { CellValue } from '../cells/cell-value.ts'
import { bytesOfText, textOfBytes } from '../collections/key-text.ts'
import { NodeStore } from '../collections/node-store.ts'
import { decodeNode, findInLeaf } from '../collections/trie-node.ts'
import type { NodeRef } from '../collections/trie-node.ts'
import { nibbleAt, pathOf, sharedWith } from '../collections/trie-path.ts'
import { Trie } from '../collections/trie.ts'
import { kernelError } from '../errors.ts'
import type { ContentGetter } from '../ports.ts'
import { decodeSnapshot } from './snapshot-record.ts'
import type { SnapshotRecord } from './snapshot-record.ts'

/** Everything that is needed to check what a root says of a cell. */
export interface CellProof {
  readonly reducer: string
  /** Prefixed canonical bytes; undefined: the reducer is not keyed. */
  readonly key: Uint8Array | undefined
  /** Bytes whose hash is the state root. */
  readonly record: Uint8Array
  /** From the root of the trie on; empty when the reducer has no cells. */
  readonly nodes: readonly Uint8Array[]
  /** The state, when the cell is there. */
  readonly state: Uint8Array | undefined
}

/** What a proof shows when it holds. */
export interface ProvenCell {
  /** The state root. */
  readonly root: Hash
  readonly record: SnapshotRecord
  /** undefined: the root says that there is no such cell. */
  readonly cell: CellValue | undefined
}

/** Reads content. Throws `kernel.bad_snapshot`, and what content throws for a miss. */
export function proveCell(
  ports: { readonly sha256: Sha256Port; readonly content: ContentGetter },
  asked: { readonly root: Hash; readonly reducer: string; readonly key: Uint8Array | undefined },
): CellProof {
  const { reducer, key } = asked
  const record = ports.content.get(asked.root)
  const root = decodeSnapshot(record).cells.get(reducer)
  const nodes = new NodeStore(ports, 0)
  const trie = new Trie(nodes, 'hashed', root)
  const value = trie.get(key ?? EMPTY_KEY)
  return {
    reducer,
    key,
    record,
    nodes: trie.wayTo(key ?? EMPTY_KEY).map((ref) => nodes.read(ref)),
    state: value === undefined ? undefined : nodes.read(textOfBytes(decodeCellValue(value).stateHash)),
  }
}

/** Needs no world. Throws `kernel.bad_proof`. */
export function checkCellProof(port: Sha256Port, proof: CellProof): ProvenCell {
  try {
    const record = decodeSnapshot(proof.record)
    const root = hashText(port, proof.record)
    const value = followNodes(port, proof, record.cells.get(proof.reducer)?.ref)
    const cell = value === undefined ? undefined : decodeCellValue(value)
    if ((cell === undefined) !== (proof.state === undefined))
      throw badProof('state and index do not agree about the cell')
    if (cell !== undefined && proof.state !== undefined) {
      const isSame = proof.state.length === cell.size && equalBytes(sha256(port, proof.state), cell.stateHash)
      if (!isSame) throw badProof('the state has another hash than the index says')
    }
    return { root, record, cell }
  } catch (error) {
    if (!isAosError(error) || error.code === 'kernel.bad_proof') throw error
    throw kernelError('kernel.bad_proof', `the proof does not hold: ${error.message}`, { cause: error })
  }
}

/** The value of the key, as the nodes have it. Every node must be the one that the node before names, and none may be left. */
function followNodes(port: Sha256Port, proof: CellProof, root: NodeRef | undefined): Uint8Array | undefined {
  const key = proof.key ?? EMPTY_KEY
  const path = pathOf(port, 'hashed', key)
  let next = root
  let depth = 0
  let found: Uint8Array | undefined
  for (const bytes of proof.nodes) {
    if (next === undefined) throw badProof('it has more nodes than lead to the key')
    const hash = sha256(port, bytes)
    if (textOfBytes(hash) !== next) {
      throw badProof(`expected the node ${formatHash(bytesOfText(next))}, found ${formatHash(hash)}`)
    }
    const node = decodeNode(bytes)
    next = undefined
    if (node.kind === 'leaf') found = findInLeaf(node, key)
    else if (sharedWith(node.skip, path, depth) === node.skip.length) {
      depth += node.skip.length
      next = node.children[nibbleAt(path, depth)]
      depth += 1
    }
  }
  if (next !== undefined) throw badProof('it ends before the place of the key')
  return found
}

function badProof(what: string): AosError {
  return kernelError('kernel.bad_proof', `the proof does not hold: ${what}`)
}
