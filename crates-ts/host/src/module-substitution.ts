/** What would have happened with other bytes for a module: for `journal replay --verify --module`. */
import { AosError, hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { ModuleRuntime } from '@aos/kernel'
import { nodeSha256 } from './sha256.ts'

/**
 * The runtime with the bytes of some modules replaced. A replaced module still goes by its recorded hashes, so the first
 * difference is one of behaviour.
 */
export function substituteModules(runtime: ModuleRuntime, other: ReadonlyMap<Hash, Uint8Array>): ModuleRuntime {
  return {
    load(module) {
      const recorded = runtime.load(module)
      const bytes = other.get(module.wasmHash)
      if (bytes === undefined) return recorded
      const replacement = runtime.load({ ...module, wasmHash: hashText(nodeSha256, bytes), bytes })
      return {
        wasmHash: recorded.wasmHash,
        rewrittenHash: recorded.rewrittenHash,
        rewritten: recorded.rewritten,
        call: (input, fuelLimit) => replacement.call(input, fuelLimit),
      }
    },
  }
}

/** The wasm hash that a module of these names has. Throws `host.unknown_module`. */
export function needModuleHash(modules: ReadonlyMap<string, { readonly wasmHash: Hash }>, name: string): Hash {
  const module = modules.get(name)
  if (module !== undefined) return module.wasmHash
  throw new AosError('host.unknown_module', `the manifest has no module ${name}`, {
    hint: modules.size === 0 ? 'it has none' : `it has ${[...modules.keys()].join(', ')}`,
  })
}
