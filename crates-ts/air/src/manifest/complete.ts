/** Filling the placeholders of a manifest (spec/03-air.md, "Placeholders"). */
import type { Hash, Sha256Port } from '@aos/cbor'
import { builtinHash } from '../builtin/catalog.ts'
import { isPlaceholder } from '../definitions/hash-field.ts'
import { hashDefinition } from '../definitions/node.ts'
import type { ReferenceSection } from '../definitions/parse-manifest.ts'
import type { Definition, Manifest, NamedRef } from '../model.ts'
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
  const { manifest, sha256 } = options
  const fill = (section: ReferenceSection): readonly NamedRef[] =>
    manifest[section].map((ref) => {
      if (!isPlaceholder(ref.hash)) return ref
      const definition: Definition | undefined = options[section]?.get(ref.name)
      const own = (): Hash | undefined => definition && hashDefinition(sha256, definition)
      const builtin = (): Hash | undefined => builtinHash(sha256, section, ref.name)
      // A built-in module that is at hand may have other bytes than the one of this program.
      const hash = section === 'modules' ? (own() ?? builtin()) : (builtin() ?? own())
      return { name: ref.name, hash: hash ?? ref.hash }
    })
  return {
    ...manifest,
    schemas: fill('schemas'),
    modules: fill('modules'),
    plans: fill('plans'),
    effects: fill('effects'),
    caps: fill('caps'),
    policies: fill('policies'),
    secrets: fill('secrets'),
  }
}
