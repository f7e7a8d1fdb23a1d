/** Reading envelopes out of foreign CBOR (spec/04-abi.md, "Output"). */
import { AosError, ItemCursor, isAosError, readForeign } from '@aos/cbor'
import type { CborErrorCode } from '@aos/cbor'
import { abiError } from './errors.ts'
import type { AbiErrorCode } from './errors.ts'

/** Envelopes themselves nest four deep; what an ignored field may nest is bounded by this. */
const IGNORED_DEPTH_MAX = 64

/** A field name as the bytes that stand after its head, and as text for messages. */
export interface FieldName {
  readonly text: string
  readonly bytes: readonly number[]
}

/** Names as text and as bytes, so that fields are told apart without decoding. ASCII only. */
export function makeFieldNames(...names: readonly string[]): readonly FieldName[] {
  return names.map((text) => ({ text, bytes: Array.from(text, (letter) => letter.charCodeAt(0)) }))
}

/** What a reader needs to tell where it is: the path is built only for an error. */
export class EnvelopeReader {
  readonly cursor: ItemCursor
  readonly path: (string | number)[] = []

  constructor(source: Uint8Array) {
    this.cursor = new ItemCursor(source, 0)
  }

  /** Calls `field` with the index of every known field; the cursor then stands at the field's item. */
  record(names: readonly FieldName[], required: number, field: (index: number) => void): void {
    const { cursor } = this
    this.untag()
    const start = cursor.start
    if (cursor.major !== 5) throw this.error('abi.wrong_type', start, 'expected a map')
    const count = cursor.itemCount(2)
    let seen = 0
    let unknown: Set<string> | undefined
    for (let index = 0; index < count && !(count === Infinity && cursor.atBreak()); index += 1) {
      const keyStart = cursor.offset
      const found = this.fieldIndex(names)
      if (typeof found === 'string') {
        unknown ??= new Set()
        if (unknown.has(found)) throw this.error('abi.duplicate_field', keyStart, `${found} stands twice`)
        unknown.add(found)
        readForeign(cursor, IGNORED_DEPTH_MAX)
        continue
      }
      const name = names[found]?.text ?? ''
      if ((seen & (1 << found)) !== 0) throw this.error('abi.duplicate_field', keyStart, `${name} stands twice`)
      seen |= 1 << found
      this.path.push(name)
      field(found)
      this.path.pop()
    }
    if ((seen & required) === required) return
    const missing = names.filter((_, index) => (required & ~seen & (1 << index)) !== 0)
    throw this.error('abi.missing_field', start, `the field ${missing[0]?.text ?? ''} is missing`)
  }

  /** Calls `item` for every item of an array, or for none when null stands there. */
  list(item: () => void): void {
    const { cursor } = this
    this.untag()
    if (this.nullRead()) return
    if (cursor.major !== 4) throw this.error('abi.wrong_type', cursor.start, 'expected an array')
    const count = cursor.itemCount(1)
    for (let index = 0; index < count && !(count === Infinity && cursor.atBreak()); index += 1) {
      this.path.push(index)
      item()
      this.path.pop()
    }
  }

  text(): string {
    const { offset } = this.cursor
    const text = this.textOrNull()
    if (text === null) throw this.error('abi.wrong_type', offset, 'expected a text')
    return text
  }

  textOrNull(): string | null {
    const { cursor } = this
    const { offset } = cursor
    this.untag()
    if (this.nullRead()) return null
    const text = cursor.major === 3 ? this.readText(offset) : undefined
    if (text === undefined) throw this.error('abi.wrong_type', offset, 'expected a text')
    return text
  }

  bytes(): Uint8Array {
    const { offset } = this.cursor
    const bytes = this.bytesOrNull()
    if (bytes === null) throw this.error('abi.wrong_type', offset, 'expected bytes')
    return bytes
  }

  /** Bytes: a byte string (a view, unless it came in chunks), or an array of integers of 0…255. Or null. */
  bytesOrNull(): Uint8Array | null {
    const { cursor } = this
    const { offset } = cursor
    this.untag()
    if (cursor.major === 2 && !cursor.indefinite) {
      const start = cursor.offset
      cursor.offset = cursor.contentEnd()
      return cursor.source.subarray(start, cursor.offset)
    }
    if (this.nullRead()) return null
    if (cursor.major === 4) return this.byteList()
    if (cursor.major !== 2) throw this.error('abi.wrong_type', offset, 'expected bytes')
    cursor.offset = cursor.start
    return readForeign(cursor, 0) as Uint8Array // the head at `start` is that of a byte string
  }

  /** Refuses bytes after the envelope. */
  end(): void {
    const { cursor } = this
    if (cursor.offset === cursor.source.length) return
    throw this.malformed('cbor.trailing_bytes', cursor.offset)
  }

  /** Runs a decoder and gives what the CBOR layer refuses an `abi.malformed` with the path. */
  run<T>(decoder: () => T): T {
    try {
      const value = decoder()
      this.end()
      return value
    } catch (cause) {
      if (!isAosError(cause) || !cause.code.startsWith('cbor.')) throw cause
      const offset = cause.details?.['offset']
      throw this.malformed(cause.code as CborErrorCode, typeof offset === 'number' ? offset : 0) // the prefix was tested
    }
  }

  error(code: AbiErrorCode, offset: number, message: string): AosError {
    return abiError(code, [...this.path], offset, message)
  }

  private malformed(cause: CborErrorCode, offset: number): AosError {
    const details = { cause, offset }
    return new AosError('abi.malformed', `the bytes are not one CBOR item: ${cause}`, { path: [...this.path], details })
  }

  /** The items of the array whose head was just read. */
  private byteList(): Uint8Array {
    const { cursor } = this
    const bytes: number[] = []
    const count = cursor.itemCount(1)
    while (bytes.length < count && !(count === Infinity && cursor.atBreak())) {
      const { offset } = cursor
      this.untag()
      if (cursor.major !== 0 || cursor.argument > 255) {
        throw this.error('abi.bad_byte', offset, `item ${bytes.length} is not an integer of 0 to 255`)
      }
      bytes.push(Number(cursor.argument))
    }
    return Uint8Array.from(bytes)
  }

  /** The index of the known field whose name comes next, or the name when it is not known. */
  private fieldIndex(names: readonly FieldName[]): number | string {
    const { cursor } = this
    const { offset } = cursor
    this.untag()
    if (cursor.major === 3 && !cursor.indefinite) {
      const end = cursor.contentEnd()
      const length = end - cursor.offset
      for (let index = 0; index < names.length; index += 1) {
        const bytes = names[index]?.bytes ?? []
        if (bytes.length !== length || !this.matches(bytes)) continue
        cursor.offset = end
        return index
      }
    }
    const name = cursor.major === 3 ? this.readText(offset) : undefined
    if (name === undefined) throw this.error('abi.bad_key', offset, 'expected a text as field name')
    const known = names.findIndex((each) => each.text === name)
    return known < 0 ? name : known
  }

  /** The text item at an offset, in whatever form. */
  private readText(offset: number): string | undefined {
    this.cursor.offset = offset
    const value = readForeign(this.cursor, 0)
    return typeof value === 'string' ? value : undefined
  }

  private matches(bytes: readonly number[]): boolean {
    const { source, offset } = this.cursor
    for (let index = 0; index < bytes.length; index += 1) if (source[offset + index] !== bytes[index]) return false
    return true
  }

  /** Reads a head, and drops the tags before it. */
  private untag(): void {
    const { cursor } = this
    do cursor.head()
    while (cursor.major === 6)
  }

  /** True when the head just read is null or undefined. */
  private nullRead(): boolean {
    return this.cursor.major === 7 && (this.cursor.info === 22 || this.cursor.info === 23)
  }
}
