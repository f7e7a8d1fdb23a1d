/** Signatures as they stand in ingress (spec/journal.cddl, "K5"). */
import type { CborReader, CborWriter, HashBytes } from '@aos/cbor'
import type { BatchPlace } from '@aos/effects'
import { kernelError } from './errors.ts'
import type { VerifiedSignature } from './ingress.ts'

/** A signature of its own has three fields, one over a batch six. */
export function writeAuth(writer: CborWriter, auth: readonly VerifiedSignature[]): void {
  writer.array(auth.length)
  for (const { keyId, signature, place } of auth) {
    writer.map(place === undefined ? 3 : 6)
    writer.uint(0)
    writer.bytes(keyId)
    writer.uint(1)
    writer.uint(place === undefined ? 0 : 1)
    writer.uint(2)
    writer.bytes(signature)
    if (place === undefined) continue
    writer.uint(3)
    writer.uint(place.index)
    writer.uint(4)
    writer.uint(place.size)
    writer.uint(5)
    writer.array(place.path.length)
    for (const hash of place.path) writer.bytes(hash)
  }
}

/** Throws `kernel.bad_entry`, `cbor.*`. */
export function readAuth(reader: CborReader): readonly VerifiedSignature[] {
  const auth: VerifiedSignature[] = []
  for (let left = reader.array(); left > 0; left -= 1) {
    const fields = reader.map()
    expectField(reader, 0)
    const keyId = reader.bytes()
    expectField(reader, 1)
    const form = Number(reader.uint())
    if (fields !== (form === SINGLE ? 3 : 6) || form > BATCH) throw badEntry('expected a single or a batch signature')
    expectField(reader, 2)
    const signature = reader.bytes()
    auth.push(form === SINGLE ? { keyId, signature } : { keyId, signature, place: readPlace(reader) })
  }
  return auth
}

const SINGLE = 0
const BATCH = 1

function readPlace(reader: CborReader): BatchPlace {
  expectField(reader, 3)
  const index = Number(reader.uint())
  expectField(reader, 4)
  const size = Number(reader.uint())
  expectField(reader, 5)
  return { index, size, path: readHashes(reader) }
}

/** A list of hashes. */
export function readHashes(reader: CborReader): readonly HashBytes[] {
  const hashes: HashBytes[] = []
  for (let left = reader.array(); left > 0; left -= 1) hashes.push(reader.bytes())
  return hashes
}

/** The next key of a map. Throws `kernel.bad_entry` for another. */
export function expectField(reader: CborReader, number: number): void {
  const found = reader.uint()
  if (found !== number) throw badEntry(`expected field ${number}, found ${found}`)
}

function badEntry(message: string): ReturnType<typeof kernelError> {
  return kernelError('kernel.bad_entry', message)
}
