/**
 * The allow-list of instructions with their immediates, effect on the operand stack and fuel (spec/05-determinism.md,
 * "Admission" and "Fuel table, version 1"). What does not stand here is refused. Instructions behind the prefix 0xfc
 * have the number 0x100 + sub.
 */

/** Changes whenever a weight or the rule of charging changes; part of the engine digest. */
export const FUEL_TABLE_VERSION = 1

/** What follows an opcode in the binary. */
export const IMMEDIATE = {
  none: 0,
  blockType: 1,
  label: 2,
  branchTable: 3,
  functionIndex: 4,
  callIndirect: 5,
  local: 6,
  global: 7,
  table: 8,
  memoryArgument: 9,
  memory: 10,
  twoMemories: 11,
  i32: 12,
  i64: 13,
  f32: 14,
  f64: 15,
  selectType: 16,
  refType: 17,
} as const

export type Immediate = (typeof IMMEDIATE)[keyof typeof IMMEDIATE]

/** Opcodes that admission and rewriting name; all others are only looked up. */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Load: 0x28,
  i32Store: 0x36,
  i64Store32: 0x3e,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Eqz: 0x45,
  i32LtS: 0x48,
  i32GtU: 0x4b,
  i32LtU: 0x49,
  i64Eqz: 0x50,
  i64LtS: 0x53,
  f32Eq: 0x5b,
  f64Eq: 0x61,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Or: 0x72,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i64Ctz: 0x7a,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64And: 0x83,
  i64Or: 0x84,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  i64Rotl: 0x89,
  i32WrapI64: 0xa7,
  i64ExtendI32U: 0xad,
  i64TruncF64S: 0xb0,
  f64ConvertI32U: 0xb8,
  f64ConvertI64S: 0xb9,
  i64ReinterpretF64: 0xbd,
  refNull: 0xd0,
  refFunc: 0xd2,
  memoryCopy: 0x10a,
  memoryFill: 0x10b,
} as const

/** First, last, immediate, operands popped, operands pushed, fuel. Blocks, calls and branches pop and push by their types. */
type Row = readonly [number, number, Immediate, number, number, number]

const { none, memoryArgument } = IMMEDIATE

/** Fuel table 1. `block`, `else` and `end` cost nothing; bulk operations cost a further length / 8. */
const ROWS: readonly Row[] = [
  [0x00, 0x01, none, 0, 0, 1], // unreachable, nop
  [0x02, 0x02, IMMEDIATE.blockType, 0, 0, 0], // block
  [0x03, 0x03, IMMEDIATE.blockType, 0, 0, 1], // loop
  [0x04, 0x04, IMMEDIATE.blockType, 1, 0, 1], // if
  [0x05, 0x05, none, 0, 0, 0], // else
  [0x0b, 0x0b, none, 0, 0, 0], // end
  [0x0c, 0x0c, IMMEDIATE.label, 0, 0, 1], // br
  [0x0d, 0x0d, IMMEDIATE.label, 1, 0, 1], // br_if
  [0x0e, 0x0e, IMMEDIATE.branchTable, 1, 0, 4], // br_table
  [0x0f, 0x0f, none, 0, 0, 1], // return
  [0x10, 0x10, IMMEDIATE.functionIndex, 0, 0, 8], // call
  [0x11, 0x11, IMMEDIATE.callIndirect, 1, 0, 12], // call_indirect
  [0x1a, 0x1a, none, 1, 0, 1], // drop
  [0x1b, 0x1b, none, 3, 1, 1], // select
  [0x1c, 0x1c, IMMEDIATE.selectType, 3, 1, 1], // select t
  [0x20, 0x20, IMMEDIATE.local, 0, 1, 1],
  [0x21, 0x21, IMMEDIATE.local, 1, 0, 1],
  [0x22, 0x22, IMMEDIATE.local, 1, 1, 1],
  [0x23, 0x23, IMMEDIATE.global, 0, 1, 1],
  [0x24, 0x24, IMMEDIATE.global, 1, 0, 1],
  [0x25, 0x25, IMMEDIATE.table, 1, 1, 4], // table.get
  [0x28, 0x35, memoryArgument, 1, 1, 2], // loads
  [0x36, 0x3e, memoryArgument, 2, 0, 4], // stores
  [0x3f, 0x3f, IMMEDIATE.memory, 0, 1, 1], // memory.size
  [0x40, 0x40, IMMEDIATE.memory, 1, 1, 64], // memory.grow
  [0x41, 0x41, IMMEDIATE.i32, 0, 1, 1],
  [0x42, 0x42, IMMEDIATE.i64, 0, 1, 1],
  [0x43, 0x43, IMMEDIATE.f32, 0, 1, 1],
  [0x44, 0x44, IMMEDIATE.f64, 0, 1, 1],
  [0x45, 0x45, none, 1, 1, 1], // i32.eqz
  [0x46, 0x4f, none, 2, 1, 1], // i32 comparisons
  [0x50, 0x50, none, 1, 1, 1], // i64.eqz
  [0x51, 0x66, none, 2, 1, 1], // i64, f32, f64 comparisons
  [0x67, 0x69, none, 1, 1, 1], // i32 clz ctz popcnt
  [0x6a, 0x6c, none, 2, 1, 1], // i32 add sub mul
  [0x6d, 0x70, none, 2, 1, 8], // i32 div rem
  [0x71, 0x78, none, 2, 1, 1], // i32 bits, shifts, rotations
  [0x79, 0x7b, none, 1, 1, 1], // i64 clz ctz popcnt
  [0x7c, 0x7e, none, 2, 1, 1], // i64 add sub mul
  [0x7f, 0x82, none, 2, 1, 8], // i64 div rem
  [0x83, 0x8a, none, 2, 1, 1], // i64 bits, shifts, rotations
  [0x8b, 0x8c, none, 1, 1, 1], // f32 abs neg
  [0x8d, 0x90, none, 1, 1, 4], // f32 ceil floor trunc nearest
  [0x91, 0x91, none, 1, 1, 8], // f32 sqrt
  [0x92, 0x94, none, 2, 1, 2], // f32 add sub mul
  [0x95, 0x95, none, 2, 1, 8], // f32 div
  [0x96, 0x97, none, 2, 1, 4], // f32 min max
  [0x98, 0x98, none, 2, 1, 1], // f32 copysign
  [0x99, 0x9a, none, 1, 1, 1], // f64 abs neg
  [0x9b, 0x9e, none, 1, 1, 4], // f64 ceil floor trunc nearest
  [0x9f, 0x9f, none, 1, 1, 8], // f64 sqrt
  [0xa0, 0xa2, none, 2, 1, 2], // f64 add sub mul
  [0xa3, 0xa3, none, 2, 1, 8], // f64 div
  [0xa4, 0xa5, none, 2, 1, 4], // f64 min max
  [0xa6, 0xa6, none, 2, 1, 1], // f64 copysign
  [0xa7, 0xa7, none, 1, 1, 1], // i32.wrap_i64
  [0xa8, 0xab, none, 1, 1, 4], // i32.trunc
  [0xac, 0xad, none, 1, 1, 1], // i64.extend_i32
  [0xae, 0xb1, none, 1, 1, 4], // i64.trunc
  [0xb2, 0xbb, none, 1, 1, 2], // convert, demote, promote
  [0xbc, 0xc4, none, 1, 1, 1], // reinterpret, sign extension
  [0xd0, 0xd0, IMMEDIATE.refType, 0, 1, 1], // ref.null
  [0xd1, 0xd1, none, 1, 1, 1], // ref.is_null
  [0xd2, 0xd2, IMMEDIATE.functionIndex, 0, 1, 1], // ref.func
  [0x100, 0x107, none, 1, 1, 4], // trunc_sat
  [0x10a, 0x10a, IMMEDIATE.twoMemories, 3, 0, 16], // memory.copy
  [0x10b, 0x10b, IMMEDIATE.memory, 3, 0, 16], // memory.fill
]

/** A permitted instruction: what follows it, what it does to the stack, and what it costs. */
export interface Opcode {
  readonly immediate: Immediate
  readonly pops: number
  readonly pushes: number
  readonly fuel: number
}

function fillTable(): readonly (Opcode | undefined)[] {
  const table: (Opcode | undefined)[] = Array.from({ length: 0x112 }, () => undefined)
  for (const [first, last, immediate, pops, pushes, fuel] of ROWS) {
    for (let code = first; code <= last; code += 1) table[code] = { immediate, pops, pushes, fuel }
  }
  return table
}

/** By number; undefined where an instruction is refused. */
export const OPCODES: readonly (Opcode | undefined)[] = fillTable()

/** The rows as the specification prints them: first, last, popped, pushed, fuel. */
export const FUEL_ROWS: readonly (readonly [number, number, number])[] = ROWS.map(([first, last, , , , fuel]) => [
  first,
  last,
  fuel,
])

/** True for instructions whose f32 result may be a NaN with bits that depend on the machine or the compiler tier. */
export function makesNanF32(code: number): boolean {
  return (code >= 0x8d && code <= 0x97) || code === 0xb6
}

/** The same for f64. */
export function makesNanF64(code: number): boolean {
  return (code >= 0x9b && code <= 0xa5) || code === 0xbb
}

/** Value types by their bytes in the binary. */
export const VALUE_TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, funcref: 0x70 } as const

const STORED: readonly number[] = [0x7f, 0x7e, 0x7d, 0x7c, 0x7f, 0x7f, 0x7e, 0x7e, 0x7e]

/** The value type that a store (0x36 to 0x3e) takes. */
export function storedType(code: number): number {
  return STORED[code - OP.i32Store] ?? VALUE_TYPE.i32
}
