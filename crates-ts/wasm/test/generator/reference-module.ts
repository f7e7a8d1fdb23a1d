/** The functions and globals that the reference has behind those of the module (see code-writer.ts). */
import { WASM_LIMITS } from '../../src/index.ts'
import { ByteWriter } from '../../src/byte-writer.ts'
import { F32, F64, I32, type Type } from './operations.ts'
import type { ModulePlan, Signature } from './plan.ts'

/** No frame costs less than this, so no call that is `ok` goes deeper. */
export const DEPTH_MAX: number = Math.ceil(WASM_LIMITS.stackBytes / WASM_LIMITS.frameBytesConstant)

/** Globals behind those of the module, in order: spent, limit, depth, deepest, pages. */
export function referenceGlobals(plan: ModulePlan): Uint8Array {
  const out = new ByteWriter()
  out.op(0x7e, 1, 0x42, 0, 0x0b)
  out.op(0x7e, 1, 0x42, 0, 0x0b)
  out.op(0x7f, 1, 0x41, 0, 0x0b)
  out.op(0x7f, 1, 0x41, 0, 0x0b)
  return out.op(0x7f, 1, 0x41).signed(plan.minPages).byte(0x0b).take()
}

export const REFERENCE_GLOBALS = 5

/** Exports of the reference beside those of the module, as global indexes behind those of the module. */
export const REFERENCE_EXPORTS: readonly (readonly [string, number])[] = [
  ['spent', 0],
  ['limit', 1],
  ['depth', 2],
  ['deepest', 3],
]

const NONE: Signature = { parameters: [], results: [] }

function one(type: Type): Signature {
  return { parameters: [type], results: [type] }
}

/** In the order of ReferenceIndexes: enter, round, down, up, bulk, canonical32, canonical64, size, grow. */
export const REFERENCE_FUNCTIONS: readonly Signature[] = [
  ...[NONE, NONE, NONE, NONE],
  ...[one(I32), one(F32), one(F64), { parameters: [], results: [I32] }, one(I32)],
]

export function referenceBodies(plan: ModulePlan): readonly Uint8Array[] {
  const spent = plan.globals.length
  const [limit, depth, deepest, pages] = [spent + 1, spent + 2, spent + 3, spent + 4]
  const body = (write: (out: ByteWriter) => void): Uint8Array => {
    const out = new ByteWriter().byte(0)
    write(out)
    return out.byte(0x0b).take()
  }
  const check = (out: ByteWriter): void => {
    out.byte(0x23).u32(spent).byte(0x23).u32(limit).op(0x55, 0x04, 0x40, 0x00, 0x0b)
  }
  const add = (out: ByteWriter, amount: number): void => {
    out.byte(0x23).u32(depth).byte(0x41).signed(amount).op(0x6a, 0x24).u32(depth)
  }
  const enter = body((out) => {
    check(out)
    out.byte(0x23).u32(depth).byte(0x23).u32(deepest).op(0x4a, 0x04, 0x40)
    out.byte(0x23).u32(depth).byte(0x24).u32(deepest).byte(0x0b)
    out.byte(0x23).u32(depth).byte(0x41).signed(DEPTH_MAX).op(0x4a, 0x04, 0x40, 0x00, 0x0b)
  })
  const bulk = body((out) => {
    out.byte(0x23).u32(spent).op(0x20, 0, 0xad, 0x42, 3, 0x88, 0x7c, 0x24).u32(spent)
    check(out)
    out.op(0x20, 0)
  })
  // x when x = x, else the constant.
  const canonical32 = body((out) =>
    out.op(0x20, 0, 0x20, 0, 0x5b, 0x04, 0x7d, 0x20, 0, 0x05, 0x43, 0, 0, 0xc0, 0x7f, 0x0b),
  )
  const canonical64 = body((out) =>
    out.op(0x20, 0, 0x20, 0, 0x61, 0x04, 0x7c, 0x20, 0, 0x05, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0x0b),
  )
  const grow = body((out) => {
    // In 64 bits: pages + n > cap, else the old number of pages.
    out.byte(0x23).u32(pages).op(0xad, 0x20, 0, 0xad, 0x7c, 0x42).signed(plan.capPages).op(0x56, 0x04, 0x40)
    out.op(0x41, 0x7f, 0x0f, 0x0b)
    out.byte(0x23).u32(pages).byte(0x23).u32(pages).op(0x20, 0, 0x6a, 0x24).u32(pages)
  })
  return [
    enter,
    body(check),
    body((out) => add(out, 1)),
    body((out) => add(out, -1)),
    bulk,
    canonical32,
    canonical64,
    body((out) => out.byte(0x23).u32(pages)),
    grow,
  ]
}
