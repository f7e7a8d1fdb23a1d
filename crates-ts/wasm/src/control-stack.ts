/** Blocks that are open while a function is rewritten, with the height of the operand stack. Validity is known. */
import { OP } from './opcode-table.ts'

/** A block that is open at a point of a function. */
export interface ControlFrame {
  /** OP.block (also the function itself), OP.loop, OP.if; an `else` keeps OP.if. */
  readonly kind: number
  /** Height below its parameters. */
  readonly height: number
  readonly parameters: number
  readonly results: number
  /** A branch leaves through its end. */
  targeted: boolean
}

/** Follows the height of the value stack through a function, blocks and unreachable code included. */
export class ControlStack {
  private readonly frames: ControlFrame[] = []
  height = 0
  heightMax = 0

  get depth(): number {
    return this.frames.length
  }

  push(count: number): void {
    this.height += count
    if (this.height > this.heightMax) this.heightMax = this.height
  }

  pop(count: number): void {
    this.height -= count
  }

  /** Opens a block whose parameters are on the operand stack. */
  open(kind: number, parameters: number, results: number): void {
    this.frames.push({ kind, height: this.height - parameters, parameters, results, targeted: false })
  }

  /** The innermost block. */
  top(): ControlFrame {
    return this.at(0)
  }

  /** Closes the innermost block and leaves its results. */
  close(): ControlFrame {
    const frame = this.at(0)
    this.frames.pop()
    this.height = frame.height
    this.push(frame.results)
    return frame
  }

  /** Back to the start of the innermost block, for its `else`. */
  restart(): void {
    const frame = this.at(0)
    this.height = frame.height + frame.parameters
  }

  /** Notes a branch to a label. A loop is entered at its head, so its end is not a target. */
  target(label: number): void {
    const frame = this.at(label)
    if (frame.kind !== OP.loop) frame.targeted = true
  }

  private at(label: number): ControlFrame {
    const frame = this.frames[this.frames.length - 1 - label]
    if (frame === undefined) throw new Error('control stack: label of an invalid module')
    return frame
  }
}
