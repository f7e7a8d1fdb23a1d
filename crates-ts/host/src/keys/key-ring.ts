/** A person's owner key and the host keys of that person's worlds. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { AosError, toHex } from '@aos/cbor'
import { createKeyFile, readKeyFile } from './key-pair.ts'
import type { KeyPair } from './key-pair.ts'
import { prepareKeyFolder } from './key-folder.ts'
import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'

const OWNER_FILE = 'owner.key'
const HOST_FOLDER = 'host'

/** The owner key, made if there is none; says which. */
export function ensureOwnerKey(folder: string): { readonly key: KeyPair; readonly created: boolean } {
  prepareKeyFolder(folder)
  const file = join(folder, OWNER_FILE)
  const found = readKeyFile(file)
  return found === undefined ? { key: createKeyFile(file), created: true } : { key: found, created: false }
}

/** Reads the private key of the owner; it stays in memory. Throws `key.missing`, `key.bad_file`, `key.permissions`. */
export function readOwnerKey(folder: string): KeyPair {
  const key = readKeyFile(join(folder, OWNER_FILE))
  if (key !== undefined) return key
  throw new AosError('key.missing', `there is no owner key in ${folder}`, {
    hint: 'set AOS_KEY_DIR to the folder that has it, or run `aos init` to make one',
  })
}

/** The key of a file, else the owner's. Throws `key.missing`, `key.bad_file`, `key.permissions`. */
export function readKey(folder: string, file: string | undefined): KeyPair {
  if (file === undefined) return readOwnerKey(folder)
  const key = readKeyFile(file)
  if (key !== undefined) return key
  throw new AosError('key.missing', `there is no key in ${file}`, { hint: 'make one with `aos key new FILE`' })
}

/** A new key with which the host of one world signs for its adapters. The file is named by the key's id. */
export function createHostKey(folder: string): KeyPair {
  const hostFolder = join(folder, HOST_FOLDER)
  prepareKeyFolder(folder)
  prepareKeyFolder(hostFolder)
  const unnamed = join(hostFolder, `new-${randomBytes(8).toString('hex')}.key`)
  const made = createKeyFile(unnamed)
  const file = hostKeyFile(folder, made.keyId)
  renameSync(unnamed, file)
  return { ...made, file }
}

/** The host key with this id where `createHostKey` put it; undefined when it is not there. Reads one file, however many there are. */
export function readHostKey(folder: string, keyId: Uint8Array): KeyPair | undefined {
  return readKeyFile(hostKeyFile(folder, keyId))
}

function hostKeyFile(folder: string, keyId: Uint8Array): string {
  return join(folder, HOST_FOLDER, `${toHex(keyId).slice(0, 16)}.key`)
}

/** Every key of the folder: the owner's first, then the host keys by file name. */
export function listKeys(folder: string): readonly { readonly role: 'owner' | 'host'; readonly key: KeyPair }[] {
  const owner = readKeyFile(join(folder, OWNER_FILE))
  const listed: { readonly role: 'owner' | 'host'; readonly key: KeyPair }[] = []
  if (owner !== undefined) listed.push({ role: 'owner', key: owner })
  const hostFolder = join(folder, HOST_FOLDER)
  if (!existsSync(hostFolder)) return listed
  const names = readdirSync(hostFolder).filter((name) => name.endsWith('.key'))
  for (const name of names.toSorted((left, right) => (left < right ? -1 : 1))) {
    const key = readKeyFile(join(hostFolder, name))
    if (key !== undefined) listed.push({ role: 'host', key })
  }
  return listed
}
