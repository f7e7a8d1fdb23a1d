import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { toHex } from '@aos/cbor'
import type { HashBytes, Sha256Port } from '@aos/cbor'
import { KnownBatch, makeBatch } from './index.ts'
import type { BatchPlace } from './index.ts'

class Counting implements Sha256Port {
  count = 0

  sha256Into(input: Uint8Array, output: Uint8Array, offset: number): void {
    this.count += 1
    output.set(createHash('sha256').update(input).digest(), offset)
  }
}

const port = new Counting()
const digest = (...parts: readonly Uint8Array[]): Uint8Array => createHash('sha256').update(Buffer.concat(parts)).digest() // prettier-ignore

/** As RFC 6962, 2.1 writes it. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves
  if (only !== undefined && leaves.length === 1) return digest(Uint8Array.of(0), only)
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return digest(Uint8Array.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

/** The root above a message by its path, from the topmost split down. */
function climb(message: Uint8Array, { index, size, path }: BatchPlace): string {
  const go = (at: number, count: number, left: readonly Uint8Array[]): Uint8Array => {
    const sibling = left.at(-1)
    if (count === 1 && sibling === undefined) return digest(Uint8Array.of(0), message)
    if (count === 1 || sibling === undefined) throw new Error('a path of another length')
    let split = 1
    while (split * 2 < count) split *= 2
    const below = left.slice(0, -1)
    if (at < split) return digest(Uint8Array.of(1), go(at, split, below), sibling)
    return digest(Uint8Array.of(1), sibling, go(at - split, count - split, below))
  }
  return outcome(() => go(index, size, path))
}

const messagesOf = (size: number): readonly Uint8Array[] => Array.from({ length: size }, (_, index) => Uint8Array.of(size, index)) // prettier-ignore
const SIZES = Array.from({ length: 70 }, (_, index) => index + 1)

test('a batch of any size is the tree of RFC 6962, and every place leads to its root', () => {
  for (const size of SIZES) {
    const messages = messagesOf(size)
    const { root, places } = makeBatch(port, messages)
    expect(toHex(root)).toBe(toHex(rootOf(messages)))
    for (const [index, message] of messages.entries()) {
      const place = places[index]
      if (place === undefined) throw new Error('every message has a place')
      expect(climb(message, place)).toBe(toHex(root))
    }
  }
})

describe('a known batch', () => {
  test('gives the one root for every place, in any order, and for every forgery what a single check gives', () => {
    for (const size of SIZES) {
      const messages = messagesOf(size)
      const { root, places } = makeBatch(port, messages)
      const known = new KnownBatch(port, size)
      // Seven has no common divisor with most sizes: the order is mixed.
      const order = messages.map((_, index) => (index * 7) % size)
      let first: HashBytes | undefined
      for (const index of size % 7 === 0 ? messages.keys() : order) {
        const [message, place] = [messages[index], places[index]]
        if (message === undefined || place === undefined) throw new Error('every message has a place')
        const found = known.rootOf(message, place)
        first ??= found
        expect(found).toBe(first)
        expect(toHex(found)).toBe(toHex(root))
        for (const [other, forged] of forgeries(message, place)) {
          expect(outcome(() => known.rootOf(other, forged))).toBe(climb(other, forged))
        }
      }
    }
  })

  test('hashes two times a message', () => {
    const messages = messagesOf(64)
    const { places } = makeBatch(port, messages)
    const counting = new Counting()
    const known = new KnownBatch(counting, 64)
    for (const [index, place] of places.entries()) known.rootOf(messages[index] ?? new Uint8Array(0), place)
    expect(counting.count).toBe(2 * 64 - 1)
  })
})

/** Another message, another place, every hash of the path changed, the path longer and shorter. */
function* forgeries(message: Uint8Array, place: BatchPlace): Generator<readonly [Uint8Array, BatchPlace]> {
  yield [Uint8Array.of(255), place]
  yield [message, { ...place, index: (place.index + 1) % place.size }]
  yield [message, { ...place, path: [...place.path, new Uint8Array(32)] }]
  if (place.path.length > 0) yield [message, { ...place, path: place.path.slice(1) }]
  for (const [at, hash] of place.path.entries()) {
    const changed = hash.slice()
    changed[at % 32] = (changed[at % 32] ?? 0) ^ 1
    yield [message, { ...place, path: place.path.with(at, changed) }]
  }
}

function outcome(root: () => HashBytes): string {
  try {
    return toHex(root())
  } catch {
    return 'refused'
  }
}
