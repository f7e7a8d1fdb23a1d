import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatHash, fromHex, hashBytes, parseHash, toHex } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { LeafHasher, compactedEntry, findHeader, findParts, isCompacted, readKind } from '../src/entry-parts.ts'
import { MerkleLog } from '../src/index.ts'
import {
  GROUP_HEAD_BYTES,
  decodeFooter,
  decodeGroupHead,
  decodeHeader,
  encodeFooter,
  encodeGroupHead,
  encodeHeader,
  isGroupIntact,
  type SegmentKind,
} from '../src/layout.ts'

const VECTORS = join(import.meta.dirname, '../../../spec/vectors/journal')

interface MerkleVector {
  readonly name: string
  readonly leaves: readonly string[]
  readonly peaks: readonly string[]
  readonly root: string
}

/** `hex` is the page or the group without its trailing zeros. */
interface LayoutVector {
  readonly name: string
  readonly kind: 'header' | 'group' | 'footer'
  /** Of which segments; of those with whole entries unless given. */
  readonly segment?: SegmentKind
  readonly hex: string
  readonly nonce: string
}

interface ValidLayout extends LayoutVector {
  readonly fields: Readonly<Record<string, number | string | readonly string[]>>
}

interface InvalidLayout extends LayoutVector {
  readonly reason: 'damaged' | 'unsupported'
}

interface CompactedVector {
  readonly name: string
  readonly entry: string
  readonly kind: number
  readonly leaf: string
  readonly compacted: string
}

function load<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(join(VECTORS, name), 'utf8')) as readonly T[] // checked by the tests that use it
}

function pageOf(hex: string): Uint8Array {
  const page = new Uint8Array(4096)
  page.set(fromHex(hex))
  return page
}

function trimmed(bytes: Uint8Array): string {
  return toHex(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1))
}

/** Byte strings as hexadecimal digits, so that records compare with JSON. */
function shown(record: object): unknown {
  return JSON.parse(
    JSON.stringify(record, (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value)),
  )
}

/** What a page or group says, or why it is refused. */
function decode(vector: LayoutVector): { readonly ok: unknown } | { readonly bad: string } {
  const page = pageOf(vector.hex)
  if (vector.kind === 'header') return asShown(decodeHeader(page, vector.segment))
  if (vector.kind === 'footer') return asShown(decodeFooter(page, vector.segment))
  const head = decodeGroupHead(page, 0, fromHex(vector.nonce))
  return head !== undefined && isGroupIntact(page, 0, head) ? { ok: shown(head) } : { bad: 'damaged' }
}

function asShown(result: { readonly ok: object } | { readonly bad: string }): ReturnType<typeof decode> {
  return 'ok' in result ? { ok: shown(result.ok) } : result
}

/** Encodes what was decoded; a group keeps its frames. */
function encodeAgain(vector: LayoutVector): string {
  const page = pageOf(vector.hex)
  if (vector.kind === 'group') {
    const nonce = fromHex(vector.nonce)
    const head = decodeGroupHead(page, 0, nonce)
    if (head === undefined) throw new Error('no group')
    page.fill(0, 0, GROUP_HEAD_BYTES)
    encodeGroupHead(page, head, nonce)
    return trimmed(page)
  }
  if (vector.kind === 'header') {
    const header = decodeHeader(page, vector.segment)
    if ('ok' in header) return trimmed(encodeHeader(header.ok))
  }
  const footer = decodeFooter(page, vector.segment)
  if ('ok' in footer) return trimmed(encodeFooter(footer.ok))
  throw new Error('no page')
}

describe('spec/vectors/journal', () => {
  it.each(load<MerkleVector>('merkle.json'))('log: $name', ({ leaves, peaks, root }) => {
    const log = new MerkleLog()
    for (const leaf of leaves) log.append(hashBytes(parseHash(leaf)))
    expect(log.peaks()).toEqual({ size: leaves.length, peaks: peaks.map((peak) => hashBytes(parseHash(peak))) })
    expect(formatHash(log.root())).toBe(root)
  })

  it.each(load<ValidLayout>('layout-valid.json'))('valid: $name', (vector) => {
    expect(decode(vector)).toEqual({ ok: vector.fields })
    expect(encodeAgain(vector)).toBe(vector.hex)
  })

  it.each(load<InvalidLayout>('layout-invalid.json'))('invalid: $name', (vector) => {
    expect(decode(vector)).toEqual({ bad: vector.reason })
  })

  it.each(load<CompactedVector>('compacted.json'))('compacted: $name', ({ entry, kind, leaf, compacted }) => {
    for (const bytes of [fromHex(entry), fromHex(compacted)]) {
      const header = findHeader(bytes)
      if (header === undefined) throw new Error('no entry')
      expect(readKind(bytes, header)).toBe(kind)
      expect(formatHash(new LeafHasher().hash(bytes, header))).toBe(leaf)
      expect(isCompacted(bytes, header)).toBe(bytes.length < fromHex(entry).length)
      expect(toHex(compactedEntry(bytes, header))).toBe(compacted)
      expect(findParts(bytes)).toBeDefined()
    }
  })
})
