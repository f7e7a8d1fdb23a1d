/**
 * Writes one function body twice: as it is, and for the reference. The reference counts every single instruction when it
 * is executed, by the table of spec/05-determinism.md, "Metering"; it makes NaN canonical by a call, counts the depth of
 * calls, and has `memory.size` and `memory.grow` as functions. It knows nothing of segments, leaders or leaves.
 */
import { FUEL_ROWS } from '../../src/index.ts'
import { ByteWriter } from '../../src/byte-writer.ts'
import { canonicalResult, F32 } from './operations.ts'

/** Indexes of what the reference adds behind the functions and globals of a module. */
export interface ReferenceIndexes {
  readonly spent: number
  readonly enter: number
  readonly round: number
  readonly down: number
  readonly up: number
  readonly bulk: number
  readonly canonical32: number
  readonly canonical64: number
  readonly size: number
  readonly grow: number
}

const WEIGHTS = new Map<number, number>()
for (const [first, last, fuel] of FUEL_ROWS) for (let code = first; code <= last; code += 1) WEIGHTS.set(code, fuel)

const [LOOP, CALL, CALL_INDIRECT, SIZE, GROW, COPY, FILL] = [0x03, 0x10, 0x11, 0x3f, 0x40, 0x10a, 0x10b]

const NO_IMMEDIATE = (): void => {}

export class CodeWriter {
  readonly plain = new ByteWriter()
  readonly reference = new ByteWriter()
  /** Instructions written. */
  count = 0
  /** Which ones. */
  readonly codes = new Set<number>()
  private readonly indexes: ReferenceIndexes

  constructor(indexes: ReferenceIndexes) {
    this.indexes = indexes
    this.reference.byte(CALL).u32(indexes.enter)
  }

  /** One instruction; `immediate` is called for each of the two bodies. */
  emit(code: number, immediate: (out: ByteWriter) => void = NO_IMMEDIATE): void {
    const { indexes, reference } = this
    this.count += 1
    this.codes.add(code)
    writeCode(this.plain, code)
    immediate(this.plain)
    if (code !== LOOP) this.spend(code)
    if (code === CALL || code === CALL_INDIRECT) reference.byte(CALL).u32(indexes.down)
    if (code === COPY || code === FILL) reference.byte(CALL).u32(indexes.bulk)
    if (code === SIZE) reference.byte(CALL).u32(indexes.size)
    else if (code === GROW) reference.byte(CALL).u32(indexes.grow)
    else {
      writeCode(reference, code)
      immediate(reference)
    }
    if (code === CALL || code === CALL_INDIRECT) reference.byte(CALL).u32(indexes.up)
    if (code === LOOP) {
      this.spend(code)
      reference.byte(CALL).u32(indexes.round)
    }
    const canonical = canonicalResult(code)
    if (canonical !== undefined) {
      reference.byte(CALL).u32(canonical === F32 ? indexes.canonical32 : indexes.canonical64)
    }
  }

  private spend(code: number): void {
    const weight = WEIGHTS.get(code)
    if (weight === undefined) throw new Error(`code writer: opcode ${code} has no weight`)
    if (weight === 0) return
    this.reference.byte(0x23).u32(this.indexes.spent).byte(0x42).signed(weight).byte(0x7c)
    this.reference.byte(0x24).u32(this.indexes.spent)
  }
}

function writeCode(out: ByteWriter, code: number): void {
  if (code < 0x100) out.byte(code)
  else out.byte(0xfc).u32(code - 0x100)
}
