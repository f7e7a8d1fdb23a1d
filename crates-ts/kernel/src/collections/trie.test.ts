import { createHash } from 'node:crypto'
import { compareBytes, formatHash, toHex } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BranchDraft } from './branch-draft.ts'
import { textOfBytes } from './key-text.ts'
import { NodeStore } from './node-store.ts'
import { LEAF_ENTRIES_MAX, NodeEncoder, decodeNode, entriesOf, findInLeaf } from './trie-node.ts'
import type { TrieOrder } from './trie-path.ts'
import { Trie } from './trie.ts'
import type { TrieChange } from './trie-update.ts'

const port: Sha256Port = {
  sha256Into: (input, output, offset) => output.set(createHash('sha256').update(input).digest(), offset),
}

/** A trie over content in memory, whose cache is so small that nodes are read again and again. */
class Fixture {
  readonly content = new Map<Hash, Uint8Array>()
  readonly trie: Trie
  written = 0

  constructor(order: TrieOrder, cacheBytes = 4000) {
    const get = (hash: Hash): Uint8Array => {
      const bytes = this.content.get(hash)
      if (bytes === undefined) throw new Error(`missing ${hash}`)
      return bytes
    }
    this.trie = new Trie(new NodeStore({ sha256: port, content: { get } }, cacheBytes), order)
  }

  apply(changes: readonly TrieChange[]): void {
    const update = this.trie.update(changes)
    for (;;) {
      const step = update.next()
      if (step.done === true) {
        this.trie.adopt(step.value, true)
        return
      }
      for (const { hash, bytes } of step.value) this.content.set(formatHash(hash), bytes)
      this.written += step.value.length
    }
  }

  get root(): string {
    const { count, ref } = this.trie.root
    return `${count} ${ref === undefined ? '' : [...ref].map((unit) => unit.charCodeAt(0).toString(16)).join(' ')}`
  }
}

function key(number: number): Uint8Array {
  return Uint8Array.from(`key ${number}`, (unit) => unit.charCodeAt(0))
}

/** Eight bytes, so that none is the beginning of another. */
function orderedKey(number: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number))
  return bytes
}

const changeArbitrary = fc.record({
  id: fc.oneof(fc.nat(400), fc.nat(100_000)),
  value: fc.option(fc.nat(255), { nil: undefined, freq: 4 }),
})
const batchesArbitrary = fc.array(fc.array(changeArbitrary, { maxLength: 120, size: 'max' }), {
  minLength: 1,
  maxLength: 8,
})

/** The last word about each key. */
function changesOf(
  batch: readonly { readonly id: number; readonly value: number | undefined }[],
  keyOf: (id: number) => Uint8Array,
): readonly TrieChange[] {
  const last = new Map(batch.map(({ id, value }) => [id, value]))
  return [...last].map(([id, value]) => ({
    key: keyOf(id),
    value: value === undefined ? undefined : Uint8Array.of(value),
  }))
}

const SEED = Number(process.env['AOS_SEED'] ?? 20261128)

describe.each([
  ['hashed', key],
  ['ordered', orderedKey],
] as const)('a trie that is %s', (order, keyOf) => {
  it('has one root for one set of entries, whatever it went through', () => {
    fc.assert(
      fc.property(batchesArbitrary, fc.nat(), (batches, shuffle) => {
        const grown = new Fixture(order)
        const expected = new Map<string, Uint8Array>()
        for (const batch of batches) {
          const changes = changesOf(batch, keyOf)
          grown.apply(changes)
          for (const change of changes) {
            if (change.value === undefined) expected.delete(toHex(change.key))
            else expected.set(toHex(change.key), change.value)
          }
        }
        const built = new Fixture(order)
        const entries = [...expected].map(([hex, value]) => ({ key: Uint8Array.from(Buffer.from(hex, 'hex')), value }))
        const turned = entries.map((_, at) => entries[(at + shuffle) % entries.length] ?? entries[0])
        built.apply(turned.flatMap((entry) => (entry === undefined ? [] : [entry])))
        expect(grown.root).toBe(built.root)
        expect(grown.trie.root.count).toBe(expected.size)
        for (const entry of entries) expect(grown.trie.get(entry.key)).toEqual(entry.value)
        const listed = [...grown.trie.entries()].map((entry) => [toHex(entry.key), entry.value] as const)
        expect(new Map(listed)).toEqual(expected)
        if (order === 'ordered') {
          const sorted = entries.map((entry) => entry.key).sort(compareBytes)
          expect(listed.map(([hex]) => hex)).toEqual(sorted.map(toHex))
          const middle = sorted[sorted.length >> 1]
          if (middle !== undefined) {
            const rest = [...grown.trie.entries(middle)].map((entry) => toHex(entry.key))
            expect(rest).toEqual(sorted.slice(sorted.length >> 1).map(toHex))
            const between = Uint8Array.of(...middle.subarray(0, 7), (middle[7] ?? 0) ^ 1)
            const behind = [...grown.trie.entries(between)].map((entry) => toHex(entry.key))
            expect(behind).toEqual(sorted.filter((one) => compareBytes(one, between) >= 0).map(toHex))
          }
        }
      }),
      { numRuns: 60, seed: SEED },
    )
  })

  it('comes back to the empty root', () => {
    const fixture = new Fixture(order)
    const empty = fixture.root
    const ids = Array.from({ length: 300 }, (_, id) => id)
    fixture.apply(ids.map((id) => ({ key: keyOf(id), value: Uint8Array.of(1) })))
    expect(fixture.root).not.toBe(empty)
    for (const id of ids) fixture.apply([{ key: keyOf(id), value: undefined }])
    expect(fixture.root).toBe(empty)
    expect(fixture.trie.get(keyOf(3))).toBeUndefined()
  })

  it('writes only the way to what has changed', () => {
    const fixture = new Fixture(order)
    fixture.apply(Array.from({ length: 5000 }, (_, id) => ({ key: keyOf(id), value: Uint8Array.of(1) })))
    fixture.written = 0
    fixture.apply([{ key: keyOf(4321), value: Uint8Array.of(2) }])
    expect(fixture.written).toBeLessThanOrEqual(5)
    fixture.written = 0
    fixture.apply([])
    expect(fixture.written).toBe(0)
  })
})

describe('keys that share long beginnings', () => {
  it('make a branch that skips, and take it apart again', () => {
    const fixture = new Fixture('ordered')
    const deep = Array.from({ length: 40 }, (_, id) => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, id))
    fixture.apply(deep.map((one) => ({ key: one, value: new Uint8Array(0) })))
    expect(fixture.trie.wayTo(deep[0] ?? new Uint8Array(0))).toHaveLength(2)
    const before = fixture.root
    fixture.apply([{ key: Uint8Array.of(1, 2, 3, 4, 0xf5), value: new Uint8Array(0) }])
    expect([...fixture.trie.entries()]).toHaveLength(41)
    fixture.apply([{ key: Uint8Array.of(1, 2, 3, 4, 0xf5), value: undefined }])
    expect(fixture.root).toBe(before)
    fixture.apply([{ key: Uint8Array.of(9), value: undefined }])
    expect(fixture.root).toBe(before)
  })

  it('make a branch that stops skipping and changes below at once', () => {
    const deep = Array.from({ length: 80 }, (_, id) => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, id))
    const beside = { key: Uint8Array.of(1, 2, 3, 4, 0xf5), value: new Uint8Array(0) }
    const changes = deep.map((one) => ({ key: one, value: Uint8Array.of(one[9] ?? 0) }))
    for (const count of [1, 3, 33, 80]) {
      const fixture = new Fixture('ordered')
      fixture.apply(deep.map((one) => ({ key: one, value: new Uint8Array(0) })))
      fixture.apply([beside, ...changes.slice(0, count)])
      const built = new Fixture('ordered')
      built.apply(deep.map((one) => ({ key: one, value: new Uint8Array(0) })))
      built.apply(changes.slice(0, count))
      built.apply([beside])
      expect(fixture.root).toBe(built.root)
    }
  })
})

describe('the bytes of a node', () => {
  const encoder = new NodeEncoder()
  const hash = new Uint8Array(32).fill(7)
  const entries = [
    { key: key(1), value: Uint8Array.of(1) },
    { key: key(2), value: new Uint8Array(0) },
  ]
  const branchOf = (count: number, skip: Uint8Array, ...nibbles: readonly number[]): Uint8Array => {
    const draft = new BranchDraft()
    draft.count = count
    draft.skip = skip
    for (const nibble of nibbles) draft.set(nibble, hash)
    const bytes = new Uint8Array(draft.bytesMax)
    return bytes.slice(0, draft.write(bytes, 0))
  }
  const branch = branchOf(100, Uint8Array.of(1, 15), 3, 15)

  it('come back as the same node', () => {
    const leaf = encoder.leaf(entries)
    const back = decodeNode(leaf.bytes)
    expect(back).toEqual(leaf)
    expect(entriesOf(leaf)).toEqual(entries)
    for (const { key: known, value } of entries) expect(findInLeaf(leaf, known)).toEqual(value)
    expect(findInLeaf(leaf, key(3))).toBeUndefined()
    const ref = textOfBytes(hash)
    const children = Array.from({ length: 16 }, (_, at) => (at === 3 || at === 15 ? ref : undefined))
    expect(decodeNode(branch)).toEqual({ kind: 'branch', count: 100, skip: Uint8Array.of(1, 15), children })
    for (const count of [33, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 40]) {
      expect(decodeNode(branchOf(count, new Uint8Array(30), 0, 1))).toMatchObject({ count, skip: new Uint8Array(30) })
    }
  })

  it('are refused in any other form', () => {
    const many = Array.from({ length: LEAF_ENTRIES_MAX + 1 }, (_, at) => ({ key: Uint8Array.of(at), value: key(at) }))
    const refused = [
      encoder.leaf([...entries].reverse()).bytes,
      encoder.leaf([...entries, ...entries.slice(1)]).bytes,
      encoder.leaf([]).bytes,
      encoder.leaf(many).bytes,
      branchOf(100, Uint8Array.of(1, 15), 3),
      branchOf(LEAF_ENTRIES_MAX, Uint8Array.of(1, 15), 3, 15),
      branchOf(100, Uint8Array.of(16), 3, 15),
    ]
    for (const bytes of refused) {
      expect(() => decodeNode(bytes)).toThrow(expect.objectContaining({ code: 'kernel.bad_snapshot' }))
    }
    for (let at = 0; at < branch.length; at += 1) {
      const cut = branch.subarray(0, at)
      expect(() => decodeNode(cut)).toThrow(expect.objectContaining({ code: 'kernel.bad_snapshot' }))
    }
  })
})
