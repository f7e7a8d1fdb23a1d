/** Filling the placeholders of a manifest (spec/03-air.md, "Placeholders"). */
import type { Hash, Sha256Port } from '@aos/cbor'
import { BUILTIN_SCHEMA_HASHES } from '../builtin/schemas.ts'
import { isPlaceholder } from '../definitions/hash-field.ts'
import { hashDefinition } from '../definitions/node.ts'
import type { Manifest, NamedRef } from '../model.ts'
import type { ManifestSet } from './scope.ts'

/** A manifest with the definitions whose hashes it is to be given. */
export interface CompleteManifestOptions extends ManifestSet {
  readonly sha256: Sha256Port
}

/**
 * The manifest with the hash of its definition in the place of every placeholder. The modules must have their
 * `wasmHash` by then. A reference to nothing at hand keeps its placeholder, and a hash that is there is kept:
 * `checkManifest` reports both.
 */
export function completeManifest(options: CompleteManifestOptions): Manifest {
  const { manifest, schemas, modules, sha256 } = options
  const fill = (ref: NamedRef, hash: () => Hash | undefined): NamedRef =>
    isPlaceholder(ref.hash) ? { name: ref.name, hash: hash() ?? ref.hash } : ref
  const hashIn = (definitions: ManifestSet['schemas'] | ManifestSet['modules'], name: string): Hash | undefined => {
    const definition = definitions.get(name)
    return definition && hashDefinition(sha256, definition)
  }
  return {
    ...manifest,
    schemas: manifest.schemas.map((ref) =>
      fill(ref, () => BUILTIN_SCHEMA_HASHES.get(ref.name) ?? hashIn(schemas, ref.name)),
    ),
    modules: manifest.modules.map((ref) => fill(ref, () => hashIn(modules, ref.name))),
  }
}
