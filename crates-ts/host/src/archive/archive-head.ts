/** What an archive says of itself first. */
import { decode, encode } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { badArchive } from './archive-form.ts'

/** Of the world as it was at one height. */
export interface ArchiveHead {
  /** The leaf of genesis. */
  readonly world: Uint8Array
  readonly entries: number
  /** Of the last entry. */
  readonly leaf: Uint8Array
  readonly values: number
}

/** As canonical CBOR, for the first frame. */
export function encodeArchiveHead({ world, entries, leaf, values }: ArchiveHead): Uint8Array {
  return encode([world, entries, leaf, values])
}

/** Reads the first frame. Throws `transfer.damaged`. */
export function decodeArchiveHead(bytes: Uint8Array): ArchiveHead {
  const [world, entries, leaf, values, ...more] = listOf(bytes)
  const isForm =
    world instanceof Uint8Array &&
    typeof entries === 'number' &&
    leaf instanceof Uint8Array &&
    typeof values === 'number'
  if (!isForm || more.length > 0 || entries < 1) throw badArchive('its head is not of its form')
  return { world, entries, leaf, values }
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
