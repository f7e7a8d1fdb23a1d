/** What is signed (spec/06-kernel.md, "Signatures"): a purpose line and the hash of a canonical statement. */
import { HASH_BYTES, encodeInto, hashWrittenInto, sha256 } from '@aos/cbor'
import type { CborWriter, Data, HashBytes, Sha256Port } from '@aos/cbor'

/** SHA-256 of the raw public key. */
export type SigningKeyId = HashBytes

/** Why something is signed. A signature for one purpose is never valid for another. */
export type SigningPurpose = 'receipt' | 'receipt-root' | 'approval' | 'gov-approval' | 'key' | 'request' | 'checkpoint'

/** What a signed request says: the command is bound by its hash, so the statement is small and can be shown alone. */
export interface RequestStatement {
  readonly world: string
  readonly command_hash: HashBytes
  readonly [field: string]: Data
}

/**
 * The bytes that the key signs: `aos/<purpose>/v1`, a line feed, and the 32 raw bytes of SHA-256 over the canonical
 * statement without the prefix. Throws `cbor.*` when the statement cannot be encoded.
 */
export function signingBytes(sha256Port: Sha256Port, purpose: SigningPurpose, statement: Data): Uint8Array {
  return signingBytesOf(sha256Port, purpose, (writer) => {
    encodeInto(writer, statement)
  })
}

/** The same for a statement that `write` writes in canonical form. */
export function signingBytesOf(
  sha256Port: Sha256Port,
  purpose: SigningPurpose,
  write: (writer: CborWriter) => void,
): Uint8Array {
  const label = `aos/${purpose}/v1\n`
  const message = new Uint8Array(label.length + HASH_BYTES)
  for (let at = 0; at < label.length; at += 1) message[at] = label.charCodeAt(at)
  hashWrittenInto(sha256Port, write, message, label.length)
  return message
}

/** The statement of a request: the world it is meant for, and the hash of the command's exact bytes. */
export function makeRequestStatement(
  sha256Port: Sha256Port,
  request: { readonly world: string; readonly command: Uint8Array },
): RequestStatement {
  return { world: request.world, command_hash: sha256(sha256Port, request.command) }
}
