import { createHash } from 'node:crypto'
import { encode, toHex } from '@aos/cbor'
import { expect, test } from 'vitest'
import { readAndHashAhead, readEntries, type ReadEntry } from './hash-ahead.ts'

const ENTROPY = Uint8Array.from({ length: 16 }, (_, index) => index * 3)

function hashOf(...parts: readonly Uint8Array[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex')
}

/** An entry by shape: the thread does not look into header, ingress and derived. */
function makeEntry(height: number, values: readonly Uint8Array[] = [encode(height)]) {
  const header = encode(new Map([[0, height]]))
  const ingress = encode(
    new Map<number, string | number[]>([
      [1, 'x'.repeat(height % 300)],
      [2, [height, 70_000]],
    ]),
  )
  const derived = encode([height, [new Uint8Array(height % 7)]])
  const bodies = encode([ENTROPY, [...values]])
  const bytes = Uint8Array.from([0x84, ...header, ...ingress, ...derived, ...bodies])
  return { height, bytes, header, ingress, derived, value: values[0] }
}

/** Batches until the reader has had enough: the thread takes a while to start. */
function* endless(entry: (height: number) => ReadEntry): Generator<readonly ReadEntry[]> {
  for (let height = 0; ; height += 100) yield Array.from({ length: 100 }, (_, index) => entry(height + index))
}

test('entries come as they were read, and digests, once there are any, are those of their parts', () => {
  let next = 0
  let hashed = 0
  for (const { entries, digestsOf } of readAndHashAhead(endless(makeEntry))) {
    for (const [index, { height, bytes }] of entries.entries()) {
      const { header, ingress, derived, value, bytes: written } = makeEntry(next)
      expect(height).toBe(next)
      next += 1
      expect(toHex(bytes)).toBe(toHex(written))
      const digests = digestsOf(index)
      if (digests === undefined) continue
      hashed += 1
      expect(digests).toMatchObject({
        ingressAt: 1 + header.length,
        derivedAt: 1 + header.length + ingress.length,
        bodiesAt: 1 + header.length + ingress.length + derived.length,
      })
      const salt = createHash('sha256').update('aos/salt/v1').update(ENTROPY).update(new Uint8Array(4)).digest()
      const found = toHex(digests.bytes.subarray(digests.at, digests.at + 160)).match(/.{64}/g)
      expect(found).toEqual([
        hashOf(ENTROPY),
        hashOf(salt, value ?? ENTROPY),
        hashOf(ingress),
        hashOf(derived),
        hashOf(Uint8Array.of(0), header),
      ])
    }
    if (hashed > 1000) break
  }
  expect(hashed).toBeGreaterThan(1000)
}, 60_000)

test('what is no entry, has other entropy, or is larger than a slot comes without digests', () => {
  const odd = [
    Uint8Array.of(),
    Uint8Array.of(0x84, 0x01),
    Uint8Array.of(0x84, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    new Uint8Array(20_000).fill(0x81),
    encode([1, 2, 3, [new Uint8Array(15), []]]),
    encode([1, 2, 3, null]),
    makeEntry(5, [new Uint8Array(600_000)]).bytes,
  ]
  let whole = 0
  let bytesRead = 0
  const entryAt = (height: number): ReadEntry =>
    height % 10 < odd.length ? { height, bytes: odd[height % 10] ?? ENTROPY } : makeEntry(height)
  for (const { entries, digestsOf } of readAndHashAhead(endless(entryAt))) {
    for (const [index, { height, bytes }] of entries.entries()) {
      bytesRead += bytes.length
      const digests = digestsOf(index)
      if (height % 10 < odd.length) expect(digests).toBeUndefined()
      else if (digests !== undefined) whole += 1
    }
    if (whole > 10) break
  }
  expect(bytesRead).toBeGreaterThan(0)
}, 60_000)

test('without the thread, batches come through as they are', () => {
  const batch = [makeEntry(0), makeEntry(1)]
  const [read, ...more] = readEntries([batch])
  expect(more).toEqual([])
  expect(read?.entries).toBe(batch)
  expect(read?.digestsOf(0)).toBeUndefined()
})
