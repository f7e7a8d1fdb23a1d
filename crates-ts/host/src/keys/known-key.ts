/** Keys by which signatures are checked: those that a world has registered, and those of the approvers that its manifest names (G2). */
import { decodeDefinition } from '@aos/air'
import { AosError, equalBytes, fromHex, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { HostWorld } from '../host-world.ts'
import { keyIdOf } from './key-pair.ts'

/** The public keys of the approvers of a manifest, by key id in hexadecimal; none when its content is not there. */
export function approverKeys(
  manifest: Hash,
  find: (hash: Hash) => Uint8Array | undefined,
): ReadonlyMap<string, Uint8Array> {
  const bytes = find(manifest)
  const node = bytes === undefined ? undefined : decodeDefinition(bytes)
  if (node?.kind !== 'manifest') return new Map()
  const keys = node.approvers.map(({ key }) => fromHex(key))
  return new Map(keys.map((publicKey) => [toHex(keyIdOf(publicKey)), publicKey]))
}

/**
 * The key that a signature names. The kernel takes signatures as verified, so one that cannot be verified goes no further: throws `host.signature`
 * when nobody of this world has the key.
 */
export function needKnownKey({ kernel, store }: Pick<HostWorld, 'kernel' | 'store'>, keyId: Uint8Array): Uint8Array {
  const registered = kernel.keys.find(({ publicKey }) => equalBytes(keyIdOf(publicKey), keyId))
  if (registered !== undefined) return registered.publicKey
  const { manifestHash } = kernel
  const approvers =
    manifestHash === undefined ? undefined : approverKeys(manifestHash, (hash) => store.content.get(hash))
  const found = approvers?.get(toHex(keyId))
  if (found !== undefined) return found
  throw new AosError('host.signature', `the world knows no key ${toHex(keyId)}`, {
    hint: 'sign with a key that is registered, or that the manifest in force names as an approver',
  })
}
