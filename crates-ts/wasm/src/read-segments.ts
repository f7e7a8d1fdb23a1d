/** Readers of element and data segments. Both are bounded against what the module declares, so that nothing can fail later. */
import type { BinaryReader } from './binary-reader.ts'
import { refusal } from './errors.ts'
import { readValueType } from './instruction.ts'
import { PAGE_BYTES, WASM_LIMITS } from './limits.ts'
import { report, type ModuleDraft } from './module-draft.ts'
import { OP, VALUE_TYPE } from './opcode-table.ts'
import { readConstant, readCount } from './read-sections.ts'

/** Flag bits of an element segment: not active; explicit table, or declarative; expressions instead of indexes. */
const NOT_ACTIVE = 1
const EXPLICIT = 2
const EXPRESSIONS = 4

/** Active and declarative segments are kept as they are; passive ones are refused. */
export function readElements(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.elementSegmentsMax, 'element segments')
  const start = reader.offset
  for (let at = 0; at < count; at += 1) readElementSegment(reader, draft)
  draft.elementSegments = count
  draft.elementSection = draft.bytes.subarray(start, reader.offset)
}

function readElementSegment(reader: BinaryReader, draft: ModuleDraft): void {
  const offset = reader.offset
  const flags = reader.u32()
  if (flags > 7) throw reader.malformed('unknown kind of element segment', offset)
  const active = (flags & NOT_ACTIVE) === 0
  if (!active && (flags & EXPLICIT) === 0) report(draft, 'wasm.passive_segment', offset, 'a passive element segment')
  let place = 0
  if (active) {
    if ((flags & EXPLICIT) !== 0 && reader.u32() !== 0) throw refusal('wasm.multi_table', offset, 'a second table')
    place = readOffset(reader, draft)
  }
  const expressions = (flags & EXPRESSIONS) !== 0
  if ((flags & (NOT_ACTIVE | EXPLICIT)) !== 0) readElementKind(reader, expressions)
  const items = readCount(reader, WASM_LIMITS.tableElementsMax, 'elements')
  for (let at = 0; at < items; at += 1) {
    if (expressions) readConstant(reader, draft)
    else reader.u32()
  }
  if (active && place + items > (draft.table?.min ?? 0)) {
    report(draft, 'wasm.segment_out_of_bounds', offset, `elements end at ${place + items}, beyond the table`)
  }
}

function readElementKind(reader: BinaryReader, expressions: boolean): void {
  const offset = reader.offset
  if (!expressions) {
    if (reader.byte() !== 0) throw reader.malformed('unknown kind of elements', offset)
  } else if (readValueType(reader) !== VALUE_TYPE.funcref) {
    throw refusal('wasm.forbidden_type', offset, 'elements that are not funcref')
  }
}

/** The offset of an active segment: an `i32.const`. */
function readOffset(reader: BinaryReader, draft: ModuleDraft): number {
  const start = reader.offset
  if (reader.peek() !== OP.i32Const) throw refusal('wasm.constant', start, 'expected i32.const as the offset')
  reader.byte()
  const value = reader.s32() >>> 0
  reader.offset = start
  readConstant(reader, draft)
  return value
}

export function readData(reader: BinaryReader, draft: ModuleDraft): void {
  const count = readCount(reader, WASM_LIMITS.dataSegmentsMax, 'data segments')
  if (draft.dataCount !== undefined && draft.dataCount !== count) {
    throw reader.malformed(`expected ${draft.dataCount} data segments, found ${count}`)
  }
  const memoryBytes = (draft.memory?.min ?? 0) * PAGE_BYTES
  for (let at = 0; at < count; at += 1) {
    const offset = reader.offset
    const flags = reader.u32()
    if (flags > 2) throw reader.malformed('unknown kind of data segment', offset)
    if (flags === 2 && reader.u32() !== 0) throw refusal('wasm.multi_memory', offset, 'data for a second memory')
    if (flags === 1) report(draft, 'wasm.passive_segment', offset, 'a passive data segment')
    const place = flags === 1 ? 0 : readOffset(reader, draft)
    const bytes = reader.take(reader.u32())
    if (place + bytes.length > memoryBytes) {
      report(
        draft,
        'wasm.segment_out_of_bounds',
        offset,
        `data ends at ${place + bytes.length}, beyond the initial memory of ${memoryBytes} bytes`,
      )
    } else if (bytes.length > 0) {
      draft.data.push({ offset: place, bytes })
    }
  }
}
