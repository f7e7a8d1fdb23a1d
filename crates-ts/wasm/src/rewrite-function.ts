/**
 * Rewrites one function body: fuel, stack, canonical NaN, dirty chunks, virtual memory growth (spec/05-determinism.md,
 * "Metering"). Indexes do not move: everything added is appended. Code that cannot be reached is dropped.
 */
import { BinaryReader } from './binary-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { ControlStack } from './control-stack.ts'
import { refusal } from './errors.ts'
import {
  emitCanonicalF32,
  emitCanonicalF64,
  emitCharge,
  emitChargeLength,
  emitFuelCheck,
  emitGrow,
  emitMarkStore,
  emitReload,
  emitSpill,
  emitStackEnter,
  emitStackLeave,
  type FuelPlace,
  type InjectedGlobals,
} from './injected-code.ts'
import { EMPTY_BLOCK, makeInstruction, readInstruction, type Instruction } from './instruction.ts'
import { WASM_LIMITS } from './limits.ts'
import type { FunctionBody, FunctionType, WasmModule } from './module-model.ts'
import { makesNanF32, makesNanF64, OP, OPCODES, storedType, VALUE_TYPE } from './opcode-table.ts'
import type { PositionRecord } from './position-record.ts'

export interface RewriteContext {
  readonly module: WasmModule
  readonly globals: InjectedGlobals
  readonly capPages: number
  /** Index of the helper that marks a range: (address, length) -> (). */
  readonly markFunction: number
  /** Index of a type () -> (results); appends one when there is none. */
  readonly blockTypeOf: (results: readonly number[]) => number
  /** Notes where the code comes from; the bytes are the same with and without it. */
  readonly positions: PositionRecord | undefined
}

const NO_TYPE: FunctionType = { parameters: [], results: [] }

/** Scratch locals, appended in the order of first use. */
type Scratch = 'address' | 'length' | 'fuel' | 'i32' | 'i64' | 'f32' | 'f64'

const SCRATCH_TYPE: Readonly<Record<Scratch, number>> = {
  address: VALUE_TYPE.i32,
  length: VALUE_TYPE.i32,
  fuel: VALUE_TYPE.i64,
  i32: VALUE_TYPE.i32,
  i64: VALUE_TYPE.i64,
  f32: VALUE_TYPE.f32,
  f64: VALUE_TYPE.f64,
}

const VALUE_SCRATCH: ReadonlyMap<number, Scratch> = new Map<number, Scratch>([
  [VALUE_TYPE.i32, 'i32'],
  [VALUE_TYPE.i64, 'i64'],
  [VALUE_TYPE.f32, 'f32'],
  [VALUE_TYPE.f64, 'f64'],
])

/** The new body (locals and code, without its size). Throws `wasm.frame_too_large`. */
export function rewriteFunction(context: RewriteContext, index: number, body: FunctionBody): Uint8Array {
  return new FunctionRewriter(context, index, body).run()
}

class FunctionRewriter {
  private readonly context: RewriteContext
  private readonly body: FunctionBody
  private readonly type: FunctionType
  private readonly control = new ControlStack()
  private readonly scratch = new Map<Scratch, number>()
  private readonly instruction: Instruction = makeInstruction()
  private readonly reader: BinaryReader
  private readonly fuel: FuelPlace
  /** Not a small leaf: checks the fuel at its entry and is charged stack. */
  private readonly guarded: boolean
  /** Values that instructions produce: what an optimising compiler might keep alive all at once. */
  private values = 0
  /** The body is wrapped in a block when something must happen at its one exit. */
  private readonly wrapped: boolean
  private readonly out = new ByteWriter()
  /** Code since the last leader; its price is known when it ends. */
  private readonly segment = new ByteWriter()
  private segmentFuel = 0
  private segmentChecks: boolean
  /** The rest of the innermost block cannot be reached. */
  private dead = false
  /** Blocks opened inside of unreachable code. */
  private deadDepth = 0

  constructor(context: RewriteContext, index: number, body: FunctionBody) {
    const { module } = context
    this.context = context
    this.body = body
    this.type = module.types[module.functions[index] ?? -1] ?? NO_TYPE
    this.reader = new BinaryReader(module.bytes, body.codeAt, body.end)
    this.fuel = { global: context.globals.fuel, local: body.loops ? this.local('fuel') : undefined }
    this.guarded = body.calls || body.end - body.codeAt > WASM_LIMITS.smallLeafBytesMax
    this.wrapped = body.loops || this.guarded
    this.segmentChecks = this.guarded
    context.positions?.beginFunction(body.codeAt)
  }

  run(): Uint8Array {
    this.control.open(OP.block, 0, this.type.results.length)
    while (this.control.depth > 0) {
      readInstruction(this.reader, this.instruction)
      if (this.dead) this.skipDead()
      else this.rewrite()
    }
    return this.assemble()
  }

  /** Declarations, prologue, body, epilogue. */
  private assemble(): Uint8Array {
    const { context, body, out } = this
    const { stack } = context.globals
    this.checkFrame()
    const stackBytes = this.stackBytes()
    const result = new ByteWriter(out.length + 64)
    const declared = new BinaryReader(context.module.bytes, body.localsAt, body.codeAt)
    declared.u32()
    result.u32(body.localGroups + this.scratch.size).raw(declared.take(declared.end - declared.offset))
    for (const name of this.scratch.keys()) result.op(1, SCRATCH_TYPE[name])
    if (this.guarded) emitStackEnter(result, stack, stackBytes)
    emitReload(result, this.fuel)
    if (this.wrapped) this.emitBlockType(result.byte(OP.block))
    context.positions?.endFunction(result.length, result.length + out.length, body.end - 1)
    result.raw(out.view())
    if (!this.wrapped) return result.take()
    if (this.guarded) emitStackLeave(result, stack, stackBytes)
    emitSpill(result, this.fuel)
    return result.byte(OP.end).take()
  }

  private emitBlockType(result: ByteWriter): void {
    const { results } = this.type
    const [first] = results
    if (first === undefined) result.byte(0x40)
    else if (results.length === 1) result.byte(first)
    else result.signed(this.context.blockTypeOf(results))
  }

  /** The frame as the function describes it, which is what a baseline compiler makes of it. */
  private checkFrame(): void {
    const slots = this.variables() + this.control.heightMax + this.type.results.length + 4
    const bytes = WASM_LIMITS.frameBytesConstant + 8 * slots
    if (bytes <= WASM_LIMITS.frameBytesMax) return
    throw refusal(
      'wasm.frame_too_large',
      this.body.localsAt,
      `a frame of ${bytes} bytes, at most ${WASM_LIMITS.frameBytesMax}`,
    )
  }

  /**
   * An upper estimate for every tier. An optimising compiler merges equal expressions and moves pure ones behind a call,
   * so that any value may live across it; a moved expression keeps its operands alive in its place.
   */
  private stackBytes(): number {
    const slots = 2 * (this.variables() + this.control.heightMax) + this.type.results.length + this.values + 4
    return WASM_LIMITS.frameBytesConstant + 8 * slots
  }

  /** Parameters, locals and added locals. */
  private variables(): number {
    return this.type.parameters.length + this.body.localCount + this.scratch.size
  }

  private local(name: Scratch): number {
    const known = this.scratch.get(name)
    if (known !== undefined) return known
    const index = this.type.parameters.length + this.body.localCount + this.scratch.size
    this.scratch.set(name, index)
    return index
  }

  /** Passes over unreachable code up to the `else` or `end` that ends it. */
  private skipDead(): void {
    switch (this.instruction.code) {
      case OP.block:
      case OP.loop:
      case OP.if:
        this.deadDepth += 1
        break
      case OP.else:
        if (this.deadDepth === 0) this.rewriteElse()
        break
      case OP.end:
        if (this.deadDepth === 0) this.rewriteEnd()
        else this.deadDepth -= 1
        break
      default:
    }
  }

  private rewrite(): void {
    const { code } = this.instruction
    const opcode = OPCODES[code]
    if (opcode === undefined) throw new Error('rewrite: an opcode that the allow-list pass let through')
    this.context.positions?.mark(this.segment.length, this.instruction.start)
    if (code === OP.loop) {
      this.rewriteLoop()
      return
    }
    this.segmentFuel += opcode.fuel
    this.values += opcode.pushes
    this.control.pop(opcode.pops)
    if (code <= OP.callIndirect) this.rewriteControl(code)
    else if (code >= OP.i32Store && code <= OP.memoryGrow) this.rewriteMemory(code)
    else if (code >= OP.memoryCopy) this.rewriteBulk()
    else this.copyCanonical(code)
    this.control.push(opcode.pushes)
  }

  private rewriteControl(code: number): void {
    switch (code) {
      case OP.block:
        this.openBlock(code)
        break
      case OP.if:
        this.openBlock(code)
        this.startSegment(false)
        break
      case OP.else:
        this.rewriteElse()
        break
      case OP.end:
        this.rewriteEnd()
        break
      case OP.brIf:
        this.control.target(this.instruction.operand)
        this.copy()
        this.startSegment(false)
        break
      case OP.call:
      case OP.callIndirect:
        this.rewriteCall(code)
        break
      case OP.br:
      case OP.brTable:
      case OP.return:
      case OP.unreachable:
        this.leave(code)
        break
      default: // nop
        this.copy()
    }
  }

  /** Instructions after which the block is dead. */
  private leave(code: number): void {
    if (code === OP.br) this.control.target(this.instruction.operand)
    if (code === OP.brTable) for (const label of this.instruction.targets) this.control.target(label)
    if (code === OP.return && this.wrapped) this.segment.byte(OP.br).u32(this.control.depth - 1)
    else this.copy()
    this.dead = true
  }

  private openBlock(code: number): void {
    const type = this.blockType(this.instruction.operand)
    this.copy()
    this.control.open(code, type.parameters.length, type.results.length)
  }

  /** The header of a loop ends the segment before it; its own weight is paid on every round. */
  private rewriteLoop(): void {
    this.openBlock(OP.loop)
    this.startSegment(true)
    this.segmentFuel = OPCODES[OP.loop]?.fuel ?? 0
  }

  private rewriteElse(): void {
    this.control.restart()
    this.dead = false
    this.segment.byte(OP.else)
    this.startSegment(false)
  }

  /** A leader follows the end of an `if`, of a block that is a target, and of one that ends dead. */
  private rewriteEnd(): void {
    const frame = this.control.close()
    const leader = this.dead || frame.targeted || frame.kind === OP.if
    this.dead = false
    this.segment.byte(OP.end)
    if (leader || this.control.depth === 0) this.startSegment(false)
  }

  private rewriteCall(code: number): void {
    const { module } = this.context
    const { operand } = this.instruction
    const typeIndex = code === OP.call ? module.functions[operand] : operand
    const type = module.types[typeIndex ?? -1] ?? NO_TYPE
    this.control.pop(type.parameters.length)
    emitSpill(this.segment, this.fuel)
    this.copy()
    emitReload(this.segment, this.fuel)
    this.control.push(type.results.length)
    this.values += type.results.length
  }

  private rewriteMemory(code: number): void {
    const { segment, context } = this
    const { dirty, pages } = context.globals
    if (code === OP.memorySize) {
      segment.byte(OP.globalGet).u32(pages)
    } else if (code === OP.memoryGrow) {
      emitGrow(segment, pages, context.capPages, this.local('address'))
    } else {
      const address = this.local('address')
      const value = this.local(VALUE_SCRATCH.get(storedType(code)) ?? 'i32')
      segment.byte(OP.localSet).u32(value).byte(OP.localTee).u32(address).byte(OP.localGet).u32(value)
      this.copy()
      emitMarkStore(segment, dirty, address, this.instruction.operand)
    }
  }

  /** The price of a bulk operation is charged and checked before it; what it wrote is marked after it. */
  private rewriteBulk(): void {
    const { segment } = this
    const destination = this.local('address')
    const second = this.local('i32')
    const length = this.local('length')
    segment.byte(OP.localSet).u32(length).byte(OP.localSet).u32(second).byte(OP.localSet).u32(destination)
    emitChargeLength(segment, this.fuel, length)
    emitFuelCheck(segment, this.fuel)
    segment.byte(OP.localGet).u32(destination).byte(OP.localGet).u32(second).byte(OP.localGet).u32(length)
    this.copy()
    segment.byte(OP.localGet).u32(destination).byte(OP.localGet).u32(length)
    segment.byte(OP.call).u32(this.context.markFunction)
  }

  private copyCanonical(code: number): void {
    this.copy()
    const nan32 = makesNanF32(code)
    const nan64 = makesNanF64(code)
    if (nan32) emitCanonicalF32(this.segment, this.local('f32'))
    if (nan64) emitCanonicalF64(this.segment, this.local('f64'))
    // The comparison and the selection are values too.
    if (nan32 || nan64) this.values += 2
  }

  private copy(): void {
    this.segment.raw(this.context.module.bytes.subarray(this.instruction.start, this.reader.offset))
  }

  /** Writes the segment with its price in front and begins another. */
  private startSegment(checks: boolean): void {
    const priceAt = this.out.length
    if (this.segmentFuel > 0) emitCharge(this.out, this.fuel, this.segmentFuel)
    if (this.segmentChecks) emitFuelCheck(this.out, this.fuel)
    this.context.positions?.endSegment(priceAt, this.out.length)
    this.out.raw(this.segment.view())
    this.segment.reset()
    this.segmentFuel = 0
    this.segmentChecks = checks
    this.context.positions?.beginSegment(this.reader.offset)
  }

  private blockType(operand: number): FunctionType {
    if (operand === EMPTY_BLOCK) return NO_TYPE
    if (operand < 0) return { parameters: [], results: [-operand] }
    const type = this.context.module.types[operand]
    if (type === undefined) throw new Error('rewrite: a block type of an invalid module')
    return type
  }
}
