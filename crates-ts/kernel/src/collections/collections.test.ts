import { createHash } from 'node:crypto'
import { CborReader, CborWriter, decode, encode, formatHash } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Collection, TEXT_KEYS } from './collection.ts'
import { numberOf, orderedNumber, orderedText, textBehind } from './key-text.ts'
import { NodeStore } from './node-store.ts'
import { OrderedSet } from './ordered-set.ts'
import type { ChangesSince, SnapshotPart } from './part.ts'
import type { TrieRoot } from './trie-update.ts'

const port: Sha256Port = {
  sha256Into: (input, output, offset) => output.set(createHash('sha256').update(input).digest(), offset),
}

class Content {
  readonly blobs = new Map<Hash, Uint8Array>()

  get(hash: Hash): Uint8Array {
    const bytes = this.blobs.get(hash)
    if (bytes === undefined) throw new Error(`missing ${hash}`)
    return bytes
  }
}

const RECORDS = {
  encode: (record: string): Uint8Array => encode([record]),
  decode: (bytes: Uint8Array): string => String((decode(bytes, { prefix: 'absent' }) as readonly string[])[0]),
}

function flush(part: SnapshotPart, content: Content): void {
  for (const batch of part.flush()) {
    for (const { hash, bytes } of batch) content.blobs.set(formatHash(hash), bytes)
  }
}

/** What may happen to a collection; `freeze`, `flush` and `adopt` come in this order, and a cut may lead nowhere. */
type Step =
  | { readonly kind: 'set'; readonly key: number; readonly size: number }
  | { readonly kind: 'delete'; readonly key: number }
  | { readonly kind: 'freeze' | 'flush' | 'reopen' }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ kind: fc.constant('set' as const), key: fc.nat(90), size: fc.nat(3000) }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat(90) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'freeze' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  ),
  { maxLength: 300, size: 'max' },
)
const SEED = Number(process.env['AOS_SEED'] ?? 20261128)

describe('a collection', () => {
  it('holds what a plain map would, before, during and after snapshots', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const content = new Content()
        const nodes = new NodeStore({ sha256: port, content }, 4000)
        const open = (from?: Collection<string>): Collection<string> =>
          new Collection(nodes, { keys: TEXT_KEYS, records: RECORDS }, from?.root)
        let collection = open()
        const expected = new Map<string, string>()
        let atCut: ReadonlyMap<string, string> | undefined
        let isFlushed = false
        for (const step of script) {
          if (step.kind === 'set') {
            put(collection, `schlüssel ${step.key}`, { known: expected, size: step.size })
            expected.set(`schlüssel ${step.key}`, 'x'.repeat(step.size))
          } else if (step.kind === 'delete') {
            collection.delete(`schlüssel ${step.key}`)
            expected.delete(`schlüssel ${step.key}`)
          } else if (step.kind === 'freeze') {
            collection.freeze()
            atCut = new Map(expected)
            isFlushed = false
          } else if (step.kind === 'flush' && atCut !== undefined && !isFlushed) {
            flush(collection, content)
            collection.adopt(true)
            expect(new Map(open(collection).entries())).toEqual(atCut)
            isFlushed = true
            atCut = undefined
          } else if (step.kind === 'reopen') {
            collection.freeze()
            flush(collection, content)
            collection.adopt(true)
            atCut = undefined
            collection = open(collection)
          }
          const key = `schlüssel ${'key' in step ? step.key : 0}`
          expect(collection.get(key)).toBe(expected.get(key))
        }
        expect(new Map(collection.entries())).toEqual(expected)
        for (let key = 0; key <= 90; key += 1) {
          expect(collection.has(`schlüssel ${key}`)).toBe(expected.has(`schlüssel ${key}`))
        }
      }),
      { numRuns: 40, seed: SEED },
    )
  })
})

describe('flushing a collection', () => {
  it('pauses while nothing is made yet', () => {
    const nodes = new NodeStore({ sha256: port, content: new Content() }, 4000)
    const collection = new Collection(nodes, { keys: TEXT_KEYS, records: RECORDS })
    for (let at = 0; at < 1280; at += 1) collection.add(`${at}`, 'x')
    collection.freeze()
    let pauses = 0
    for (const batch of collection.flush()) {
      if (batch.length > 0) break
      pauses += 1
    }
    // Twenty while records are encoded, twenty while it is found where they go.
    expect(pauses).toBeGreaterThanOrEqual(40)
  })
})

describe('changes of a collection', () => {
  it('lead from its root, in the order in which they were taken down, to what it holds', () => {
    const script = fc.array(
      fc.oneof(
        { weight: 8, arbitrary: fc.record({ kind: fc.constant('set' as const), key: fc.nat(3) }) },
        { weight: 8, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.nat(3) }) },
        { weight: 4, arbitrary: fc.constant({ kind: 'take' as const }) },
        { weight: 4, arbitrary: fc.constantFrom({ kind: 'freeze' as const }, { kind: 'flush' as const }) },
      ),
      { maxLength: 120, size: 'max' },
    )
    fc.assert(
      fc.property(script, (acts) => {
        const content = new Content()
        const form = { keys: TEXT_KEYS, records: RECORDS }
        const open = (root?: TrieRoot): Collection<string> =>
          new Collection(new NodeStore({ sha256: port, content }, 4000), form, root)
        const collection = open()
        const expected = new Map<string, string>()
        let taken: (readonly Uint8Array[])[] = []
        let isCut = false
        for (const [at, act] of acts.entries()) {
          const key = `${'key' in act ? act.key : ''}`
          expect(collection.get(key)).toBe(expected.get(key))
          if (act.kind === 'set') {
            put(collection, key, { known: expected, size: at })
            expected.set(key, 'x'.repeat(at))
          } else if (act.kind === 'delete') {
            if (expected.delete(key)) collection.delete(key)
          } else if (act.kind === 'freeze') {
            collection.freeze()
            isCut = true
          } else if (act.kind === 'flush' && isCut) {
            flush(collection, content)
            collection.adopt(true)
            isCut = false
            taken = []
          } else if (act.kind === 'take') {
            taken.push(changesOf(collection, taken.length === 0 ? 'root' : 'checkpoint'))
            const restored = open(collection.root)
            for (const change of taken.flat()) restored.restoreChange(new CborReader(change))
            expect(new Map(restored.entries())).toEqual(expected)
          }
        }
      }),
      { numRuns: 200, seed: SEED },
    )
  })

  it('say nothing of what came and went between two of them', () => {
    const content = new Content()
    const collection = new Collection(new NodeStore({ sha256: port, content }, 4000), {
      keys: TEXT_KEYS,
      records: RECORDS,
    })
    collection.add('stays', 'x')
    collection.freeze()
    flush(collection, content)
    collection.adopt(true)
    collection.add('before', 'x')
    collection.takeChanges('root')
    collection.add('short', 'x')
    collection.delete('short')
    collection.delete('before')
    expect(collection.takeChanges('checkpoint').size).toBe(1)
    expect(collection.takeChanges('root').size).toBe(0)
    expect(collection.dirtyCount).toBe(0)
  })
})

/** A new key as such, as the state does it. */
function put(
  collection: Collection<string>,
  key: string,
  { known, size }: { readonly known: ReadonlyMap<string, string>; readonly size: number },
): void {
  if (known.has(key)) collection.set(key, 'x'.repeat(size))
  else collection.add(key, 'x'.repeat(size))
}

/** One by one. */
function changesOf(part: SnapshotPart, since: ChangesSince): readonly Uint8Array[] {
  const taken = part.takeChanges(since)
  return Array.from({ length: taken.size }, (_, index) => {
    const writer = new CborWriter()
    taken.write(writer, index)
    return writer.take()
  })
}

describe('an ordered set', () => {
  it('gives what a sorted array would, before, during and after snapshots', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const content = new Content()
        const nodes = new NodeStore({ sha256: port, content }, 4000)
        let set = new OrderedSet(nodes)
        const expected = new Set<string>()
        let isCut = false
        for (const step of script) {
          if (step.kind === 'set' || step.kind === 'delete') {
            const key = orderedNumber(BigInt(step.key % 7)) + orderedText(`plan ${step.key}`)
            if (step.kind === 'set') {
              set.add(key)
              expected.add(key)
            } else {
              set.delete(key)
              expected.delete(key)
            }
          } else if (step.kind === 'freeze') {
            set.freeze()
            isCut = true
          } else if (step.kind === 'flush' && isCut) {
            flush(set, content)
            set.adopt(true)
            isCut = false
          } else if (step.kind === 'reopen') {
            set.freeze()
            flush(set, content)
            set.adopt(true)
            isCut = false
            set = new OrderedSet(nodes, set.root)
          }
          const sorted = [...expected].sort()
          const asked = orderedNumber(BigInt(('key' in step ? step.key : 1) % 7)) + orderedText('plan 1')
          expect(set.has(asked)).toBe(expected.has(asked))
          expect(set.first).toBe(sorted[0])
          expect(set.isEmpty).toBe(sorted.length === 0)
        }
        const sorted = [...expected].sort()
        for (const key of sorted) expect(set.has(key)).toBe(true)
        expect([...set.keys()]).toEqual(sorted)
        const from = orderedNumber(3n)
        expect([...set.keys(from)]).toEqual(sorted.filter((key) => key >= from))
      }),
      { numRuns: 100, seed: SEED },
    )
  })

  it('stays quick when the first ones go', () => {
    const set = new OrderedSet(new NodeStore({ sha256: port, content: new Content() }, 0))
    for (let at = 0; at < 40_000; at += 1) set.add(orderedNumber(BigInt(at)))
    for (let at = 0; at < 40_000; at += 1) {
      expect(set.first === orderedNumber(BigInt(at))).toBe(true)
      set.delete(orderedNumber(BigInt(at)))
    }
    expect(set.isEmpty).toBe(true)
  })
})

describe('ordered keys', () => {
  it('sort as numbers and as UTF-8, come back, and are never the beginning of another', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.string({ unit: 'binary' })), {
          minLength: 2,
        }),
        (pairs) => {
          for (const [number, text] of pairs) {
            if (!text.isWellFormed()) continue
            const key = orderedNumber(number) + orderedText(text)
            expect(numberOf(key)).toBe(number)
            expect(textBehind(key, 8)).toBe(text)
            for (const [otherNumber, other] of pairs) {
              if (!other.isWellFormed() || (other === text && otherNumber === number)) continue
              const otherKey = orderedNumber(otherNumber) + orderedText(other)
              expect(otherKey.startsWith(key)).toBe(false)
              const bytes = Buffer.compare(Buffer.from(text), Buffer.from(other))
              const order = number === otherNumber ? bytes : number < otherNumber ? -1 : 1
              expect(key < otherKey ? -1 : 1).toBe(order)
            }
          }
        },
      ),
      { numRuns: 50, seed: SEED },
    )
  })
})
