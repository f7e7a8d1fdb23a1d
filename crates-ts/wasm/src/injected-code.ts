/** The instruction sequences that the rewriter adds (spec/05-determinism.md). Each is neutral to the operand stack. */
import type { ByteWriter } from './byte-writer.ts'
import { CHUNK_SHIFT, GRANULE_MASK } from './dirty-chunks.ts'
import { OP } from './opcode-table.ts'

/** Indexes of the globals that the rewriter appends. */
export interface InjectedGlobals {
  /** i64: fuel left. */
  readonly fuel: number
  /** i32: bytes of stack left. */
  readonly stack: number
  /** i64: one bit for every chunk of memory that may differ from the initial image. */
  readonly dirty: number
  /** i32: what `memory.size` answers. */
  readonly pages: number
}

/** Where a function keeps its fuel: the global, or a local that is spilled around calls, exits and traps. */
export interface FuelPlace {
  readonly global: number
  readonly local: number | undefined
}

const EMPTY_TYPE = 0x40

/** Takes `amount` of fuel. */
export function emitCharge(out: ByteWriter, place: FuelPlace, amount: number): void {
  emitFuelGet(out, place)
  out.byte(OP.i64Const).signed(amount).byte(OP.i64Sub)
  emitFuelSet(out, place)
}

/** Ends the call when fuel is negative. */
export function emitFuelCheck(out: ByteWriter, place: FuelPlace): void {
  emitFuelGet(out, place)
  out.op(OP.i64Const, 0, OP.i64LtS, OP.if, EMPTY_TYPE)
  emitSpill(out, place)
  out.op(OP.unreachable, OP.end)
}

function emitFuelGet(out: ByteWriter, place: FuelPlace): void {
  if (place.local === undefined) out.byte(OP.globalGet).u32(place.global)
  else out.byte(OP.localGet).u32(place.local)
}

/** Sets the fuel to the i64 on the operand stack. */
export function emitFuelSet(out: ByteWriter, place: FuelPlace): void {
  if (place.local === undefined) out.byte(OP.globalSet).u32(place.global)
  else out.byte(OP.localSet).u32(place.local)
}

/** Local to global; nothing when the function has no local for it. */
export function emitSpill(out: ByteWriter, place: FuelPlace): void {
  if (place.local !== undefined) out.byte(OP.localGet).u32(place.local).byte(OP.globalSet).u32(place.global)
}

/** Global to local; nothing when the function has no local for it. */
export function emitReload(out: ByteWriter, place: FuelPlace): void {
  if (place.local !== undefined) out.byte(OP.globalGet).u32(place.global).byte(OP.localSet).u32(place.local)
}

/** Takes one frame off the stack budget and ends the call when it is spent. */
export function emitStackEnter(out: ByteWriter, stack: number, frameBytes: number): void {
  out.byte(OP.globalGet).u32(stack).byte(OP.i32Const).signed(frameBytes).byte(OP.i32Sub).byte(OP.globalSet).u32(stack)
  out.byte(OP.globalGet).u32(stack).op(OP.i32Const, 0, OP.i32LtS, OP.if, EMPTY_TYPE, OP.unreachable, OP.end)
}

/** Gives the frame back. */
export function emitStackLeave(out: ByteWriter, stack: number, frameBytes: number): void {
  out.byte(OP.globalGet).u32(stack).byte(OP.i32Const).signed(frameBytes).byte(OP.i32Add).byte(OP.globalSet).u32(stack)
}

/** Number of the chunk of the i32 address on the operand stack, as i64, to be used modulo 64. */
export function emitChunkNumber(out: ByteWriter): void {
  out.byte(OP.i32Const).signed(GRANULE_MASK).op(OP.i32Or, OP.f64ConvertI32U, OP.i64ReinterpretF64)
  out.byte(OP.i64Const).signed(CHUNK_SHIFT).byte(OP.i64ShrU)
}

/** Marks the chunk of a store that has succeeded: so the sum does not overflow, and lies below the cap. */
export function emitMarkStore(out: ByteWriter, dirty: number, address: number, offset: number): void {
  out.op(OP.i64Const, 1).byte(OP.localGet).u32(address)
  if (offset !== 0)
    out
      .byte(OP.i32Const)
      .signed(offset | 0)
      .byte(OP.i32Add)
  emitChunkNumber(out)
  out.byte(OP.i64Shl).byte(OP.globalGet).u32(dirty).byte(OP.i64Or).byte(OP.globalSet).u32(dirty)
}

/** Replaces a NaN on the operand stack by the canonical one; other values stay, bit for bit. */
export function emitCanonicalF32(out: ByteWriter, scratch: number): void {
  out.byte(OP.localTee).u32(scratch).op(OP.f32Const, 0x00, 0x00, 0xc0, 0x7f)
  out.byte(OP.localGet).u32(scratch).byte(OP.localGet).u32(scratch).op(OP.f32Eq, OP.select)
}

export function emitCanonicalF64(out: ByteWriter, scratch: number): void {
  out.byte(OP.localTee).u32(scratch).op(OP.f64Const, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f)
  out.byte(OP.localGet).u32(scratch).byte(OP.localGet).u32(scratch).op(OP.f64Eq, OP.select)
}

/** `memory.grow` on the counter: the memory itself has the size of the cap from the beginning. */
export function emitGrow(out: ByteWriter, pages: number, capPages: number, scratch: number): void {
  out.byte(OP.localTee).u32(scratch).byte(OP.i32Const).signed(capPages).byte(OP.globalGet).u32(pages)
  out.op(OP.i32Sub, OP.i32GtU, OP.if, 0x7f, OP.i32Const, 0x7f, OP.else)
  out.byte(OP.globalGet).u32(pages).byte(OP.globalGet).u32(pages).byte(OP.localGet).u32(scratch)
  out.byte(OP.i32Add).byte(OP.globalSet).u32(pages).byte(OP.end)
}

/** Takes a fuel of `length / 8` for the length in a local. */
export function emitChargeLength(out: ByteWriter, place: FuelPlace, length: number): void {
  emitFuelGet(out, place)
  out.byte(OP.localGet).u32(length).op(OP.i64ExtendI32U, OP.i64Const, 3, OP.i64ShrU, OP.i64Sub)
  emitFuelSet(out, place)
}
