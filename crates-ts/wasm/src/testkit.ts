/** Oracles for tests (spec/05-determinism.md, "Proof"). Slow: every call makes an instance. */
import type { CallResult } from '@aos/kernel'
import { callGuest, compileGuest, makeGuest, type GuestCall } from './guest-call.ts'
import type { Convention } from './module-abi.ts'
import { rewriteModule, type RewrittenModule } from './rewrite-module.ts'
import { wasmEngine, type CompiledModule } from './web-assembly.ts'

/** A module of which every call gets an instance of its own. */
export interface FreshModule {
  readonly rewritten: RewrittenModule
  readonly compiled: CompiledModule
}

/** Throws AosError `wasm.*` like `ModuleRuntime.load`. */
export function makeFresh(bytes: Uint8Array): FreshModule {
  const rewritten = rewriteModule(bytes)
  return { rewritten, compiled: compileGuest(rewritten) }
}

/** The oracle for the pool: the same rewritten bytes in a new instance. Outcome, output and fuel must be equal. */
export function callFresh(fresh: FreshModule, call: GuestCall): CallResult {
  return callGuest(makeGuest(fresh.rewritten, fresh.compiled), call)
}

/** The bytes as they were given, compiled once for many calls. */
export interface OriginalModule {
  readonly rewritten: RewrittenModule
  readonly compiled: CompiledModule
}

/** Throws AosError `wasm.*` when the module is refused. Who has the rewritten module already, gives it. */
export function makeOriginal(bytes: Uint8Array, rewritten: RewrittenModule = rewriteModule(bytes)): OriginalModule {
  return { rewritten, compiled: wasmEngine.compile(bytes) }
}

/**
 * The oracle for the rewriter: the *original* bytes in a new instance, without fuel or any other bound. For a module
 * without floats that ends `ok`, the output must be equal. Returns undefined when it traps or its output is bad.
 */
export function callOriginal(
  module: Uint8Array | OriginalModule,
  call: Omit<GuestCall, 'fuelLimit'>,
): Uint8Array | undefined {
  const { rewritten, compiled } = module instanceof Uint8Array ? makeOriginal(module) : module
  try {
    // The exports and types are those of the rewritten module, which was checked.
    const exports = wasmEngine.instantiate(compiled) as unknown as OriginalExports
    return runOriginal(exports, rewritten, call)
  } catch (error) {
    if (!wasmEngine.isTrap(error)) throw error
    return undefined
  }
}

interface OriginalExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  alloc(length: number): number
  step(...operands: readonly number[]): readonly [number, number]
  run(...operands: readonly number[]): readonly [number, number]
}

function runOriginal(
  exports: OriginalExports,
  rewritten: RewrittenModule,
  call: Omit<GuestCall, 'fuelLimit'>,
): Uint8Array | undefined {
  const { input, entry } = call
  const convention: Convention | undefined = rewritten[entry]
  const address = exports.alloc(input.length) >>> 0
  const inMemory = (at: number, length: number): boolean => at + length <= exports.memory.buffer.byteLength
  if (!inMemory(address, input.length)) return undefined
  new Uint8Array(exports.memory.buffer).set(input, address)
  let place: readonly [number, number]
  if (convention === 'multi_value') {
    place = exports[entry](address, input.length)
  } else {
    const pointer = exports.alloc(8) >>> 0
    if (!inMemory(pointer, 8)) return undefined
    exports[entry](pointer, address, input.length)
    const view = new DataView(exports.memory.buffer)
    place = [view.getUint32(pointer, true), view.getUint32(pointer + 4, true)]
  }
  const [at, length] = [place[0] >>> 0, place[1] >>> 0]
  // The range is held to the cap, as in a call of the rewritten module; what lies behind this memory was never written there.
  if (at + length > rewritten.memoryBytes) return undefined
  const output = new Uint8Array(length)
  const { buffer } = exports.memory
  const there = Math.max(0, Math.min(length, buffer.byteLength - at))
  if (there > 0) output.set(new Uint8Array(buffer, at, there))
  return output
}
