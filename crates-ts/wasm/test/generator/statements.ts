/** Statements: each leaves the operand stack as it was. */
import type { Body } from './body.ts'
import { DEPTH_MAX, writeAway, writeExpression, writeGuarded } from './expressions.ts'
import { alignment, writeAddress, writeBulkAddress, writeLength } from './memory-operands.ts'
import { F32, F64, I32, I64, NAN_MAKERS, STORES, type Type } from './operations.ts'
import { ALLOC, NAMED_GLOBALS, typesOf, type Signature } from './plan.ts'

/** Up to `most` statements; each leaves the operand stack as it was. */
export function writeStatements(body: Body, depth: number, most: number): void {
  for (let count = body.plan.choices.below(most + 1); count > 0 && body.budget > 0; count -= 1) {
    writeStatement(body, depth)
  }
}

function writeStatement(body: Body, depth: number): void {
  body.budget -= 1
  const { risk, choices } = body.plan
  const operand = (type: Type): void => writeExpression(body, type, depth + 1)
  const deep = depth >= DEPTH_MAX
  const nested = deep ? 0 : 1
  const kind = choices.weighted([
    ...[2, 10, 8, 14, 3],
    ...[8 * nested, 4 * nested, body.loops < 2 ? 6 * nested : 0, 4 * nested],
    ...[6, 5, 3, 4, 3 * nested, risk],
    body.plan.floats === 'seen' ? 8 : 0,
  ])
  const statements = [
    (): void => body.op(0x01),
    (): void => writeSet(body, operand),
    (): void => writeGlobalSet(body, operand),
    (): void => writeStore(body, operand),
    (): void => {
      operand(choices.pick(typesOf(body.plan)))
      body.op(0x1a)
    },
    (): void => writeIf(body, depth),
    (): void => writePlainBlock(body, depth),
    (): void => writeLoop(body, depth),
    (): void => writeSwitch(body, depth),
    (): void => writeGuarded(body, FIRST + choices.below(body.plan.functions.length - FIRST), undefined, operand),
    (): void => writeBulk(body, operand),
    (): void => writeGrow(body, operand),
    (): void => writeExit(body, operand),
    (): void => {
      body.open(0x02, NOTHING)
      writeDead(body, depth, () => body.indexed(0x0c, 0))
      body.end()
    },
    (): void => writeMisdeed(body, depth),
    (): void => writeSeenNan(body, operand),
  ]
  statements[kind]?.()
}

const NOTHING: Signature = { parameters: [], results: [] }

/** Functions from here may be called: `alloc` too would be possible, but it moves what the host relies on. */
const FIRST = ALLOC + 1

function writeSet(body: Body, operand: (type: Type) => void): void {
  if (body.free.length === 0) return
  const target = body.plan.choices.pick(body.free)
  operand(body.locals[target] ?? I32)
  body.indexed(0x21, target)
}

function writeGlobalSet(body: Body, operand: (type: Type) => void): void {
  const { globals, choices } = body.plan
  const able = globals.flatMap(({ mutable }, index) => (mutable && index >= NAMED_GLOBALS ? [index] : []))
  if (able.length === 0) return
  const target = choices.pick(able)
  operand(globals[target]?.type ?? I32)
  body.indexed(0x24, target)
}

function writeStore(body: Body, operand: (type: Type) => void): void {
  const { choices, floats } = body.plan
  const integers: readonly Type[] = [I32, I64]
  const allowed = floats !== 'seen' ? integers : choices.pick([integers, [F32, F64]])
  const access = choices.pick(STORES.filter(({ type }) => allowed.includes(type)))
  const offset = writeAddress(body, () => operand(I32))
  operand(access.type)
  body.access(access.code, alignment(body, access), offset)
}

/** Something that is often a NaN, from an instruction that can make one, into memory. */
function writeSeenNan(body: Body, operand: (type: Type) => void): void {
  const { choices } = body.plan
  const { code, operands, result } = choices.pick(NAN_MAKERS)
  const access = STORES.find(({ type }) => type === result)
  if (access === undefined) throw new Error('generator: no store for a float')
  const offset = writeAddress(body, () => operand(I32))
  for (const type of operands) {
    if (choices.rarely(2)) operand(type)
    else body.constant(type)
  }
  body.op(code)
  body.access(access.code, alignment(body, access), offset)
}

function writeIf(body: Body, depth: number): void {
  writeExpression(body, I32, depth + 1)
  body.open(0x04, NOTHING)
  writeStatements(body, depth + 1, 3)
  if (body.plan.choices.rarely(2)) {
    body.op(0x05)
    writeStatements(body, depth + 1, 3)
  }
  body.end()
}

function writePlainBlock(body: Body, depth: number): void {
  body.open(0x02, NOTHING)
  writeStatements(body, depth + 1, 4)
  body.end()
}

/** A loop that counts down a local of its own, at its head or at its end. */
function writeLoop(body: Body, depth: number): void {
  const { choices } = body.plan
  const counter = body.local(I32, false)
  body.i32(choices.pick([2, 1, 3, 5, 8, 40]))
  body.indexed(0x21, counter)
  body.loops += 1
  const atHead = choices.rarely(2)
  if (atHead) body.open(0x02, NOTHING)
  body.open(0x03, NOTHING)
  if (atHead) {
    body.indexed(0x20, counter)
    body.op(0x45)
    body.indexed(0x0d, 1)
  } else writeStatements(body, depth + 1, 4)
  body.indexed(0x20, counter)
  body.i32(1)
  body.op(0x6b)
  body.indexed(0x22, counter)
  if (atHead) {
    body.op(0x1a)
    writeStatements(body, depth + 1, 4)
    body.indexed(0x0c, 0)
    if (choices.rarely(3)) writeJunk(body, depth)
  } else {
    body.i32(0)
    body.op(0x4a)
    body.indexed(0x0d, 0)
  }
  body.end()
  if (atHead) body.end()
  body.loops -= 1
}

function writeSwitch(body: Body, depth: number): void {
  const { choices } = body.plan
  const arms = 1 + choices.below(4)
  for (let arm = 0; arm < arms; arm += 1) body.open(0x02, NOTHING)
  const targets = Array.from({ length: choices.below(6) + 1 }, () => choices.below(arms))
  writeExpression(body, I32, depth + 1)
  if (choices.rarely(2)) {
    body.i32(7)
    body.op(0x71)
  }
  body.code.emit(0x0e, (out) => out.u32(targets.length - 1).raw(Uint8Array.from(targets)))
  if (choices.rarely(3)) writeJunk(body, depth)
  for (let arm = 0; arm < arms; arm += 1) {
    body.end()
    writeStatements(body, depth + 1, 2)
    if (arm + 1 < arms && choices.rarely(2)) body.indexed(0x0c, arms - arm - 2)
  }
}

function writeBulk(body: Body, operand: (type: Type) => void): void {
  const fill = body.plan.choices.rarely(2)
  for (let at = fill ? 1 : 0; at < 2; at += 1) writeBulkAddress(body, () => operand(I32))
  if (fill) operand(I32)
  writeLength(body, operand)
  body.code.emit(fill ? 0x10b : 0x10a, (out) => (fill ? out.byte(0) : out.op(0, 0)))
}

function writeGrow(body: Body, operand: (type: Type) => void): void {
  const { choices } = body.plan
  body.plan.grows = true
  operand(I32)
  if (choices.rarely(4)) body.i32(-65_536)
  else body.i32(1)
  body.op(choices.rarely(4) ? 0x72 : 0x71)
  body.code.emit(0x40, (out) => out.byte(0))
  writeAway(body, I32)
}

/** A branch out, or a return, under a condition. */
function writeExit(body: Body, operand: (type: Type) => void): void {
  const { choices } = body.plan
  const outward = body.labels.flatMap(({ types, loop }, at) =>
    types.length === 0 && (!loop || choices.rarely(8)) ? [body.labels.length - 1 - at] : [],
  )
  operand(I32)
  if (outward.length > 0) {
    body.indexed(0x0d, choices.pick(outward))
    return
  }
  body.open(0x04, NOTHING)
  body.signature.results.forEach((type, at) => {
    const fixed = body.returned?.[at]
    if (fixed === undefined) operand(type)
    else body.i32(fixed)
  })
  body.op(0x0f)
  body.end()
}

/** What nothing can reach: operands from nowhere, blocks, branches. `leave` makes the rest of the block dead. */
export function writeDead(body: Body, depth: number, leave: () => void): void {
  writeStatements(body, depth + 1, 1)
  leave()
  writeJunk(body, depth)
}

/** Stands where the operand stack is polymorphic. */
function writeJunk(body: Body, depth: number): void {
  const { choices } = body.plan
  for (let count = choices.below(4); count > 0; count -= 1) {
    const kind = choices.below(5)
    if (kind === 0) body.op(0x1a)
    else if (kind === 1) body.op(0x6a, 0x1a)
    else if (kind === 2) body.op(0x1b, 0x1a)
    else if (kind === 3) writeStatements(body, depth + 1, 1)
    else body.access(0x36, 0, 0)
  }
}

/** What ends a call badly, or never. */
function writeMisdeed(body: Body, depth: number): void {
  const { choices } = body.plan
  writeExpression(body, I32, depth + 1)
  body.op(0x45)
  body.open(0x04, NOTHING)
  if (choices.rarely(3)) {
    body.open(0x03, NOTHING)
    writeStatements(body, depth + 1, 2)
    body.indexed(0x0c, 0)
    body.end()
  } else {
    body.op(0x00)
  }
  body.end()
}
