/** The functions with a meaning: `alloc`, the entry points with a checksum over what may have leaked, and `digest`. */
import type { Body } from './body.ts'
import { writeExpression } from './expressions.ts'
import { F32, F64, I32, I64, type Type } from './operations.ts'
import { HEAP_GLOBAL, RETURN_POINTER, type ModulePlan } from './plan.ts'
import { writeStatements } from './statements.ts'

/** Where the output is put together. */
const OUTPUT = 512
const OUTPUT_BYTES = 24
/** Where inputs lie when there is no heap. */
const ALLOCATED = 16_384

/** Digested at the end of a call: the start of the memory, borders of chunks, and the last bytes of the first page. */
const WINDOWS: readonly (readonly [number, number])[] = [
  [0, 256],
  [1008, 1040],
  [3064, 3088],
  [4088, 4112],
  [8184, 8208],
  [32_768, 32_832],
  [65_480, 65_536],
]

/** (size) -> address: fixed, a heap that is reset, or one that grows the memory; at risk also what the host must refuse. */
export function writeAlloc(body: Body): void {
  const { choices, risk, minPages } = body.plan
  body.returned = [ALLOCATED]
  const kind = choices.weighted([3, 5, 3, risk === 2 ? 1 : 0])
  if (choices.rarely(6)) writeStatements(body, 3, 2)
  if (kind === 0) body.i32(ALLOCATED + choices.below(4096))
  else if (kind === 3) {
    body.plan.gap = true
    writeExpression(body, I32)
  } else writeBump(body, kind === 2, minPages)
}

function writeBump(body: Body, grows: boolean, minPages: number): void {
  const size = 0
  body.indexed(0x23, HEAP_GLOBAL)
  body.indexed(0x23, HEAP_GLOBAL)
  body.indexed(0x20, size)
  body.op(0x6a)
  body.i32(15)
  body.op(0x6a)
  body.i32(-8)
  body.op(0x71)
  body.indexed(0x24, HEAP_GLOBAL)
  if (!grows) return
  // A page with every call; where there is none, back to the middle of the first.
  body.plan.grows = true
  body.i32(1)
  body.code.emit(0x40, (out) => out.byte(0))
  body.i32(-1)
  body.op(0x46)
  body.open(0x04, { parameters: [], results: [] })
  body.i32(minPages * 32_768)
  body.indexed(0x24, HEAP_GLOBAL)
  body.end()
}

/** An entry point: digests the input, does something, digests memory and globals, returns. */
export function writeEntry(body: Body): void {
  const { plan, signature } = body
  const { choices } = plan
  const pointer = signature.parameters.length === RETURN_POINTER.parameters.length
  const input = pointer ? 1 : 0
  if (!pointer) body.returned = [OUTPUT, OUTPUT_BYTES]
  const sum = body.local(I64, false)
  const digest = plan.functions.length - 1
  body.indexed(0x20, input)
  body.indexed(0x20, input)
  body.indexed(0x20, input + 1)
  body.op(0x6a)
  body.i64(1n)
  body.indexed(0x10, digest)
  body.indexed(0x21, sum)
  body.open(0x02, { parameters: [], results: [] })
  writeStatements(body, 0, 12)
  body.end()
  for (const [from, to] of WINDOWS) {
    body.i32(from)
    body.i32(to)
    body.indexed(0x20, sum)
    body.indexed(0x10, digest)
    body.indexed(0x21, sum)
  }
  plan.globals.forEach(({ type }, index) => {
    mix(body, sum, () => {
      body.indexed(0x23, index)
      writeAsI64(body, plan, type)
    })
  })
  mix(body, sum, () => {
    body.code.emit(0x3f, (out) => out.byte(0))
    body.op(0xad)
  })
  body.i32(OUTPUT)
  body.indexed(0x20, sum)
  body.access(0x37, 3, 8)
  const bad = plan.risk === 2 && choices.rarely(8)
  if (bad) plan.gap = true
  const place = (): void => (bad ? writeExpression(body, I32) : body.i32(OUTPUT))
  const length = (): void => body.i32(OUTPUT_BYTES)
  if (!pointer) {
    place()
    length()
    return
  }
  for (const [part, offset] of [
    [place, 0],
    [length, 4],
  ] as const) {
    body.indexed(0x20, 0)
    part()
    body.access(0x36, 2, offset)
  }
}

/** sum := rotl(sum, 7) * odd + value */
function mix(body: Body, sum: number, value: () => void): void {
  body.indexed(0x20, sum)
  body.i64(7n)
  body.op(0x89)
  body.i64(0x9e37_79b9_7f4a_7c15n)
  body.op(0x7e)
  value()
  body.op(0x7c)
  body.indexed(0x21, sum)
}

/** A value as 64 bits; floats by their bits only where NaN may be seen. */
function writeAsI64(body: Body, plan: ModulePlan, type: Type): void {
  if (type === I32) body.op(0xad)
  else if (type === F32) body.op(...(plan.floats === 'seen' ? [0xbc, 0xad] : [0x104]))
  else if (type === F64) body.op(plan.floats === 'seen' ? 0xbd : 0x106)
}

/** (from, to, start) -> checksum of the bytes from `from` up to `to`. */
export function writeDigest(body: Body): void {
  const [from, to, sum] = [0, 1, 2]
  body.open(0x02, { parameters: [], results: [] })
  body.open(0x03, { parameters: [], results: [] })
  body.indexed(0x20, from)
  body.indexed(0x20, to)
  body.op(0x4f)
  body.indexed(0x0d, 1)
  mix(body, sum, () => {
    body.indexed(0x20, from)
    body.access(0x31, 0, 0)
  })
  body.indexed(0x20, from)
  body.i32(1)
  body.op(0x6a)
  body.indexed(0x21, from)
  body.indexed(0x0c, 0)
  body.end()
  body.end()
  body.indexed(0x20, sum)
}
