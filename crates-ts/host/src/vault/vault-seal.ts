/** A vault as bytes: sealed with AES-256-GCM under a key that is derived anew for every writing (spec/25-secrets.md, "The file"). */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { AosError, equalBytes } from '@aos/cbor'
import type { VaultKey } from './vault-key.ts'

const MAGIC: Buffer = Buffer.from('AOSVAULT\u0001', 'latin1')
const KEY_ID_BYTES = 16
const SALT_BYTES = 32
const HEAD_BYTES: number = MAGIC.length + KEY_ID_BYTES + SALT_BYTES
const TAG_BYTES = 16
const LENGTH_BYTES = 4
/** The size of the file tells the size of what is in it no better than this. */
const PADDED_BYTES = 1024

/** With a salt of its own, so that no key is used for two writings. */
export function sealVault(key: VaultKey, content: Uint8Array): Buffer {
  const salt = randomBytes(SALT_BYTES)
  const head = Buffer.concat([MAGIC, key.id, salt])
  const plain = Buffer.alloc(Math.ceil((LENGTH_BYTES + content.length) / PADDED_BYTES) * PADDED_BYTES)
  plain.writeUInt32BE(content.length)
  plain.set(content, LENGTH_BYTES)
  const cipher = createCipheriv('aes-256-gcm', ...sealingKey(key, salt))
  cipher.setAAD(head)
  const sealed = [head, cipher.update(plain), cipher.final()]
  plain.fill(0)
  return Buffer.concat([...sealed, cipher.getAuthTag()])
}

/** Throws `vault.damaged` for a file that is not as it was written, and `vault.wrong_key` for one that another key sealed. */
export function openSealed(key: VaultKey, file: Uint8Array, path: string): Uint8Array {
  const isForm = file.length >= HEAD_BYTES + TAG_BYTES && equalBytes(file.subarray(0, MAGIC.length), MAGIC)
  if (!isForm) throw damaged(path)
  const head = file.subarray(0, HEAD_BYTES)
  if (!equalBytes(head.subarray(MAGIC.length, MAGIC.length + KEY_ID_BYTES), key.id)) {
    throw new AosError('vault.wrong_key', `the vault ${path} was sealed with another key than that of ${key.source}`, {
      hint: 'set AOS_KEY_DIR to the folder that has the key, or AOS_VAULT_KEY to the key',
    })
  }
  const decipher = createDecipheriv('aes-256-gcm', ...sealingKey(key, head.subarray(MAGIC.length + KEY_ID_BYTES)))
  decipher.setAAD(head)
  decipher.setAuthTag(file.subarray(file.length - TAG_BYTES))
  const plain = decipher.update(file.subarray(HEAD_BYTES, file.length - TAG_BYTES))
  try {
    decipher.final()
  } catch (cause) {
    throw damaged(path, cause)
  }
  if (plain.length < LENGTH_BYTES) throw damaged(path)
  const end = LENGTH_BYTES + plain.readUInt32BE()
  if (end > plain.length || plain.subarray(end).some((byte) => byte !== 0)) throw damaged(path)
  return new Uint8Array(plain.subarray(LENGTH_BYTES, end))
}

/** Key and nonce. */
function sealingKey(key: VaultKey, salt: Uint8Array): [Buffer, Buffer] {
  const derived = key.derive(salt, 'aos/vault/seal/v1', 44)
  return [derived.subarray(0, 32), derived.subarray(32)]
}

/** What stands in the place of a vault that was altered, or is none. */
export function damaged(path: string, cause?: unknown): AosError {
  return new AosError('vault.damaged', `${path} is not a vault as it was written`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'restore the file from a copy, or remove it and set the secrets again',
  })
}
