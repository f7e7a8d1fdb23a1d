/** Runs the reference of a sample: every call in a new instance, by the steps of spec/05-determinism.md, "Calls". */
import type { Convention } from '../../src/index.ts'
import { DEPTH_MAX } from './reference-module.ts'
import { wasmEngine, type CompiledModule } from '../../src/web-assembly.ts'

export interface ReferenceCall {
  readonly entry: 'step' | 'run'
  readonly convention: Convention
  readonly input: Uint8Array
  /** Above the limit of the call that is compared, so that the reference reaches what that call reached. */
  readonly limit: number
}

export interface ReferenceResult {
  /** `unfinished`: more than the limit, or deeper than any call that is `ok`. */
  readonly outcome: 'ok' | 'bad_output' | 'trap' | 'unfinished'
  readonly output: Uint8Array
  /** The weights of all instructions that were executed. */
  readonly spent: number
  /** Calls that were open at once. */
  readonly deepest: number
  readonly memory: Uint8Array
}

interface Counter<T> {
  value: T
}

interface ReferenceExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly spent: Counter<bigint>
  readonly limit: Counter<bigint>
  readonly deepest: Counter<number>
  start?(): void
  alloc(length: number): number
  step(...operands: readonly number[]): readonly [number, number]
  run(...operands: readonly number[]): readonly [number, number]
}

const EMPTY = new Uint8Array(0)

export function callReference(compiled: CompiledModule, call: ReferenceCall): ReferenceResult {
  // The generator wrote these exports with these types, and the engine validated them.
  const exports = wasmEngine.instantiate(compiled) as unknown as ReferenceExports
  const memory = new Uint8Array(exports.memory.buffer)
  exports.limit.value = BigInt(call.limit)
  let output: Uint8Array | undefined
  let ended: 'returned' | 'trap' | 'exhausted' = 'returned'
  try {
    output = run(exports, memory, call)
  } catch (error) {
    if (!wasmEngine.isTrap(error) && !(error instanceof RangeError)) throw error
    ended = error instanceof RangeError ? 'exhausted' : 'trap'
  }
  const spent = Number(exports.spent.value)
  const deepest = exports.deepest.value
  const rest = { spent, deepest, memory, output: output?.slice() ?? EMPTY }
  if (spent > call.limit || ended === 'exhausted' || deepest > DEPTH_MAX) return { outcome: 'unfinished', ...rest }
  if (ended === 'trap') return { outcome: 'trap', ...rest }
  return { outcome: output === undefined ? 'bad_output' : 'ok', ...rest }
}

/** The output, or undefined when an address is bad. */
function run(exports: ReferenceExports, memory: Uint8Array, call: ReferenceCall): Uint8Array | undefined {
  const { input, entry } = call
  const view = new DataView(memory.buffer)
  const within = (at: number, length: number): boolean => at + length <= memory.length
  exports.start?.()
  const address = exports.alloc(input.length) >>> 0
  if (!within(address, input.length)) return undefined
  memory.set(input, address)
  let place: readonly [number, number]
  if (call.convention === 'multi_value') place = exports[entry](address, input.length)
  else {
    const pointer = exports.alloc(8) >>> 0
    if (!within(pointer, 8)) return undefined
    exports[entry](pointer, address, input.length)
    place = [view.getInt32(pointer, true), view.getInt32(pointer + 4, true)]
  }
  const [at, length] = [place[0] >>> 0, place[1] >>> 0]
  return within(at, length) ? memory.subarray(at, at + length) : undefined
}
