/** The kernel's port to modules: admitted once, pooled, stateless (spec/05-determinism.md, "Calls"). */
import { AosError, hashText, type Hash, type Sha256Port } from '@aos/cbor'
import type { LoadedModule, ModuleRuntime } from '@aos/kernel'
import { callGuest, compileGuest, makeGuest, type Guest } from './guest-call.ts'
import { POOL_MODULES_MAX } from './limits.ts'
import type { Entry } from './module-abi.ts'
import { rewriteModule } from './rewrite-module.ts'

/** What the runtime needs of its surroundings. */
export interface ModuleRuntimePorts {
  readonly sha256: Sha256Port
  /** The text of a module's source map, for notes; asked at the first trap of a module, and at most once. */
  readonly sourceMap?: (wasmHash: Hash) => string | undefined
}

interface PooledModule {
  readonly guest: Guest
  readonly rewrittenHash: Hash
}

/**
 * A runtime with one instance per module, shared by every world of the thread; the module used longest ago leaves when
 * the pool is full. `load` throws AosError `wasm.*`: the refusal, `wasm.missing_export` for the entry, `wasm.hash_mismatch`.
 */
export function createModuleRuntime(ports: ModuleRuntimePorts): ModuleRuntime {
  const pool = new Map<Hash, PooledModule>()
  return {
    load({ wasmHash, bytes, entry }) {
      const pooled = pool.get(wasmHash) ?? admit(ports, wasmHash, bytes)
      // A Map keeps the order of insertion: the first key is the one used longest ago.
      pool.delete(wasmHash)
      pool.set(wasmHash, pooled)
      for (const oldest of pool.keys()) {
        if (pool.size <= POOL_MODULES_MAX) break
        pool.delete(oldest)
      }
      return loaded(wasmHash, pooled, entry)
    },
  }
}

function admit(ports: ModuleRuntimePorts, wasmHash: Hash, bytes: Uint8Array): PooledModule {
  const { sha256 } = ports
  const found = hashText(sha256, bytes)
  if (found !== wasmHash) throw new AosError('wasm.hash_mismatch', `expected a module with ${wasmHash}, found ${found}`)
  const rewritten = rewriteModule(bytes)
  const guest = makeGuest(rewritten, compileGuest(rewritten), () => ports.sourceMap?.(wasmHash))
  return { guest, rewrittenHash: hashText(sha256, rewritten.bytes) }
}

function loaded(wasmHash: Hash, pooled: PooledModule, entry: Entry): LoadedModule {
  const { guest, rewrittenHash } = pooled
  if (guest.rewritten[entry] === undefined) {
    throw new AosError('wasm.missing_export', `expected an export \`${entry}\``)
  }
  return {
    wasmHash,
    rewrittenHash,
    rewritten: guest.rewritten.bytes,
    call: (input, fuelLimit) => callGuest(guest, { entry, input, fuelLimit }),
  }
}
