/** Decodes one instruction of the allow-list; anything else is refused with the code of its feature. */
import type { BinaryReader } from './binary-reader.ts'
import { refusal, type WasmErrorCode } from './errors.ts'
import { WASM_LIMITS } from './limits.ts'
import { IMMEDIATE, OPCODES, VALUE_TYPE, type Immediate } from './opcode-table.ts'

/** One instruction, overwritten by every read. Its bytes are `start` to the reader's offset. */
export interface Instruction {
  code: number
  /** Offset of its first byte. */
  start: number
  /** Label, index, block type (see `NO_TYPE`, `typeIndex`), or offset of a memory argument. */
  operand: number
  /** Targets of a br_table, the default last. */
  targets: number[]
}

/** One object that `readInstruction` fills again and again, so that reading allocates nothing. */
export function makeInstruction(): Instruction {
  return { code: 0, start: 0, operand: 0, targets: [] }
}

/** A block type without parameters and results. Other block types: a value type as -byte, or a type index. */
export const EMPTY_BLOCK = -0x40

const FEATURES: readonly (readonly [number, number, WasmErrorCode, string])[] = [
  [0x06, 0x0a, 'wasm.exceptions', 'exception instruction'],
  [0x18, 0x19, 'wasm.exceptions', 'exception instruction'],
  [0x1f, 0x1f, 'wasm.exceptions', 'exception instruction'],
  [0x12, 0x13, 'wasm.tail_call', 'tail call'],
  [0x14, 0x15, 'wasm.gc', 'call through a typed reference'],
  [0x26, 0x26, 'wasm.table_mutation', 'table.set'],
  [0xd3, 0xd6, 'wasm.gc', 'typed reference instruction'],
  [0xfb, 0xfb, 'wasm.gc', 'garbage collection instruction'],
  [0xfd, 0xfd, 'wasm.simd', 'vector instruction'],
  [0xfe, 0xfe, 'wasm.threads', 'atomic instruction'],
  [0x108, 0x109, 'wasm.passive_segment', 'memory.init or data.drop'],
  [0x10c, 0x10d, 'wasm.passive_segment', 'table.init or elem.drop'],
  [0x10e, 0x111, 'wasm.table_mutation', 'instruction on a whole table'],
]

function throwForbidden(code: number, offset: number): never {
  const hex = code >= 0x100 ? `0xfc ${code - 0x100}` : `0x${code.toString(16).padStart(2, '0')}`
  for (const [first, last, error, what] of FEATURES) {
    if (code >= first && code <= last) throw refusal(error, offset, `${what} (opcode ${hex})`)
  }
  throw refusal('wasm.forbidden_opcode', offset, `opcode ${hex} is not allowed`)
}

/** Reads the next instruction into `into`. Throws `wasm.malformed` or the refusal of the instruction. */
export function readInstruction(reader: BinaryReader, into: Instruction): void {
  into.start = reader.offset
  let code = reader.byte()
  if (code === 0xfc) {
    const sub = reader.u32()
    if (sub > 0x11) throw refusal('wasm.forbidden_opcode', into.start, `opcode 0xfc ${sub} is not allowed`)
    code = 0x100 + sub
  }
  into.code = code
  const opcode = OPCODES[code]
  if (opcode === undefined) throwForbidden(code, into.start)
  readImmediate(reader, opcode.immediate, into)
}

function readImmediate(reader: BinaryReader, immediate: Immediate, into: Instruction): void {
  switch (immediate) {
    case IMMEDIATE.none:
      return
    case IMMEDIATE.blockType:
      into.operand = readBlockType(reader)
      return
    case IMMEDIATE.label:
    case IMMEDIATE.functionIndex:
    case IMMEDIATE.local:
    case IMMEDIATE.global:
      into.operand = reader.u32()
      return
    case IMMEDIATE.branchTable:
      readBranchTable(reader, into)
      return
    case IMMEDIATE.callIndirect:
      into.operand = reader.u32()
      readZeroIndex(reader, 'wasm.multi_table', 'a table other than 0')
      return
    case IMMEDIATE.table:
      readZeroIndex(reader, 'wasm.multi_table', 'a table other than 0')
      return
    case IMMEDIATE.memoryArgument:
      readMemoryArgument(reader, into)
      return
    case IMMEDIATE.twoMemories:
      readZeroIndex(reader, 'wasm.multi_memory', 'a memory other than 0')
      readZeroIndex(reader, 'wasm.multi_memory', 'a memory other than 0')
      return
    case IMMEDIATE.memory:
      readZeroIndex(reader, 'wasm.multi_memory', 'a memory other than 0')
      return
    case IMMEDIATE.i32:
      reader.s32()
      return
    case IMMEDIATE.i64:
      reader.skipS64()
      return
    case IMMEDIATE.f32:
      reader.skip(4)
      return
    case IMMEDIATE.f64:
      reader.skip(8)
      return
    case IMMEDIATE.selectType:
      readSelectType(reader)
      return
    case IMMEDIATE.refType:
      if (readValueType(reader) !== VALUE_TYPE.funcref) {
        throw refusal('wasm.forbidden_type', reader.offset - 1, 'expected funcref')
      }
      return
  }
}

function readZeroIndex(reader: BinaryReader, code: WasmErrorCode, what: string): void {
  const start = reader.offset
  if (reader.u32() !== 0) throw refusal(code, start, what)
}

function readSelectType(reader: BinaryReader): void {
  const start = reader.offset
  if (reader.u32() !== 1) throw reader.malformed('select takes one type', start)
  readValueType(reader)
}

function readMemoryArgument(reader: BinaryReader, into: Instruction): void {
  const start = reader.offset
  const alignment = reader.u32()
  if (alignment >= 64) throw refusal('wasm.multi_memory', start, 'an access that names a memory')
  into.operand = reader.u32()
}

function readBranchTable(reader: BinaryReader, into: Instruction): void {
  const start = reader.offset
  const count = reader.u32()
  if (count > WASM_LIMITS.branchTableMax) {
    throw refusal('wasm.limit', start, `br_table has ${count} targets, at most ${WASM_LIMITS.branchTableMax}`)
  }
  into.targets.length = 0
  for (let at = 0; at <= count; at += 1) into.targets.push(reader.u32())
}

function readBlockType(reader: BinaryReader): number {
  const next = reader.peek()
  if (next === 0x40) {
    reader.byte()
    return EMPTY_BLOCK
  }
  if (next >= 0x41 && next <= 0x7f) return -readValueType(reader)
  return reader.blockTypeIndex()
}

/** Reads one value type of the allow-list. Throws `wasm.simd`, `wasm.gc` or `wasm.forbidden_type`. */
export function readValueType(reader: BinaryReader): number {
  const start = reader.offset
  const type = reader.byte()
  if ((type >= VALUE_TYPE.f64 && type <= VALUE_TYPE.i32) || type === VALUE_TYPE.funcref) return type
  const hex = `0x${type.toString(16).padStart(2, '0')}`
  if (type === 0x7b) throw refusal('wasm.simd', start, 'type v128')
  if (type === 0x6f) throw refusal('wasm.forbidden_type', start, 'type externref')
  if (type >= 0x60 && type <= 0x74) throw refusal('wasm.gc', start, `type ${hex}`)
  throw refusal('wasm.forbidden_type', start, `type ${hex}`)
}
