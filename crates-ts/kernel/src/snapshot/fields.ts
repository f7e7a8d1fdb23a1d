/** Reading the arrays that records of a snapshot are (spec/16-snapshots.md, "Records"). */
import { HASH_BYTES, decode, formatHash, isAosError } from '@aos/cbor'
import type { AosError, Data, Hash } from '@aos/cbor'
import { kernelError } from '../errors.ts'

/** The fields of one record, taken in their order. Everything throws `kernel.bad_snapshot`. */
export class Fields {
  readonly #items: readonly Data[]
  #at = 0

  constructor(items: readonly Data[]) {
    this.#items = items
  }

  /** Strictly canonical bytes of an array. */
  static of(bytes: Uint8Array): Fields {
    let data: Data
    try {
      data = decode(bytes, { prefix: 'absent' })
    } catch (error) {
      if (!isAosError(error)) throw error
      throw kernelError('kernel.bad_snapshot', `a record is not canonical: ${error.message}`, { cause: error })
    }
    if (!isList(data)) throw badRecord('it is no array')
    return new Fields(data)
  }

  /** Whether a field is left. */
  get isLeft(): boolean {
    return this.#at < this.#items.length
  }

  /** Throws when a field is left that nobody has read. */
  end(): void {
    if (this.isLeft) throw badRecord(`${this.#items.length} fields are too many`)
  }

  bytes(): Uint8Array {
    const item = this.#next()
    if (item instanceof Uint8Array) return item
    throw this.#bad('bytes')
  }

  hash(): Hash {
    const bytes = this.bytes()
    if (bytes.length === HASH_BYTES) return formatHash(bytes)
    throw this.#bad('a hash')
  }

  text(): string {
    const item = this.#next()
    if (typeof item === 'string') return item
    throw this.#bad('a text')
  }

  bool(): boolean {
    const item = this.#next()
    if (typeof item === 'boolean') return item
    throw this.#bad('a bool')
  }

  /** A count or a height. */
  count(): number {
    const item = this.#next()
    if (typeof item === 'number' && Number.isSafeInteger(item) && item >= 0) return item
    throw this.#bad('a count')
  }

  uint(): bigint {
    const item = this.#next()
    if ((typeof item === 'number' && Number.isInteger(item)) || typeof item === 'bigint') {
      if (item >= 0) return BigInt(item)
    }
    throw this.#bad('a whole number')
  }

  /** One of a list, by its position. */
  oneOf<T>(values: readonly T[]): T {
    const value = values[this.count()]
    if (value === undefined) throw this.#bad('a known number')
    return value
  }

  /** undefined for null. */
  optional<T>(read: (fields: Fields) => T): T | undefined {
    if (this.#items[this.#at] !== null) return read(this)
    this.#at += 1
    return undefined
  }

  /** An array of its own. */
  list(): Fields {
    const item = this.#next()
    if (isList(item)) return new Fields(item)
    throw this.#bad('an array')
  }

  /** The parts of an array, each read in turn. */
  each<T>(read: (fields: Fields) => T): readonly T[] {
    const inner = this.list()
    const parts: T[] = []
    while (inner.isLeft) parts.push(read(inner))
    return parts
  }

  #next(): Data {
    const item = this.#items[this.#at]
    if (item === undefined) throw badRecord(`it has only ${this.#items.length} fields`)
    this.#at += 1
    return item
  }

  #bad(expected: string): AosError {
    return badRecord(`expected ${expected} as field ${this.#at - 1}`)
  }
}

function isList(data: Data): data is readonly Data[] {
  return Array.isArray(data)
}

/** What does not follow the form. */
export function badRecord(what: string): AosError {
  return kernelError('kernel.bad_snapshot', `a record is not in its form: ${what}`)
}
