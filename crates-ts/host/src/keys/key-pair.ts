/** ed25519 key pairs in files: PKCS #8 PEM, or the 32 raw bytes of a seed. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { AosError, sha256 } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'
import { prepareKeyFolder, refuseOthersAccess } from './key-folder.ts'
import { dirname } from 'node:path'

/** A private key in memory. It is never exported; `sign` is all it is for. */
export interface KeyPair {
  readonly file: string
  /** Raw ed25519 public key. */
  readonly publicKey: Uint8Array
  /** SHA-256 of the raw public key. */
  readonly keyId: HashBytes
  sign(message: Uint8Array): Uint8Array
}

/** DER before the raw seed of a PKCS #8 ed25519 key, and before the raw key of an SPKI one. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')
const SEED_BYTES = 32

/** Makes a key with mode 0600 in a folder of mode 0700. The file must not exist. */
export function createKeyFile(file: string): KeyPair {
  prepareKeyFolder(dirname(file))
  return writeKeyFile(file)
}

/** Makes a key with mode 0600 wherever a person wants it; the folder is theirs to guard. Throws `key.exists`, `host.file`. */
export function createKeyAt(file: string): KeyPair {
  if (existsSync(file)) throw new AosError('key.exists', `${file} exists already`, { hint: 'name another file' })
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    return writeKeyFile(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AosError('host.file', `${file} cannot be written: ${reason}`, { cause })
  }
}

function writeKeyFile(file: string): KeyPair {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(file, pem, { mode: 0o600, flag: 'wx' })
  return pairOf(file, privateKey)
}

/** undefined when there is no such file. Throws `key.bad_file` or `key.permissions`. */
export function readKeyFile(file: string): KeyPair | undefined {
  if (!existsSync(file)) return undefined
  refuseOthersAccess(file, 0o600)
  const bytes = readFileSync(file)
  try {
    const key =
      bytes.length === SEED_BYTES
        ? createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, bytes]), format: 'der', type: 'pkcs8' })
        : createPrivateKey({ key: bytes, format: 'pem' })
    if (key.asymmetricKeyType === 'ed25519') return pairOf(file, key)
  } catch {
    // Not one of both forms; said below.
  }
  throw new AosError('key.bad_file', `${file} does not hold an ed25519 private key`, {
    hint: 'expected PKCS #8 PEM or the 32 raw bytes of a seed',
  })
}

/** SHA-256 of the raw public key. */
export function keyIdOf(publicKey: Uint8Array): HashBytes {
  return sha256(nodeSha256, publicKey)
}

/** True when the signature over the message holds. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: 'der', type: 'spki' })
  return verify(null, message, key, signature)
}

function pairOf(file: string, privateKey: KeyObject): KeyPair {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const publicKey = new Uint8Array(spki.subarray(SPKI_HEAD.length))
  return {
    file,
    publicKey,
    keyId: keyIdOf(publicKey),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  }
}
