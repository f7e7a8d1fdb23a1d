/** Readers of the sections that declare: types, imports, functions, table, memory, globals, exports. */
import type { BinaryReader } from './binary-reader.ts'
import { refusal } from './errors.ts'
import { readInstruction, readValueType, makeInstruction } from './instruction.ts'
import { WASM_LIMITS } from './limits.ts'
import { report, type ModuleDraft } from './module-draft.ts'
import type { ExternKind, Limits } from './module-model.ts'
import { OP, VALUE_TYPE } from './opcode-table.ts'

/** A count that may not pass its limit. Throws `wasm.limit`. */
export function readCount(reader: BinaryReader, max: number, what: string): number {
  const start = reader.offset
  const count = reader.u32()
  if (count > max) throw refusal('wasm.limit', start, `${count} ${what}, at most ${max}`)
  return count
}

/** Reads section 1, function types, up to `typesMax`. */
export function readTypes(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.typesMax, 'types')
  const start = reader.offset
  for (let at = 0; at < count; at += 1) {
    const offset = reader.offset
    const form = reader.byte()
    if (form !== 0x60) {
      throw refusal(form >= 0x4d && form <= 0x5f ? 'wasm.gc' : 'wasm.malformed', offset, 'expected a function type')
    }
    const parameters = readTypeList(reader, WASM_LIMITS.parametersMax, 'parameters')
    const results = readTypeList(reader, WASM_LIMITS.resultsMax, 'results')
    draft.types.push({ parameters, results })
  }
  draft.typeSection = draft.bytes.subarray(start, reader.offset)
}

function readTypeList(reader: BinaryReader, max: number, what: string): readonly number[] {
  const count = readCount(reader, max, what)
  const list: number[] = []
  for (let at = 0; at < count; at += 1) list.push(readValueType(reader))
  return list
}

/** Every import is an issue; they are read on so that the indexes behind them are right. */
export function readImports(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.functionsMax, 'imports')
  for (let at = 0; at < count; at += 1) {
    const offset = reader.offset
    const module = reader.name()
    const name = reader.name()
    const kind = readExternKind(reader)
    if (kind === 'func') {
      draft.functions.push(reader.u32())
      draft.importedFunctions += 1
    } else if (kind === 'table') {
      readTableType(reader, draft)
    } else if (kind === 'memory') {
      readMemoryType(reader, draft)
    } else if (kind === 'global') {
      readValueType(reader)
      reader.byte()
      draft.importedGlobals += 1
    } else {
      reader.byte()
      reader.u32()
    }
    draft.imports.push({ module, name, kind })
    report(draft, 'wasm.import', offset, `imports ${kind} ${JSON.stringify(`${module}.${name}`.slice(0, 120))}`)
  }
}

const KINDS: readonly ExternKind[] = ['func', 'table', 'memory', 'global', 'tag']

function readExternKind(reader: BinaryReader): ExternKind {
  const offset = reader.offset
  const kind = KINDS[reader.byte()]
  if (kind === undefined) throw reader.malformed('unknown kind of import or export', offset)
  return kind
}

export function readFunctions(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.functionsMax, 'functions')
  for (let at = 0; at < count; at += 1) {
    const offset = reader.offset
    const type = reader.u32()
    if (type >= draft.types.length) throw reader.malformed(`unknown type ${type}`, offset)
    draft.functions.push(type)
  }
}

export function readTables(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.tableElementsMax, 'tables')
  const start = reader.offset
  for (let at = 0; at < count; at += 1) readTableType(reader, draft)
  draft.tableSection = draft.bytes.subarray(start, reader.offset)
}

function readTableType(reader: BinaryReader, draft: ModuleDraft): void {
  const offset = reader.offset
  if (reader.peek() === 0x40) throw refusal('wasm.gc', offset, 'a table with an initialiser')
  if (readValueType(reader) !== VALUE_TYPE.funcref) {
    throw refusal('wasm.forbidden_type', offset, 'a table that does not hold funcref')
  }
  const limits = readLimits(reader)
  draft.tables += 1
  if (draft.tables > 1) report(draft, 'wasm.multi_table', offset, 'a second table')
  if (limits.min > WASM_LIMITS.tableElementsMax) {
    report(draft, 'wasm.limit', offset, `table of ${limits.min}, at most ${WASM_LIMITS.tableElementsMax}`)
  }
  draft.table = limits
}

export function readMemories(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.tableElementsMax, 'memories')
  for (let at = 0; at < count; at += 1) readMemoryType(reader, draft)
}

function readMemoryType(reader: BinaryReader, draft: ModuleDraft): void {
  const offset = reader.offset
  const limits = readLimits(reader)
  draft.memories += 1
  if (draft.memories > 1) report(draft, 'wasm.multi_memory', offset, 'a second memory')
  if (limits.min > WASM_LIMITS.memoryPagesMax) {
    report(
      draft,
      'wasm.memory_too_large',
      offset,
      `memory starts with ${limits.min} pages, at most ${WASM_LIMITS.memoryPagesMax}`,
    )
  }
  draft.memory = limits
}

function readLimits(reader: BinaryReader): Limits {
  const offset = reader.offset
  const flags = reader.byte()
  if (flags > 7) throw reader.malformed('unknown kind of limits', offset)
  if ((flags & 4) !== 0) throw refusal('wasm.memory64', offset, '64-bit addresses')
  if ((flags & 2) !== 0) throw refusal('wasm.threads', offset, 'shared memory')
  const min = reader.u32()
  return { min, max: (flags & 1) === 0 ? undefined : reader.u32() }
}

export function readGlobals(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.globalsMax, 'globals')
  for (let at = 0; at < count; at += 1) {
    const type = readValueType(reader)
    const offset = reader.offset
    const mutability = reader.byte()
    if (mutability > 1) throw reader.malformed('expected 0 or 1 for mutability', offset)
    const start = reader.offset
    readConstant(reader, draft)
    draft.globals.push({ type, mutable: mutability === 1, init: draft.bytes.subarray(start, reader.offset - 1) })
  }
}

const CONSTANTS: ReadonlySet<number> = new Set([
  OP.i32Const,
  OP.i64Const,
  OP.f32Const,
  OP.f64Const,
  OP.refNull,
  OP.refFunc,
])

/** One plain constant and `end`. Throws `wasm.constant`. */
export function readConstant(reader: BinaryReader, draft: ModuleDraft): void {
  const instruction = makeInstruction()
  const start = reader.offset
  readInstruction(reader, instruction)
  if (!CONSTANTS.has(instruction.code) || reader.byte() !== OP.end) {
    throw refusal('wasm.constant', start, 'expected one plain constant')
  }
  if (instruction.code === OP.refFunc) draft.referenced.add(instruction.operand)
}

export function readExports(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.exportsMax, 'exports')
  for (let at = 0; at < count; at += 1) {
    const offset = reader.offset
    const name = reader.name()
    const kind = readExternKind(reader)
    draft.exports.push({ name, kind, index: reader.u32(), offset })
  }
}
