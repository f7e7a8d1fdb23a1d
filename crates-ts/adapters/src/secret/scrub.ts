/**
 * Takes secrets out of what an adapter brought back, before it is stored, hashed, signed or logged
 * (spec/13-adapters.md, "Scrubbing").
 */
import type { Value } from '@aos/air'
import { AosError } from '@aos/cbor'
import { makeRecord, membersOf } from '../values.ts'
import { secretPattern } from './pattern.ts'

/** What stands where a secret stood. */
export const SCRUBBED = '[secret]'

/** Shorter secrets are refused: removing them would remove other texts too. */
export const SECRET_BYTES_MIN = 8

/** Removes the same secrets from everything. Without secrets it gives back what it gets. */
export interface Scrubber {
  /** There are no secrets. */
  readonly isIdle: boolean
  readonly bytes: (bytes: Uint8Array) => Uint8Array
  readonly text: (text: string) => string
  /** Texts, bytes and text keys at any depth. */
  readonly value: (value: Value) => Value
  /** For bytes that come in pieces: the pieces that come out, joined, are what `bytes` makes of those that go in. */
  readonly stream: () => ScrubStream
}

/** Holds back as many bytes as a secret could still reach into. */
export interface ScrubStream {
  /** What is certain after this piece; may be empty. */
  readonly push: (piece: Uint8Array) => Uint8Array
  /** The rest. */
  readonly end: () => Uint8Array
}

/** Throws `secret.too_short`. A text stands for its UTF-8 bytes. */
export function makeScrubber(secrets: Iterable<string | Uint8Array>): Scrubber {
  if (Array.isArray(secrets) && secrets.length === 0) return IDLE
  const values = [...secrets].map((secret) => (typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret))
  for (const { length } of values) {
    if (length < SECRET_BYTES_MIN) {
      throw new AosError('secret.too_short', `a secret has ${length} bytes, less than ${SECRET_BYTES_MIN}`)
    }
  }
  // Of two secrets at one place the longer one is removed.
  const patterns = values.toSorted((left, right) => right.length - left.length).map(secretPattern)
  if (patterns.length === 0) return IDLE
  const source = patterns.map((pattern) => pattern.source).join('|')
  const reach = Math.max(...patterns.map(({ bytesMax }) => bytesMax))
  return scrubberOf(source, reach)
}

const IDLE: Scrubber = {
  isIdle: true,
  bytes: (bytes) => bytes,
  text: (text) => text,
  value: (value) => value,
  stream: () => ({ push: (piece) => piece, end: () => new Uint8Array() }),
}

function scrubberOf(source: string, reach: number): Scrubber {
  const bytes = (input: Uint8Array): Uint8Array => {
    const text = latin1(input)
    const clean = text.replace(new RegExp(source, 'g'), SCRUBBED)
    return clean === text ? input : fromLatin1(clean)
  }
  const text = (input: string): string => {
    const before = Buffer.from(input, 'utf8')
    const after = bytes(before)
    return after === before ? input : Buffer.from(after).toString('utf8')
  }
  const value = (input: Value): Value => scrubValue({ bytes, text }, input)
  return { isIdle: false, bytes, text, value, stream: () => scrubStream(source, reach) }
}

function scrubStream(source: string, reach: number): ScrubStream {
  const pattern = new RegExp(source, 'g')
  let held = ''
  /** Scrubs every match that begins before `limit`, and gives back all before the first byte that is still open. */
  const take = (limit: number): Uint8Array => {
    let clean = ''
    let at = 0
    pattern.lastIndex = 0
    for (let match = pattern.exec(held); match !== null && match.index < limit; match = pattern.exec(held)) {
      clean += held.slice(at, match.index) + SCRUBBED
      at = pattern.lastIndex
    }
    const end = Math.max(at, limit)
    clean += held.slice(at, end)
    held = held.slice(end)
    return fromLatin1(clean)
  }
  return {
    push(piece) {
      held += latin1(piece)
      return take(Math.max(0, held.length - reach + 1))
    },
    end: () => take(held.length),
  }
}

function scrubValue(scrubber: Pick<Scrubber, 'bytes' | 'text'>, value: Value): Value {
  const inner = (item: Value): Value => scrubValue(scrubber, item)
  if (typeof value === 'string') return scrubber.text(value)
  if (value instanceof Uint8Array) return scrubber.bytes(value)
  if (Array.isArray(value)) return (value as readonly Value[]).map(inner) // Array.isArray does not narrow it
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string | number | bigint, Value>)] // the one kind of Map in a Value
    return new Map(entries.map(([key, item]) => [typeof key === 'string' ? scrubber.text(key) : key, inner(item)]))
  }
  const members = membersOf(value)
  if (members === undefined) return value
  return makeRecord(Object.fromEntries(Object.entries(members).map(([name, item]) => [name, inner(item)])))
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
