/**
 * Takes secrets out of what an adapter brought back, before it is stored, hashed, signed or logged
 * (spec/25-secrets.md, "Scrubbing").
 */
import type { Value } from '@aos/air'
import { AosError } from '@aos/cbor'
import { makeRecord, membersOf } from '../values.ts'
import { formsOf } from './forms.ts'
import { Search } from './search.ts'

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
  return values.length === 0 ? IDLE : scrubberOf(new Search(values.flatMap(formsOf)))
}

const IDLE: Scrubber = {
  isIdle: true,
  bytes: (bytes) => bytes,
  text: (text) => text,
  value: (value) => value,
  stream: () => ({ push: (piece) => piece, end: () => new Uint8Array() }),
}

/** A scrubber that removes nothing. */
export const IDLE_SCRUBBER: Scrubber = IDLE

const MARK: Uint8Array = Buffer.from(SCRUBBED, 'latin1')

function scrubberOf(search: Search): Scrubber {
  const bytes = (input: Uint8Array): Uint8Array => {
    const clean = replaceBefore(search, input, input.length)
    return clean.pieces.length === 0 ? input : joined([...clean.pieces, input.subarray(clean.end)])
  }
  const text = (input: string): string => {
    const before = Buffer.from(input, 'utf8')
    const after = bytes(before)
    return after === before ? input : Buffer.from(after).toString('utf8')
  }
  const value = (input: Value): Value => scrubValue({ bytes, text }, input)
  return { isIdle: false, bytes, text, value, stream: () => scrubStream(search) }
}

/** Replaces what begins before `limit`. `end` is behind the last occurrence; without one nothing was cut into pieces. */
function replaceBefore(
  search: Search,
  input: Uint8Array,
  limit: number,
): { readonly pieces: readonly Uint8Array[]; readonly end: number } {
  const pieces: Uint8Array[] = []
  let end = 0
  for (let found = search.next(input, 0, limit); found !== undefined; found = search.next(input, end, limit)) {
    pieces.push(input.subarray(end, found.start), MARK)
    end = found.end
  }
  return { pieces, end }
}

function scrubStream(search: Search): ScrubStream {
  let held: Uint8Array = new Uint8Array()
  /** Scrubs what begins before `limit`, and gives back all before the first byte that is still open. */
  const take = (limit: number): Uint8Array => {
    const { pieces, end } = replaceBefore(search, held, limit)
    const open = Math.max(end, limit)
    const clean = joined([...pieces, held.subarray(end, open)])
    held = held.subarray(open)
    return clean
  }
  return {
    push(piece) {
      held = joined([held, piece])
      return take(Math.max(0, held.length - search.reach + 1))
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

/** A copy. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}
