/** A recorded entry beside its derivation: which parts are the same bytes, and what is known of them. */
import type { CborWriter } from '@aos/cbor'
import { HASH_BYTES } from '@aos/cbor'
import type { PartDigests } from './api.ts'
import { HEADER_AT } from './entry-reader.ts'
import type { EntryView } from './entry-reader.ts'

/** Places of digests in PartDigests. */
export const DIGEST: Readonly<Record<'entropy' | 'value' | 'ingress' | 'derived' | 'leaf', number>> = {
  entropy: 0,
  value: HASH_BYTES,
  ingress: 2 * HASH_BYTES,
  derived: 3 * HASH_BYTES,
  leaf: 4 * HASH_BYTES,
}
const DIGESTS_BYTES = 5 * HASH_BYTES

export class RecordedEntry {
  readonly entry: Uint8Array
  readonly #view: EntryView
  readonly #bytes: DataView
  /** Only those of exactly the parts that the view has. */
  readonly digests: PartDigests | undefined

  constructor(bytes: Uint8Array, view: EntryView, digests: PartDigests | undefined) {
    this.entry = bytes
    this.#view = view
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.digests = digests !== undefined && isOf(digests, view) ? digests : undefined
  }

  /** What is known of the value of an ingress; that of a value that was not taken from this entry is not. */
  digestsOfValue(value: Uint8Array): PartDigests | undefined {
    return value === this.#view.value ? this.digests : undefined
  }

  isHeader(writer: CborWriter, start: number, end: number): boolean {
    const { ingressAt } = this.#view
    return end - start === ingressAt - HEADER_AT && writer.matches(start, end, this.#bytes, HEADER_AT)
  }

  isIngress(writer: CborWriter, start: number, end: number): boolean {
    const { ingressAt, derivedAt } = this.#view
    return end - start === derivedAt - ingressAt && writer.matches(start, end, this.#bytes, ingressAt)
  }

  isDerived(writer: CborWriter, start: number, end: number): boolean {
    const { derivedAt, bodiesAt } = this.#view
    return end - start === bodiesAt - derivedAt && writer.matches(start, end, this.#bytes, derivedAt)
  }

  /** From `start` to the end of the content. */
  isBodies(writer: CborWriter, start: number): boolean {
    const { bodiesAt } = this.#view
    const end = writer.length
    return end - start === this.#bytes.byteLength - bodiesAt && writer.matches(start, end, this.#bytes, bodiesAt)
  }
}

function isOf(digests: PartDigests, view: EntryView): boolean {
  return (
    digests.ingressAt === view.ingressAt &&
    digests.derivedAt === view.derivedAt &&
    digests.bodiesAt === view.bodiesAt &&
    digests.at + DIGESTS_BYTES <= digests.bytes.length
  )
}
