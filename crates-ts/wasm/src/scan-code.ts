/** The allow-list pass over code. It trusts nothing: the module has not been validated when it runs. */
import { BinaryReader } from './binary-reader.ts'
import { refusal } from './errors.ts'
import { makeInstruction, readInstruction, readValueType, type Instruction } from './instruction.ts'
import { WASM_LIMITS } from './limits.ts'
import { collect, type ModuleDraft } from './module-draft.ts'
import type { FunctionBody } from './module-model.ts'
import { OP } from './opcode-table.ts'
import { readCount } from './read-sections.ts'

/** Reads all bodies; a refusal in one does not keep the others from being read. */
export function readCode(reader: BinaryReader, draft: ModuleDraft): void {
  const bytes = reader.end - reader.offset
  if (bytes > WASM_LIMITS.codeBytesMax) {
    throw refusal('wasm.limit', reader.offset, `${bytes} bytes of code, at most ${WASM_LIMITS.codeBytesMax}`)
  }
  const count = readCount(reader, WASM_LIMITS.functionsMax, 'function bodies')
  const expected = draft.functions.length - draft.importedFunctions
  if (count !== expected) throw reader.malformed(`expected ${expected} function bodies, found ${count}`)
  const instruction = makeInstruction()
  for (let at = 0; at < count; at += 1) {
    const size = readCount(reader, WASM_LIMITS.functionBytesMax, 'bytes in a function')
    const start = reader.offset
    reader.skip(size)
    const body = new BinaryReader(draft.bytes, start, reader.offset)
    collect(draft, () => {
      draft.bodies.push(scanBody(body, draft, instruction))
    })
  }
}

function scanBody(reader: BinaryReader, draft: ModuleDraft, instruction: Instruction): FunctionBody {
  const localsAt = reader.offset
  const localGroups = readCount(reader, WASM_LIMITS.localsMax, 'groups of locals')
  let localCount = 0
  for (let at = 0; at < localGroups; at += 1) {
    const offset = reader.offset
    localCount += reader.u32()
    if (localCount > WASM_LIMITS.localsMax) {
      throw refusal('wasm.limit', offset, `${localCount} locals, at most ${WASM_LIMITS.localsMax}`)
    }
    readValueType(reader)
  }
  const codeAt = reader.offset
  const found = scanInstructions(reader, draft, instruction)
  return { localsAt, codeAt, end: reader.end, localGroups, localCount, ...found }
}

function scanInstructions(
  reader: BinaryReader,
  draft: ModuleDraft,
  instruction: Instruction,
): Pick<FunctionBody, 'calls' | 'loops'> {
  let calls = false
  let loops = false
  let depth = 1
  while (depth > 0) {
    readInstruction(reader, instruction)
    switch (instruction.code) {
      case OP.loop:
        loops = true
        depth += 1
        break
      case OP.block:
      case OP.if:
        depth += 1
        break
      case OP.end:
        depth -= 1
        break
      case OP.call:
      case OP.callIndirect:
        calls = true
        break
      case OP.refFunc:
        draft.referenced.add(instruction.operand)
        break
      default:
    }
    if (depth > WASM_LIMITS.nestingMax) {
      throw refusal('wasm.limit', instruction.start, `blocks nest deeper than ${WASM_LIMITS.nestingMax}`)
    }
  }
  if (!reader.done) throw reader.malformed('bytes after the end of a function')
  return { calls, loops }
}
