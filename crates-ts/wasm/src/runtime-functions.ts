/** The functions that the rewriter appends: `__reset`, `__mark`, `__fuel`, `__stack` (spec/05-determinism.md, "Reset"). */
import { ByteWriter } from './byte-writer.ts'
import { CHUNK_ORIGIN, GRANULE_MASK, STRADDLE_BYTES, type ImagePiece } from './dirty-chunks.ts'
import { emitChunkNumber, type InjectedGlobals } from './injected-code.ts'
import { PAGE_BYTES } from './limits.ts'
import type { WasmModule } from './module-model.ts'
import { OP, VALUE_TYPE } from './opcode-table.ts'

const { i32, i64, f64 } = VALUE_TYPE
const EMPTY_TYPE = 0x40

/** Types of the appended functions in their order, mark, reset, fuel, stack: parameters, results. */
export const RUNTIME_TYPES: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[i32, i32], []],
  [[f64, i32], []],
  [[], [f64]],
  [[], [i32]],
]

export interface ResetPlan {
  readonly module: WasmModule
  readonly globals: InjectedGlobals
  readonly capPages: number
  readonly pieces: readonly ImagePiece[]
}

/** `__mark(address, length)`: the range, which lies within the memory, may differ from the initial image. */
export function writeMark(dirty: number): Uint8Array {
  const out = new ByteWriter()
  const [address, length, first] = [0, 1, 2]
  out.op(1, 1, i64)
  out.op(OP.localGet, length, OP.i32Eqz, OP.if, EMPTY_TYPE, OP.return, OP.end)
  out.op(OP.localGet, address)
  emitChunkNumber(out)
  out.op(OP.localSet, first)
  // ((1 << (last - first + 1)) - 1) rotated left by first; at most 60 chunks exist, so the count stays below 64.
  out.op(OP.i64Const, 1)
  out.op(OP.localGet, address, OP.localGet, length, OP.i32Add, OP.i32Const, 1, OP.i32Sub)
  emitChunkNumber(out)
  out.op(OP.localGet, first, OP.i64Sub, OP.i64Const, 1, OP.i64Add, OP.i64Shl, OP.i64Const, 1, OP.i64Sub)
  out.op(OP.localGet, first, OP.i64Rotl)
  out.byte(OP.globalGet).u32(dirty).byte(OP.i64Or).byte(OP.globalSet).u32(dirty)
  return out.byte(OP.end).take()
}

/** `__fuel() -> f64`: exact, because limits are below 2^53. */
export function writeFuel(fuel: number): Uint8Array {
  return new ByteWriter().byte(0).byte(OP.globalGet).u32(fuel).op(OP.f64ConvertI64S, OP.end).take()
}

/** `__stack() -> i32`. */
export function writeStack(stack: number): Uint8Array {
  return new ByteWriter().byte(0).byte(OP.globalGet).u32(stack).byte(OP.end).take()
}

/** `__reset(fuel, stack)`: memory, globals and counters as after instantiation; then the start function runs. */
export function writeReset(plan: ResetPlan): Uint8Array {
  const { module, globals } = plan
  const out = new ByteWriter(1024)
  out.op(2, 1, i64, 4, i32)
  out.byte(OP.globalGet).u32(globals.dirty).op(OP.i64Eqz, OP.i32Eqz, OP.if, EMPTY_TYPE)
  writeClearing(out, plan)
  writeImage(out, plan)
  out.op(OP.i64Const, 0, OP.globalSet).u32(globals.dirty)
  out.byte(OP.end)
  module.globals.forEach(({ mutable, init }, index) => {
    if (mutable) out.raw(init).byte(OP.globalSet).u32(index)
  })
  out
    .byte(OP.i32Const)
    .signed(module.memory?.min ?? 0)
    .byte(OP.globalSet)
    .u32(globals.pages)
  out.op(OP.localGet, 0, OP.i64TruncF64S, OP.globalSet).u32(globals.fuel)
  out.op(OP.localGet, 1, OP.globalSet).u32(globals.stack)
  if (module.start !== undefined) out.byte(OP.call).u32(module.start)
  return out.byte(OP.end).take()
}

/** Zeroes every dirty chunk and the 8 bytes behind it, which a store at its end may have reached. */
function writeClearing(out: ByteWriter, plan: ResetPlan): void {
  const [bits, chunk, shift, start, end] = [2, 3, 4, 5, 6]
  const capBytes = plan.capPages * PAGE_BYTES
  out.byte(OP.globalGet).u32(plan.globals.dirty).op(OP.localSet, bits, OP.loop, EMPTY_TYPE)
  // chunk := (ctz(bits) - origin) & 63; shift := log2 of a quarter of its octave
  out.op(OP.localGet, bits, OP.i64Ctz, OP.i32WrapI64).byte(OP.i32Const).signed(CHUNK_ORIGIN).byte(OP.i32Sub)
  out.byte(OP.i32Const).signed(63).op(OP.i32And, OP.localTee, chunk)
  out.op(OP.i32Const, 2, OP.i32ShrU, OP.i32Const, 7, OP.i32Add, OP.localSet, shift)
  out.op(OP.localGet, chunk, OP.i32Const, 3, OP.i32And, OP.i32Const, 4, OP.i32Add, OP.localTee, chunk)
  // start := (4 + quarter) << shift, down to 1 KiB
  out.op(OP.localGet, shift, OP.i32Shl).byte(OP.i32Const).signed(~GRANULE_MASK).op(OP.i32And, OP.localSet, start)
  // end := min(((5 + quarter) << shift) + 8, cap)
  out.op(OP.localGet, chunk, OP.i32Const, 1, OP.i32Add, OP.localGet, shift, OP.i32Shl)
  out.op(OP.i32Const, STRADDLE_BYTES, OP.i32Add, OP.localTee, end)
  out.byte(OP.i32Const).signed(capBytes).op(OP.localGet, end)
  out.byte(OP.i32Const).signed(capBytes).op(OP.i32LtU, OP.select, OP.localSet, end)
  out.op(OP.localGet, start, OP.i32Const, 0, OP.localGet, end, OP.localGet, start, OP.i32Sub)
  out.op(0xfc, 0x0b, 0x00)
  // bits := bits & (bits - 1)
  out.op(OP.localGet, bits, OP.localGet, bits, OP.i64Const, 1, OP.i64Sub, OP.i64And, OP.localTee, bits)
  out.op(OP.i64Eqz, OP.i32Eqz, OP.brIf, 0, OP.end)
}

/** Writes the pieces of the initial image again whose chunks were cleared. Pieces with one mask share one test. */
function writeImage(out: ByteWriter, plan: ResetPlan): void {
  let open: bigint | undefined
  plan.pieces.forEach(({ offset, bytes, mask }, index) => {
    if (mask !== open) {
      if (open !== undefined) out.byte(OP.end)
      out.byte(OP.globalGet).u32(plan.globals.dirty).byte(OP.i64Const).signed64(mask)
      out.op(OP.i64And, OP.i64Eqz, OP.i32Eqz, OP.if, EMPTY_TYPE)
      open = mask
    }
    out.byte(OP.i32Const).signed(offset).op(OP.i32Const, 0).byte(OP.i32Const).signed(bytes.length)
    out.op(0xfc, 0x08).u32(index).byte(0)
  })
  if (open !== undefined) out.byte(OP.end)
}
