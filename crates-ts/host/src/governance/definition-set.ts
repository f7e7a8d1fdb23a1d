/** The definitions of a manifest, as patches take them, from a world that may be held by another process. */
import { definitionsOf, makeDefinitionSet } from '@aos/air'
import type { DefinitionSet } from '@aos/air'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { SigningWorld } from '../daemon/signing-world.ts'
import { loadDefinitions, loadManifest } from '../definitions.ts'

/** Everything that the manifest lists, built-in definitions included. Throws `store.missing_blob`. */
export async function readDefinitionSet(world: SigningWorld, manifestHash: Hash): Promise<DefinitionSet> {
  const known = new Map<Hash, Uint8Array>()
  const fetch = async (hash: Hash): Promise<void> => {
    const bytes = known.has(hash) ? undefined : await world.get(hash)
    if (bytes !== undefined) known.set(hash, bytes)
  }
  const read = (hash: Hash): Uint8Array => {
    const bytes = known.get(hash)
    if (bytes !== undefined) return bytes
    throw new AosError('store.missing_blob', `the store lacks ${hash}`, { details: { hash } })
  }
  await fetch(manifestHash)
  const manifest = loadManifest(manifestHash, read)
  const { schemas, modules, plans, effects, caps, policies, secrets } = manifest
  // What is built in need not be content.
  for (const { hash } of [schemas, modules, plans, effects, caps, policies, secrets].flat()) await fetch(hash)
  const definitions = loadDefinitions(manifestHash, read)
  return makeDefinitionSet(definitions.manifest, definitionsOf(definitions))
}
