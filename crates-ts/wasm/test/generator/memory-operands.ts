/** Addresses: mostly within the pages that exist, often at a border of a chunk, a page or the memory. */
import type { Body } from './body.ts'
import { I32, type Access } from './operations.ts'

const PAGE = 65_536

/** Borders of chunks and pages; stores around them straddle. */
const BORDERS: readonly number[] = [1024, 2048, 3072, 4096, 5120, 8192, 16_384, 40_960, 49_152, 65_536]

const MASKS: readonly number[] = [0xff, 0x3ff, 0xfff, 0x7fff]

/** Leaves an address on the operand stack and returns the offset for the memory argument. */
export function writeAddress(body: Body, expression: () => void): number {
  const { plan } = body
  const { choices } = plan
  const small = plan.minPages * PAGE
  switch (choices.weighted(plan.risk === 0 ? [5, 5, 0, 0] : [5, 5, 1, 1])) {
    case 0:
      expression()
      body.i32(choices.pick(MASKS))
      body.op(0x71)
      return choices.rarely(3) ? choices.below(32_000) : 0
    case 1:
      return writeBorder(body, choices.pick(BORDERS), small)
    case 2:
      // The last bytes of the memory, and what straddles its end.
      body.i32(plan.capPages * PAGE - choices.below(12))
      if (small !== plan.capPages * PAGE) plan.gap = true
      return choices.below(4)
    default:
      expression()
      plan.gap = true
      return choices.pick([0, 65_528, 0x7fff_fff0, 0xffff_fff8])
  }
}

/** A constant near a border; 16 bytes from there lie within the pages that exist from the beginning. */
function writeBorder(body: Body, border: number, small: number): number {
  const { choices } = body.plan
  const at = Math.min(border, small - 16) - choices.below(9)
  const offset = choices.rarely(2) ? 0 : choices.below(at)
  body.i32(at - offset)
  return offset
}

/** An alignment that the access may state: any up to its size. */
export function alignment(body: Body, access: Access): number {
  return body.plan.choices.rarely(4) ? body.plan.choices.below(access.width + 1) : access.width
}

/** The address of a bulk operation: where the memory may grow, far enough from the end of its first page. */
export function writeBulkAddress(body: Body, expression: () => void): void {
  const { plan } = body
  if (plan.minPages !== plan.capPages) {
    expression()
    body.i32(0x7fff)
    body.op(0x71)
    return
  }
  const offset = writeAddress(body, expression)
  body.i32(offset)
  body.op(0x6a)
}

/** Leaves a length: mostly short. */
export function writeLength(body: Body, expression: (type: typeof I32) => void): void {
  const { choices, risk } = body.plan
  expression(I32)
  if (risk > 0 && choices.rarely(16)) {
    body.plan.gap = true
    return
  }
  body.i32(choices.pick([15, 0, 255, 1023, 8191]))
  body.op(0x71)
}
