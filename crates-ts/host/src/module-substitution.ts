/** What would have happened with other bytes for a module: for `journal replay --verify --module`. */
import { AosError, hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { ModuleRuntime } from '@aos/kernel'
import { createModuleRuntime } from '@aos/wasm'
import { nodeSha256 } from './sha256.ts'

/** What takes the place of a module. */
export interface Replacement {
  readonly bytes: Uint8Array
  /** The text of its source map, for notes. */
  readonly sourceMap: string | undefined
}

/**
 * The runtime with the bytes of some modules replaced. A replaced module still goes by its recorded hashes, so the first
 * difference is one of behaviour.
 */
export function substituteModules(runtime: ModuleRuntime, other: ReadonlyMap<Hash, Replacement>): ModuleRuntime {
  const maps = new Map([...other.values()].map(({ bytes, sourceMap }) => [hashText(nodeSha256, bytes), sourceMap]))
  const replacements = createModuleRuntime({ sha256: nodeSha256, sourceMap: (wasmHash) => maps.get(wasmHash) })
  return {
    load(module) {
      const recorded = runtime.load(module)
      const bytes = other.get(module.wasmHash)?.bytes
      if (bytes === undefined) return recorded
      const replacement = replacements.load({ ...module, wasmHash: hashText(nodeSha256, bytes), bytes })
      return {
        wasmHash: recorded.wasmHash,
        rewrittenHash: recorded.rewrittenHash,
        rewritten: recorded.rewritten,
        call: (input, fuelLimit) => replacement.call(input, fuelLimit),
      }
    },
  }
}

/**
 * Every wasm hash that a module of this name has had under these manifests. Throws `host.unknown_module` when none of
 * them has such a module.
 */
export function moduleHashes(
  history: readonly { readonly modules: ReadonlyMap<string, { readonly wasmHash: Hash }> }[],
  name: string,
): ReadonlySet<Hash> {
  const hashes = new Set<Hash>()
  const names = new Set<string>()
  for (const { modules } of history) {
    for (const [known, { wasmHash }] of modules) {
      names.add(known)
      if (known === name) hashes.add(wasmHash)
    }
  }
  if (hashes.size > 0) return hashes
  throw new AosError('host.unknown_module', `no manifest of this world has a module ${name}`, {
    hint: names.size === 0 ? 'they have none' : `they have ${[...names].join(', ')}`,
  })
}
