/** One call of a rewritten module: reset, input, entry point, outcome (spec/05-determinism.md, "Calls"). */
import { AosError } from '@aos/cbor'
import type { CallOutcome, CallResult } from '@aos/kernel'
import { WASM_LIMITS } from './limits.ts'
import type { Convention, Entry } from './module-abi.ts'
import type { RewrittenModule } from './rewrite-module.ts'
import { TrapReporter, type FindSourceMap } from './trap-note.ts'
import { wasmEngine, type CompiledModule } from './web-assembly.ts'

/** The exports of a rewritten module; their types are checked by the rewriter. */
interface GuestExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  alloc(length: number): number
  step?(...operands: readonly number[]): readonly [number, number] | undefined
  run?(...operands: readonly number[]): readonly [number, number] | undefined
  __reset(fuel: number, stack: number): void
  __mark(address: number, length: number): void
  __fuel(): number
  __stack(): number
}

/** An instance. It holds no state that a call could see: every call begins with a reset. */
export interface Guest {
  readonly exports: GuestExports
  /** The whole memory. It never grows, so the view stays valid. */
  readonly memory: Uint8Array
  readonly rewritten: RewrittenModule
  readonly traps: TrapReporter
  /** The view of the last output: calls of one module often leave theirs in one place. */
  output: Uint8Array
}

const EMPTY = new Uint8Array(0)

/** Makes an instance. Throws `wasm.host_fault` when the host cannot. */
export function makeGuest(
  rewritten: RewrittenModule,
  compiled: CompiledModule,
  sourceMap: FindSourceMap = () => undefined,
): Guest {
  try {
    // The rewriter wrote these exports with these types, and the engine validated them.
    const exports = wasmEngine.instantiate(compiled) as unknown as GuestExports
    const traps = new TrapReporter(rewritten, sourceMap)
    return { exports, memory: new Uint8Array(exports.memory.buffer), rewritten, traps, output: EMPTY }
  } catch (error) {
    throw hostFault(error)
  }
}

/** Compiles the rewritten bytes. Throws `wasm.host_fault`: the rewriter has validated them. */
export function compileGuest(rewritten: RewrittenModule): CompiledModule {
  try {
    return wasmEngine.compile(rewritten.bytes)
  } catch (error) {
    throw hostFault(error)
  }
}

/** One call of an admitted guest: its entry point, the input bytes, and the fuel it may use. */
export interface GuestCall {
  readonly entry: Entry
  readonly input: Uint8Array
  readonly fuelLimit: number
}

/** The result, or what was wrong with what the guest returned. */
type Returned = Uint8Array | string

/**
 * Runs one call. The output is a view of the guest's memory, valid until the next call of the same module. Throws
 * `wasm.host_fault` for conditions of the host and `wasm.bad_fuel_limit`.
 */
export function callGuest(guest: Guest, call: GuestCall): CallResult {
  const { exports } = guest
  const { fuelLimit } = call
  if (!Number.isSafeInteger(fuelLimit) || fuelLimit < 0) {
    throw new AosError('wasm.bad_fuel_limit', `expected a whole number of fuel, found ${fuelLimit}`)
  }
  let returned: Returned = EMPTY
  let trap: Error | undefined
  try {
    exports.__reset(fuelLimit, WASM_LIMITS.stackBytes)
    returned = runEntry(guest, call)
  } catch (error) {
    if (!wasmEngine.isTrap(error)) throw hostFault(error)
    trap = error
  }
  const fuel = exports.__fuel()
  if (fuel < 0) return failed('out_of_fuel', fuelLimit, describe(guest, trap, 'out of fuel'))
  if (exports.__stack() < 0) return failed('stack_overflow', fuelLimit, describe(guest, trap, 'stack overflow'))
  if (trap !== undefined) return failed('trap', fuelLimit, describe(guest, trap, trap.message))
  if (typeof returned === 'string') return failed('bad_output', fuelLimit, returned)
  return { outcome: 'ok', fuel: fuelLimit - fuel, output: returned, note: undefined }
}

/** Allocates and writes the input, calls the entry point, finds the output. */
function runEntry(guest: Guest, call: GuestCall): Returned {
  const { exports, memory } = guest
  const { input, entry } = call
  const size = input.length
  const address = exports.alloc(size) >>> 0
  if (address + size > memory.length) return `alloc(${size}) returned ${address}, outside of the memory`
  exports.__mark(address, size)
  memory.set(input, address)
  const convention: Convention | undefined = guest.rewritten[entry]
  const results =
    convention === 'multi_value' ? exports[entry]?.(address, size) : runWithPointer(guest, entry, address, size)
  if (results === undefined) return 'alloc(8) returned an address outside of the memory'
  const at = results[0] >>> 0
  const length = results[1] >>> 0
  if (at + length > memory.length) return `output of ${length} bytes at ${at} lies outside of the memory`
  const { output } = guest
  if (output.byteOffset !== at || output.length !== length) guest.output = memory.subarray(at, at + length)
  return guest.output
}

/** The convention with a return pointer: 8 bytes from a second `alloc`, address and length little-endian. */
function runWithPointer(
  guest: Guest,
  entry: Entry,
  address: number,
  size: number,
): readonly [number, number] | undefined {
  const { exports, memory } = guest
  const pointer = exports.alloc(8) >>> 0
  if (pointer + 8 > memory.length) return undefined
  exports[entry]?.(pointer, address, size)
  return [word(memory, pointer), word(memory, pointer + 4)]
}

function word(memory: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [memory[at], memory[at + 1], memory[at + 2], memory[at + 3]]
  return a | (b << 8) | (c << 16) | (d << 24)
}

function failed(outcome: CallOutcome, fuel: number, note: string | undefined): CallResult {
  return { outcome, fuel, output: EMPTY, note }
}

function describe(guest: Guest, trap: Error | undefined, what: string): string | undefined {
  return trap === undefined ? undefined : guest.traps.describe(what, trap, guest.memory)
}

function hostFault(cause: unknown): AosError {
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return new AosError('wasm.host_fault', `the host could not finish the call: ${what.slice(0, 200)}`, { cause })
}
