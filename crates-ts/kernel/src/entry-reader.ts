/** Reads entries back (spec/journal.cddl): a quick view for replay, and all fields for people and for comparison. */
import { CborReader, HASH_BYTES, decode, isAosError } from '@aos/cbor'
import type { Data, HashBytes } from '@aos/cbor'
import type { VerifiedSignature } from './ingress.ts'
import { ENTRY_KINDS, ITEM } from './codes.ts'
import { expectField, readAuth, readHashes } from './entry-auth.ts'
import { kernelError } from './errors.ts'
import { EFFECT_ITEM } from './intents/effect-items.ts'

/** Where the header stands: behind the head of the entry. */
export const HEADER_AT = 1

/** What replay needs. Byte fields are views into the entry. */
export interface EntryView {
  readonly height: number
  readonly kindNumber: number
  readonly nowNs: bigint
  /** Offsets of the parts behind the header, which stands at HEADER_AT; its last 32 bytes are the leaf before. */
  readonly ingressAt: number
  readonly derivedAt: number
  readonly bodiesAt: number
  readonly principal: string
  readonly auth: readonly VerifiedSignature[]
  readonly trace: Uint8Array | undefined
  readonly idempotencyKey: string | undefined
  readonly blobs: readonly HashBytes[]
  readonly schema: string | undefined
  readonly command: ReadonlyMap<Data, Data> | undefined
  readonly entropy: Uint8Array
  /** Values of the ingress: the event's value, then its key. */
  readonly value: Uint8Array | undefined
  readonly key: Uint8Array | undefined
}

/** Remembers the text it read last: principals and schemas hardly change from entry to entry. */
class TextMemo {
  #item: Uint8Array = new Uint8Array(0)
  #text = ''

  /** The text at the reader, decoded only when its bytes differ from the ones before. */
  read(reader: CborReader): string {
    const { source, offset } = reader
    const item = this.#item
    let at = 0
    while (at < item.length && source[offset + at] === item[at]) at += 1
    if (at > 0 && at === item.length) {
      reader.offset = offset + at
      return this.#text
    }
    this.#text = reader.text()
    this.#item = source.slice(offset, reader.offset)
    return this.#text
  }
}

/** What a series of entries has in common; one serves a world. */
export interface EntryMemo {
  readonly principal: TextMemo
  readonly schema: TextMemo
}

export function makeEntryMemo(): EntryMemo {
  return { principal: new TextMemo(), schema: new TextMemo() }
}

/** Throws `kernel.bad_entry` (with the codec's finding as cause), `kernel.bodies_missing`. */
export function readEntry(bytes: Uint8Array, memo: EntryMemo = makeEntryMemo()): EntryView {
  try {
    return new EntryCursor(bytes, memo).read()
  } catch (error) {
    if (!isAosError(error) || error.code.startsWith('kernel.')) throw error
    throw kernelError('kernel.bad_entry', `the entry is not well-formed: ${error.message}`, {
      cause: error,
      details: error.details,
    })
  }
}

/** A field of the header that holds a hash: its number, the head of 32 bytes, the bytes. */
const HASH_HEAD = 0x58
const HASH_FIELD_BYTES = 3 + HASH_BYTES

const NO_AUTH: readonly VerifiedSignature[] = []
const NO_BLOBS: readonly HashBytes[] = []

class EntryCursor {
  readonly #bytes: Uint8Array
  readonly #reader: CborReader
  readonly #memo: EntryMemo

  constructor(bytes: Uint8Array, memo: EntryMemo) {
    this.#bytes = bytes
    this.#memo = memo
    this.#reader = new CborReader(bytes)
  }

  read(): EntryView {
    const reader = this.#reader
    if (reader.array() !== 4) throw badEntry('expected four parts')
    const { height, kindNumber, nowNs } = this.#readHeader()
    const ingressAt = reader.offset
    const ingress = this.#readIngress()
    const derivedAt = reader.offset
    reader.skip()
    const bodiesAt = reader.offset
    if (reader.isNull()) throw kernelError('kernel.bodies_missing', `the bodies of entry ${height} were dropped`)
    if (reader.array() !== 2) throw badEntry('expected entropy and values')
    const entropy = reader.bytes()
    const count = reader.array()
    const wanted = (ingress.hasValue ? 1 : 0) + (ingress.hasKey ? 1 : 0)
    if (count < wanted) throw badEntry(`expected ${wanted} values at least, found ${count}`)
    const value = ingress.hasValue ? reader.bytes() : undefined
    const key = ingress.hasKey ? reader.bytes() : undefined
    return {
      height,
      kindNumber,
      nowNs,
      ingressAt,
      derivedAt,
      bodiesAt,
      principal: ingress.principal,
      auth: ingress.auth,
      trace: ingress.trace,
      idempotencyKey: ingress.idempotencyKey,
      blobs: ingress.blobs,
      schema: ingress.schema,
      command: ingress.command,
      entropy,
      value,
      key,
    }
  }

  #readHeader(): { readonly height: number; readonly kindNumber: number; readonly nowNs: bigint } {
    const reader = this.#reader
    const count = reader.map()
    expectField(reader, 0)
    const height = Number(reader.uint())
    expectField(reader, 1)
    const kindNumber = Number(reader.uint())
    expectField(reader, 2)
    const nowNs = BigInt(reader.uint())
    for (let field = 3; field < count; field += 1) {
      const at = reader.offset
      if (this.#bytes[at + 1] === HASH_HEAD && this.#bytes[at + 2] === HASH_BYTES) {
        reader.offset = at + HASH_FIELD_BYTES
      } else {
        reader.skip()
        reader.skip()
      }
    }
    return { height, kindNumber, nowNs }
  }

  #readIngress(): Omit<
    EntryView,
    'height' | 'kindNumber' | 'nowNs' | 'ingressAt' | 'derivedAt' | 'bodiesAt' | 'entropy' | 'value' | 'key'
  > & {
    readonly hasValue: boolean
    readonly hasKey: boolean
  } {
    const reader = this.#reader
    let principal = ''
    let auth = NO_AUTH
    let trace: Uint8Array | undefined
    let idempotencyKey: string | undefined
    let blobs = NO_BLOBS
    let schema: string | undefined
    let command: ReadonlyMap<Data, Data> | undefined
    let hasValue = false
    let hasKey = false
    for (let left = reader.map(); left > 0; left -= 1) {
      const field = reader.uint()
      if (field === 1) principal = this.#memo.principal.read(reader)
      else if (field === 2) auth = readAuth(reader)
      else if (field === 3) trace = reader.bytes()
      else if (field === 4) idempotencyKey = reader.text()
      else if (field === 6) blobs = readHashes(reader)
      else if (field === 7) schema = this.#memo.schema.read(reader)
      else if (field === 10) command = this.#readCommand()
      else {
        hasValue ||= field === 8
        hasKey ||= field === 9
        reader.skip()
      }
    }
    return { principal, auth, trace, idempotencyKey, blobs, schema, command, hasValue, hasKey }
  }

  #readCommand(): ReadonlyMap<Data, Data> {
    const start = this.#reader.offset
    this.#reader.skip()
    const command = decode(this.#bytes.subarray(start, this.#reader.offset), { prefix: 'absent' })
    if (command instanceof Map) return command
    throw badEntry('expected a map as command')
  }
}

function badEntry(message: string): ReturnType<typeof kernelError> {
  return kernelError('kernel.bad_entry', message)
}

/** One derived item with its values resolved from the bodies. */
export interface DecodedItem {
  readonly fields: ReadonlyMap<number, Data>
  /** The cell key of a delivery or of an intent's origin, the key of a raised event; prefixed canonical bytes. */
  readonly key: Uint8Array | undefined
  /** Of a raised event, the parameters of an intent, of a plan step, the result of a plan, the payload of a settlement. */
  readonly value: Uint8Array | undefined
}

/**
 * An entry taken apart for showing. Maps keep the integer keys of spec/journal.cddl; nothing was compared with a hash.
 */
export interface DecodedEntry {
  readonly height: number
  readonly kind: string
  readonly header: ReadonlyMap<number, Data>
  readonly ingress: ReadonlyMap<number, Data>
  readonly derived: readonly DecodedItem[]
  /** undefined when the bodies were dropped. */
  readonly bodies: { readonly entropy: Uint8Array; readonly values: readonly Uint8Array[] } | undefined
}

/** Strict decode of a whole entry, for `journal show` and for comparison. Throws `kernel.bad_entry`. */
export function decodeEntry(bytes: Uint8Array): DecodedEntry {
  let parts: Data
  try {
    parts = decode(bytes, { prefix: 'absent' })
  } catch (error) {
    if (!isAosError(error)) throw error
    throw kernelError('kernel.bad_entry', `the entry is not canonical: ${error.message}`, {
      cause: error,
      details: error.details,
    })
  }
  if (!Array.isArray(parts) || parts.length !== 4) throw badEntry('expected four parts')
  const [headerPart, ingressPart, derivedPart, bodiesPart] = parts as readonly Data[] // an array, as just checked
  const header = fieldsOf(headerPart)
  const ingress = fieldsOf(ingressPart)
  const bodies = bodiesOf(bodiesPart)
  const height = header.get(0)
  if (typeof height !== 'number') throw badEntry('expected a height')
  const kind = ENTRY_KINDS.get(Number(header.get(1))) ?? 'unknown'
  if (!Array.isArray(derivedPart)) throw badEntry('expected a list of derived items')
  return { height, kind, header, ingress, derived: resolveItems(derivedPart, ingress, bodies?.values ?? []), bodies }
}

function fieldsOf(part: Data | undefined): ReadonlyMap<number, Data> {
  if (!(part instanceof Map)) throw badEntry('expected a map with integer keys')
  const fields = new Map<number, Data>()
  for (const [key, value] of part) {
    if (typeof key !== 'number') throw badEntry('expected a map with integer keys')
    fields.set(key, value)
  }
  return fields
}

function bodiesOf(part: Data | undefined): DecodedEntry['bodies'] {
  if (part === null) return undefined
  if (!Array.isArray(part) || part.length !== 2) throw badEntry('expected entropy and values')
  const [entropy, values] = part as readonly Data[] // an array, as just checked
  if (!(entropy instanceof Uint8Array) || !Array.isArray(values)) throw badEntry('expected entropy and values')
  return {
    entropy,
    values: values.map((value: Data) => {
      if (value instanceof Uint8Array) return value
      throw badEntry('expected values as byte strings')
    }),
  }
}

function resolveItems(
  items: readonly Data[],
  ingress: ReadonlyMap<number, Data>,
  values: readonly Uint8Array[],
): readonly DecodedItem[] {
  let next = (ingress.has(8) ? 1 : 0) + (ingress.has(9) ? 1 : 0)
  return items.map((item) => {
    const fields = fieldsOf(item)
    const salted = saltedParts(fields)
    const value = salted.value ? values[next++] : undefined
    const key = salted.key ? values[next++] : undefined
    return { fields, key, value }
  })
}

/** What of an item stands in the bodies, the value before the key (spec/journal.cddl). */
function saltedParts(fields: ReadonlyMap<number, Data>): { readonly value: boolean; readonly key: boolean } {
  switch (fields.get(0)) {
    case ITEM.delivery:
    case ITEM.migration:
      return { value: false, key: fields.has(2) }
    case ITEM.raised:
      return { value: true, key: fields.has(3) }
    case EFFECT_ITEM.intent: {
      const origin = fields.get(6)
      return { value: true, key: Array.isArray(origin) && origin[0] === 1 && origin.length === 3 }
    }
    case EFFECT_ITEM.planStep:
      return { value: fields.has(4), key: false }
    case EFFECT_ITEM.planEnded:
      return { value: fields.has(5), key: false }
    case EFFECT_ITEM.settled:
      return { value: fields.has(3), key: false }
    default:
      return { value: false, key: false }
  }
}
