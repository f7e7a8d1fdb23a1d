import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatHash, fromHex, hashText, sha256, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { bytesOfText } from '../src/collections/key-text.ts'
import { NodeStore } from '../src/collections/node-store.ts'
import { decodeNode } from '../src/collections/trie-node.ts'
import { Trie } from '../src/collections/trie.ts'
import type { TrieChange } from '../src/collections/trie-update.ts'
import { checkCellProof, createWorld, readCheckpointHead } from '../src/index.ts'
import { cellBench, send } from './_snapshots.ts'
import { nodeSha256 } from './_util.ts'

const FOLDER = join(import.meta.dirname, '../../../spec/vectors/snapshots')

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as T // the form is stated below
}

interface TrieVector {
  readonly name: string
  readonly order: 'hashed' | 'ordered'
  readonly entries: readonly (readonly [string, string])[]
  readonly count: number
  readonly root: string | null
  readonly nodes?: readonly string[]
  readonly node_count: number
}

interface NodeVector {
  readonly name: string
  readonly hex: string
  readonly hash?: string
  readonly code?: string
}

interface ProofVector {
  readonly name: string
  readonly reducer: string
  readonly key: string | null
  readonly record: string
  readonly nodes: readonly string[]
  readonly state: string | null
  readonly root?: string
  readonly height?: number
  readonly present?: boolean
  readonly code?: string
}

describe('tries', () => {
  const content = new Map<Hash, Uint8Array>()
  const get = (hash: Hash): Uint8Array => content.get(hash) ?? new Uint8Array(0)

  it.each(read<{ readonly tries: readonly TrieVector[] }>('tries.json').tries)('$name', (vector) => {
    const all = vector.entries.map(([key, value]): TrieChange => ({ key: fromHex(key), value: fromHex(value) }))
    // At once, and one by one from the end, with a detour.
    const ways: readonly (readonly (readonly TrieChange[])[])[] = [
      [all],
      [...all.toReversed().map((change) => [change]), [{ key: fromHex('ff00ff'), value: fromHex('01') }], [{ key: fromHex('ff00ff'), value: undefined }]], // prettier-ignore
    ]
    for (const batches of ways) {
      const trie = new Trie(new NodeStore({ sha256: nodeSha256, content: { get } }, 0), vector.order)
      let made: string[] = []
      for (const batch of batches) {
        made = []
        const update = trie.update(batch)
        for (let step = update.next(); ; step = update.next()) {
          if (step.done === true) {
            trie.adopt(step.value, true)
            break
          }
          for (const { hash, bytes } of step.value) {
            content.set(formatHash(hash), bytes)
            made.push(toHex(bytes))
          }
        }
      }
      const { count, ref } = trie.root
      expect([count, ref === undefined ? null : toHex(bytesOfText(ref))]).toEqual([vector.count, vector.root])
      if (batches.length === 1 && vector.nodes !== undefined) expect(made).toEqual(vector.nodes)
      if (batches.length === 1) expect(made).toHaveLength(vector.node_count)
    }
  })
})

describe('nodes', () => {
  it.each(read<{ readonly nodes: readonly NodeVector[] }>('nodes.json').nodes)('$name', ({ hex, hash, code }) => {
    const bytes = fromHex(hex)
    if (code !== undefined) expect(() => decodeNode(bytes)).toThrow(expect.objectContaining({ code }))
    else {
      expect(decodeNode(bytes).count).toBeGreaterThan(0)
      expect(toHex(sha256(nodeSha256, bytes))).toBe(hash)
    }
  })
})

describe('proofs', () => {
  it.each(read<{ readonly proofs: readonly ProofVector[] }>('proofs.json').proofs)('$name', (vector) => {
    const proof = {
      reducer: vector.reducer,
      key: vector.key === null ? undefined : fromHex(vector.key),
      record: fromHex(vector.record),
      nodes: vector.nodes.map(fromHex),
      state: vector.state === null ? undefined : fromHex(vector.state),
    }
    if (vector.code !== undefined) {
      expect(() => checkCellProof(nodeSha256, proof)).toThrow(expect.objectContaining({ code: vector.code }))
      return
    }
    const shown = checkCellProof(nodeSha256, proof)
    expect([shown.root, shown.record.height, shown.cell !== undefined]).toEqual([
      vector.root,
      vector.height,
      vector.present,
    ])
    expect(hashText(nodeSha256, proof.record)).toBe(vector.root)
  })
})

interface CheckpointVector {
  readonly name: string
  readonly body: string
  readonly height: number
  readonly leaf: string
  readonly base: string | null
  readonly behind: unknown
  readonly last_cut: number | null
  readonly idempotency_keys: number
  readonly parts: number
}

interface BadCheckpointVector {
  readonly name: string
  readonly body: string
  readonly code: string
}

describe('checkpoints', () => {
  const { bodies, bad } = read<{
    readonly bodies: readonly CheckpointVector[]
    readonly bad: readonly BadCheckpointVector[]
  }>('checkpoints.json')

  it.each(bodies)('$name', ({ body, name: _, ...expected }) => {
    const { record, base, lastCut, idempotencyKeys, behind, parts } = readCheckpointHead(fromHex(body))
    const found = {
      height: record.height,
      leaf: toHex(record.leaf),
      base: base ?? null,
      behind,
      last_cut: lastCut ?? null,
      idempotency_keys: idempotencyKeys,
      parts,
    }
    expect(found).toEqual(expected)
  })

  it('are taken of the same worlds byte for byte', () => {
    const bench = cellBench(3)
    for (let at = 0; at < 40; at += 1) send(bench, `name ${at}`, 'first')
    bench.snapshot()
    const changes = ['name 1 second', 'name 2 del', 'new here', 'gone here', 'gone del']
    for (const change of changes) {
      const at = change.lastIndexOf(' ')
      send(bench, change.slice(0, at), change.slice(at + 1))
    }
    const first = bench.world.takeCheckpoint('root').next(Number.POSITIVE_INFINITY)
    send(bench, 'name 1', 'third')
    const second = bench.world.takeCheckpoint('checkpoint').next(Number.POSITIVE_INFINITY)
    expect([first, second].map((body) => toHex(body ?? new Uint8Array(0)))).toEqual([bodies[1]?.body, bodies[2]?.body])
  })

  it.each(bad)('$name', ({ body, code }) => {
    const bytes = fromHex(body)
    expect(() => {
      createWorld(cellBench().ports()).openCheckpoint([bytes])
    }).toThrow(expect.objectContaining({ code }))
  })
})
