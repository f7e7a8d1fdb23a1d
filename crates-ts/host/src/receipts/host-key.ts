/** The key with which this host signs for its adapters (G2). */
import { AosError, equalBytes } from '@aos/cbor'
import type { KeyReport } from '@aos/kernel'
import { keyIdOf } from '../keys/key-pair.ts'
import type { KeyPair } from '../keys/key-pair.ts'
import { listKeys, readHostKey } from '../keys/key-ring.ts'

/** A key of the folder that the world has as a host key. Throws `key.missing`. */
export function findHostKey(keyFolder: string, keys: readonly KeyReport[]): KeyPair {
  const registered = keys.filter(({ role, revoked }) => role === 'host' && revoked === undefined)
  for (const { publicKey } of registered) {
    const key = readHostKey(keyFolder, keyIdOf(publicKey))
    if (key !== undefined && equalBytes(publicKey, key.publicKey)) return key
  }
  // It may have been given another name.
  for (const { key } of listKeys(keyFolder)) {
    if (registered.some(({ publicKey }) => equalBytes(publicKey, key.publicKey))) return key
  }
  throw new AosError('key.missing', `no host key of this world is in ${keyFolder}, so no receipt can be signed`, {
    hint: 'set AOS_KEY_DIR to the folder that has it, or register another with `aos key register --role host`',
  })
}
