/** What an archive says of itself first. */
import { decode, encode } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { ARCHIVE_FORM, badArchive } from './archive-form.ts'
import type { ArchiveForm, Frame } from './archive-form.ts'

/** Of the world as it was at one height. */
export interface ArchiveHead {
  /** The leaf of genesis. */
  readonly world: Uint8Array
  readonly entries: number
  /** Of the last entry. */
  readonly leaf: Uint8Array
  readonly values: number
  /** Entries below this height may have only their headers; 0 when all are whole. */
  readonly firstWhole: number
}

/** What a file with this head is. */
export function formOf({ firstWhole }: Pick<ArchiveHead, 'firstWhole'>): ArchiveForm {
  return firstWhole === 0 ? ARCHIVE_FORM.whole : ARCHIVE_FORM.compacted
}

/** As canonical CBOR, for the first frame. */
export function encodeArchiveHead({ world, entries, leaf, values, firstWhole }: ArchiveHead): Uint8Array {
  return encode(firstWhole === 0 ? [world, entries, leaf, values] : [world, entries, leaf, values, firstWhole])
}

/** Reads the first frame. Throws `transfer.damaged`. */
export function decodeArchiveHead({ bytes, form }: Pick<Frame, 'bytes' | 'form'>): ArchiveHead {
  const [world, entries, leaf, values, ...more] = listOf(bytes)
  const isForm =
    world instanceof Uint8Array &&
    typeof entries === 'number' &&
    leaf instanceof Uint8Array &&
    typeof values === 'number'
  if (!isForm || entries < 1) throw badArchive('its head is not of its form')
  const [firstWhole = 0] = more
  const isCut = more.length === 1 && typeof firstWhole === 'number' && firstWhole > 0 && firstWhole <= entries
  if (form === ARCHIVE_FORM.whole ? more.length > 0 : !isCut) throw badArchive('its head is not of its form')
  return { world, entries, leaf, values, firstWhole: Number(firstWhole) }
}

function listOf(bytes: Uint8Array): readonly Data[] {
  let data: Data
  try {
    data = decode(bytes, { prefix: 'absent' })
  } catch (cause) {
    throw badArchive('its head is not of its form', cause)
  }
  return Array.isArray(data) ? (data as readonly Data[]) : [] // Array.isArray does not narrow it
}
