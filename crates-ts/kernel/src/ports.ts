/** What the kernel asks of its surroundings (spec/06-kernel.md, "Ports"). Everything here is synchronous. */
import type { Hash, Sha256Port } from '@aos/cbor'
import type { ModuleProfile } from './engine.ts'

/** How one call of a module ended. Never a host message: it stands in the journal. */
export type CallOutcome = 'ok' | 'out_of_fuel' | 'stack_overflow' | 'trap' | 'bad_output'

/** What one call of a module came to: outcome, cost and output, and nothing of the host. */
export interface CallResult {
  readonly outcome: CallOutcome
  /** Fuel charged: what was used when `ok`, else the whole limit that was given. */
  readonly fuel: number
  /** The output when `ok`, else empty. A view that is valid until the next call of any module. */
  readonly output: Uint8Array
  /** For people only (function names of a trap); never journaled. */
  readonly note: string | undefined
}

/** An admitted module, ready to be called. Stateless between calls. */
export interface LoadedModule {
  readonly wasmHash: Hash
  /** SHA-256 of the bytes that really run. */
  readonly rewrittenHash: Hash
  readonly rewritten: Uint8Array
  /**
   * Writes `input`, runs the module's entry point, returns its output. Never throws for anything the module does; a
   * host condition (RangeError, out of memory) is thrown as AosError `wasm.host_fault`.
   */
  call(input: Uint8Array, fuelLimit: number): CallResult
}

/** Where modules are admitted and run (spec/06-kernel.md, "Ports"). */
export interface ModuleRuntime {
  /** Admits or refuses (AosError `wasm.*`). Cached by hash. `entry` is the export the module kind needs. */
  load(module: { readonly wasmHash: Hash; readonly bytes: Uint8Array; readonly entry: 'step' | 'run' }): LoadedModule
}

/** Content by hash. A miss of something reachable is a fault: AosError `store.missing_blob`. */
export interface ContentGetter {
  get(hash: Hash): Uint8Array
  /** As `get`, in memory that the next call may write to. Absent: `get` has to do. */
  view?(hash: Hash): Uint8Array
  /** Absent: what a replay makes is kept until it is released, whether it is there or not. */
  has?(hash: Hash): boolean
}

/** All that a kernel is given of the world outside; with the same ports and entries it comes to the same state. */
export interface KernelPorts {
  readonly sha256: Sha256Port
  /** Versions and bounds of the module runtime; part of the engine digest. */
  readonly profile: ModuleProfile
  readonly modules: ModuleRuntime
  readonly content: ContentGetter
}
