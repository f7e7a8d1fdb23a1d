/** One function while its code is generated: locals, labels, what may still be spent, and the simplest instructions. */
import { ByteWriter } from '../../src/byte-writer.ts'
import { CodeWriter } from './code-writer.ts'
import { I32, type Type } from './operations.ts'
import { writeConstant, type ModulePlan, type Signature } from './plan.ts'

/** What a branch to an open block takes along. */
export interface Label {
  readonly types: readonly Type[]
  readonly loop: boolean
}

/** What expressions need of statements, which need expressions. */
export interface Grammar {
  /** Up to `most` statements. */
  readonly statements: (body: Body, depth: number, most: number) => void
  /** What nothing can reach; `leave` makes the rest of the block dead. */
  readonly dead: (body: Body, depth: number, leave: () => void) => void
}

/** A body with its declarations, plain and for the reference, without sizes. */
export interface FinishedBody {
  readonly plain: Uint8Array
  readonly reference: Uint8Array
  /** No frame of it is charged more. */
  readonly chargeMax: number
  /** Opcodes that stand in it. */
  readonly codes: ReadonlySet<number>
}

export class Body {
  readonly plan: ModulePlan
  readonly grammar: Grammar
  readonly signature: Signature
  readonly code: CodeWriter
  /** Parameters and locals. */
  readonly locals: Type[]
  /** Locals that generated code may overwrite. */
  readonly free: number[]
  /** Open blocks, the function first. */
  readonly labels: Label[]
  /** Instructions that may still be generated, about. */
  budget: number
  loops = 0
  /** Addresses and lengths that the host uses: what an early return gives instead of anything. */
  returned: readonly number[] | undefined

  constructor(plan: ModulePlan, grammar: Grammar, signature: Signature, budget: number) {
    this.plan = plan
    this.grammar = grammar
    this.signature = signature
    this.code = new CodeWriter(plan.reference)
    this.locals = [...signature.parameters]
    this.free = []
    this.labels = [{ types: signature.results, loop: false }]
    this.budget = budget
  }

  /** Declares a local; generated code may read it, and write it when `free`. */
  local(type: Type, free: boolean): number {
    this.locals.push(type)
    const index = this.locals.length - 1
    if (free) this.free.push(index)
    return index
  }

  constant(type: Type): void {
    const out = new ByteWriter(16)
    writeConstant(out, this.plan.choices, type)
    const [code = 0, ...rest] = out.view()
    this.code.emit(code, (to) => to.op(...rest))
  }

  i32(value: number): void {
    this.code.emit(0x41, (out) => out.signed(value | 0))
  }

  i64(value: bigint): void {
    this.code.emit(0x42, (out) => out.signed64(value))
  }

  /** An instruction with one index. */
  indexed(code: number, index: number): void {
    this.code.emit(code, (out) => out.u32(index))
  }

  op(...codes: readonly number[]): void {
    for (const code of codes) this.code.emit(code)
  }

  /** Opens `block`, `loop` or `if`. */
  open(code: number, signature: Signature): void {
    const [result] = signature.results
    const simple = signature.parameters.length === 0 && signature.results.length <= 1
    const type = simple ? 0 : this.plan.types.indexOf(signature)
    this.code.emit(code, (out) => (simple ? out.byte(result ?? 0x40) : out.signed(type)))
    const loop = code === 0x03
    this.labels.push({ types: loop ? signature.parameters : signature.results, loop })
  }

  end(): void {
    this.labels.pop()
    this.op(0x0b)
  }

  access(code: number, align: number, offset: number): void {
    this.code.emit(code, (out) => out.u32(align).u32(offset))
  }

  /** Indexes of locals of a type. */
  localsOf(type: Type, among: readonly number[] = [...this.locals.keys()]): readonly number[] {
    return among.filter((index) => this.locals[index] === type)
  }

  finish(): FinishedBody {
    const declared = this.locals.slice(this.signature.parameters.length)
    const groups: { type: Type; count: number }[] = []
    for (const type of declared) {
      const last = groups.at(-1)
      if (last?.type === type && !this.plan.choices.rarely(4)) last.count += 1
      else groups.push({ type, count: 1 })
    }
    // A group of none is legal and must not move an index.
    if (this.plan.choices.rarely(16)) groups.push({ type: I32, count: 0 })
    const declarations = new ByteWriter().u32(groups.length)
    for (const { type, count } of groups) declarations.u32(count).byte(type)
    const complete = (code: ByteWriter): Uint8Array =>
      new ByteWriter(code.length + 64).raw(declarations.view()).raw(code.view()).take()
    // Above any charge that spec/05-determinism.md, "Stack" can give: at most 4 values an instruction.
    const slots = 2 * (this.locals.length + 7 + 4 * this.code.count) + 4 * this.code.count + 20
    return {
      plain: complete(this.code.plain),
      reference: complete(this.code.reference),
      chargeMax: 96 + 8 * slots,
      codes: this.code.codes,
    }
  }
}
