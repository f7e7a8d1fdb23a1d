/** The key of a person's vaults: 32 bytes, in a file of the key folder, in the environment, or told by a command (spec/25-secrets.md, "The key"). */
import { spawnSync } from 'node:child_process'
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
  /** Where it came from: the path of the file, `AOS_VAULT_KEY` or `AOS_VAULT_KEY_COMMAND`. */
  readonly source: string
  /** Tells keys apart, and nothing else. 16 bytes. */
  readonly id: Uint8Array
  /** HKDF-SHA-256. */
  derive(salt: Uint8Array, purpose: string, length: number): Buffer
}

const KEY_FILE = 'vault-key'
const KEY_BYTES = 32
const OUTPUT_BYTES_MAX = 4096
const HEX = /^[0-9a-f]{64}$/

/** undefined when there is none. Throws `vault.bad_key`, `vault.key_command`, `key.permissions`. */
export function readVaultKey({ keyFolder, environment }: VaultKeyPlace): VaultKey | undefined {
  const given = environment.AOS_VAULT_KEY
  if (given !== undefined && given !== '') return makeKey('AOS_VAULT_KEY', given)
  const command = environment.AOS_VAULT_KEY_COMMAND
  if (command !== undefined && command !== '') return makeKey('AOS_VAULT_KEY_COMMAND', askCommand(command))
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

/** What it says on standard error is for the person; what it says on standard output is never shown. */
function askCommand(command: string): string {
  const { error, status, signal, stdout } = spawnSync(command, {
    shell: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'latin1',
    maxBuffer: OUTPUT_BYTES_MAX,
    windowsHide: true,
  })
  if (status === 0) return stdout.trim()
  const why = error?.message ?? (signal === null ? `it ended with ${status}` : `it was ended by ${signal}`)
  throw new AosError('vault.key_command', `the command of AOS_VAULT_KEY_COMMAND told no key: ${why}`, {
    hint: 'run it yourself: it prints 64 lower-case hexadecimal digits, and ends with 0',
  })
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
