/** The key of a person's vaults: 32 bytes, in a file of the key folder or in the environment (spec/25-secrets.md, "The key"). */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AosError, fromHex, toHex } from '@aos/cbor'
import { prepareKeyFolder, refuseOthersAccess } from '../keys/key-folder.ts'
import type { KeyEnvironment } from '../keys/key-folder.ts'

/** Where the key is looked for. */
export interface VaultKeyPlace {
  readonly keyFolder: string
  readonly environment: KeyEnvironment
}

/** A key in memory. It is never exported: what is derived from it is all it is for. */
export interface VaultKey {
  /** Where it came from: the path of the file, or `AOS_VAULT_KEY`. */
  readonly source: string
  /** Tells keys apart, and nothing else. 16 bytes. */
  readonly id: Uint8Array
  /** HKDF-SHA-256. */
  derive(salt: Uint8Array, purpose: string, length: number): Buffer
}

const KEY_FILE = 'vault-key'
const KEY_BYTES = 32
const HEX = /^[0-9a-f]{64}$/

/** undefined when there is none. Throws `vault.bad_key`, `key.permissions`. */
export function readVaultKey({ keyFolder, environment }: VaultKeyPlace): VaultKey | undefined {
  const given = environment.AOS_VAULT_KEY
  if (given !== undefined && given !== '') return makeKey('AOS_VAULT_KEY', given)
  const file = join(keyFolder, KEY_FILE)
  if (!existsSync(file)) return undefined
  refuseOthersAccess(file, 0o600)
  return makeKey(file, readFileSync(file, 'latin1').trim())
}

/** The key that is there, or a new one in a file of mode 0600. */
export function ensureVaultKey(place: VaultKeyPlace): VaultKey {
  const found = readVaultKey(place)
  if (found !== undefined) return found
  prepareKeyFolder(place.keyFolder)
  const file = join(place.keyFolder, KEY_FILE)
  const text = toHex(randomBytes(KEY_BYTES))
  // Of two processes that make one, one must lose: nobody may seal with a key that is not kept.
  writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx', flush: true })
  return makeKey(file, text)
}

function makeKey(source: string, text: string): VaultKey {
  if (!HEX.test(text)) {
    throw new AosError('vault.bad_key', `${source} does not hold a vault key`, {
      hint: 'expected 64 lower-case hexadecimal digits',
    })
  }
  const bytes = fromHex(text)
  const id = createHmac('sha256', bytes).update('aos/vault/key-id/v1').digest().subarray(0, 16)
  return {
    source,
    id,
    derive: (salt, purpose, length) => Buffer.from(hkdfSync('sha256', bytes, salt, purpose, length)),
  }
}
