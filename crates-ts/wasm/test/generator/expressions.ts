/** Expressions by a typed stack discipline: what is written always validates. */
import type { Body } from './body.ts'
import { alignment, writeAddress } from './memory-operands.ts'
import { divides, I32, I64, LOADS, OPERATIONS, type Operation, type Type } from './operations.ts'
import { ALLOC, CALLS_GLOBAL, FIRST_ENTRY, typesOf, type ModulePlan } from './plan.ts'

/** Expressions and blocks nest so deep. */
export const DEPTH_MAX = 5

/** Leaves one value of the type. */
export function writeExpression(body: Body, type: Type, depth = 0): void {
  body.budget -= 1
  if (depth >= DEPTH_MAX || body.budget <= 0) {
    writeLeaf(body, type)
    return
  }
  const operand = (wanted: Type): void => writeExpression(body, wanted, depth + 1)
  switch (body.plan.choices.weighted([5, 12, 4, 3, 3, 2, 2, 2, 2])) {
    case 0:
      writeLeaf(body, type)
      break
    case 1:
      writeOperation(body, type, operand)
      break
    case 2:
      writeLoad(body, type, operand)
      break
    case 3:
      operand(type)
      operand(type)
      operand(I32)
      if (body.plan.choices.rarely(4)) body.code.emit(0x1c, (out) => out.u32(1).byte(type))
      else body.op(0x1b)
      break
    case 4:
      writeBlock(body, type, depth)
      break
    case 5:
      writeTee(body, type, operand)
      break
    case 6:
      writeCallFor(body, type, operand)
      break
    case 7:
      writeBranchingValue(body, type, operand)
      break
    default:
      // A value that waits below statements.
      operand(type)
      body.grammar.statements(body, depth + 1, 2)
  }
}

function writeLeaf(body: Body, type: Type): void {
  const { choices, globals } = body.plan
  const locals = body.localsOf(type)
  const known = globals.flatMap((global, index) => (global.type === type ? [index] : []))
  const kind = choices.weighted([2, locals.length > 0 ? 4 : 0, known.length > 0 ? 2 : 0, type === I32 ? 1 : 0])
  if (kind === 1) body.indexed(0x20, choices.pick(locals))
  else if (kind === 2) body.indexed(0x23, choices.pick(known))
  else if (kind === 3) writeOddLeaf(body)
  else body.constant(type)
}

/** memory.size, and what references can be asked. */
function writeOddLeaf(body: Body): void {
  const { choices, tableSize, functions } = body.plan
  const kind = choices.weighted([3, 1, 1, 1])
  if (kind === 0) {
    body.code.emit(0x3f, (out) => out.byte(0))
    return
  }
  if (kind === 1) {
    body.i32(choices.below(tableSize))
    body.indexed(0x25, 0)
  } else if (kind === 2) body.indexed(0xd2, choices.below(functions.length))
  else body.code.emit(0xd0, (out) => out.byte(0x70))
  body.op(0xd1)
}

const TABLES = new Map<string, readonly Operation[]>()

/** Operations that the module may use, by result. */
function operationsFor(plan: ModulePlan, type: Type): readonly Operation[] {
  const key = `${plan.floats} ${Math.min(plan.risk, 1)} ${type}`
  const known = TABLES.get(key)
  if (known !== undefined) return known
  const types = typesOf(plan)
  const found = OPERATIONS.filter(
    ({ code, operands, result, traps, observes }) =>
      result === type &&
      operands.every((operand) => types.includes(operand)) &&
      (plan.floats === 'seen' || !observes) &&
      (!traps || plan.risk > 0 || divides(code)),
  )
  TABLES.set(key, found)
  return found
}

function writeOperation(body: Body, type: Type, operand: (type: Type) => void): void {
  const { choices, risk } = body.plan
  const { code, operands } = choices.pick(operationsFor(body.plan, type))
  for (const wanted of operands) operand(wanted)
  if (divides(code) && (risk === 0 || !choices.rarely(8))) {
    // 1 to 2^31 - 1: neither zero nor -1.
    if (type === I32) body.i32(0x7fff_fffe)
    else body.i64(0x7fff_fffen)
    body.op(type === I32 ? 0x71 : 0x83)
    if (type === I32) body.i32(1)
    else body.i64(1n)
    body.op(type === I32 ? 0x72 : 0x84)
  }
  body.op(code)
}

function writeLoad(body: Body, type: Type, operand: (type: Type) => void): void {
  const access = body.plan.choices.pick(LOADS.filter((load) => load.type === type))
  const offset = writeAddress(body, () => operand(I32))
  body.access(access.code, alignment(body, access), offset)
}

/** A block, an if or a loop with a result and sometimes with parameters. */
function writeBlock(body: Body, type: Type, depth: number): void {
  const { choices } = body.plan
  const parameters = Array.from({ length: choices.below(3) }, () => choices.pick(typesOf(body.plan)))
  for (const parameter of parameters) writeExpression(body, parameter, depth + 1)
  const code = choices.pick([0x02, 0x04, 0x03])
  if (code === 0x04) writeExpression(body, I32, depth + 1)
  body.open(code, { parameters, results: [type] })
  writeArm(body, parameters, type, depth)
  if (code === 0x04) {
    body.op(0x05)
    writeArm(body, parameters, type, depth)
  }
  body.end()
}

/** Takes the parameters of the block, leaves its result. */
function writeArm(body: Body, parameters: readonly Type[], type: Type, depth: number): void {
  const { choices } = body.plan
  const keep = parameters[0] === type && choices.rarely(2) ? 1 : 0
  for (const parameter of parameters.slice(keep).toReversed()) writeAway(body, parameter)
  body.grammar.statements(body, depth + 1, 2)
  if (keep === 0) writeExpression(body, type, depth + 1)
  if (body.labels.at(-1)?.loop === false && choices.rarely(6))
    body.grammar.dead(body, depth, () => body.indexed(0x0c, 0))
}

/** Takes a value off the stack: into a local or away. */
export function writeAway(body: Body, type: Type): void {
  const targets = body.localsOf(type, body.free)
  if (targets.length > 0 && body.plan.choices.rarely(2)) body.indexed(0x21, body.plan.choices.pick(targets))
  else body.op(0x1a)
}

function writeTee(body: Body, type: Type, operand: (type: Type) => void): void {
  operand(type)
  const targets = body.localsOf(type, body.free)
  if (targets.length > 0) body.indexed(0x22, body.plan.choices.pick(targets))
}

/** `br_if` hands its values on when it does not branch. */
function writeBranchingValue(body: Body, type: Type, operand: (type: Type) => void): void {
  const { choices } = body.plan
  operand(type)
  const fitting = body.labels.flatMap(({ types, loop }, at) =>
    !loop && types.length === 1 && types[0] === type && (at > 0 || body.returned === undefined)
      ? [body.labels.length - 1 - at]
      : [],
  )
  if (fitting.length === 0) return
  operand(I32)
  body.indexed(0x0d, choices.pick(fitting))
}

/** A call that leaves one value of the type. */
function writeCallFor(body: Body, type: Type, operand: (type: Type) => void): void {
  const { choices, functions } = body.plan
  const able = functions.flatMap(({ results }, index) => (results[0] === type && index !== ALLOC ? [index] : []))
  if (able.length === 0) {
    operand(type)
    return
  }
  const target = choices.pick(able)
  writeGuarded(body, target, type, operand)
}

/** Calls only while the counter of such calls lasts, so that recursion ends; at the highest risk also without. */
export function writeGuarded(body: Body, target: number, type: Type | undefined, operand: (type: Type) => void): void {
  const { choices, risk } = body.plan
  const results = type === undefined ? [] : [type]
  if (risk === 2 && choices.rarely(12)) {
    writeCall(body, target, type, operand)
    return
  }
  body.indexed(0x23, CALLS_GLOBAL)
  body.i32(0)
  body.op(0x4a)
  body.open(0x04, { parameters: [], results })
  body.indexed(0x23, CALLS_GLOBAL)
  body.i32(1)
  body.op(0x6b)
  body.indexed(0x24, CALLS_GLOBAL)
  writeCall(body, target, type, operand)
  if (type !== undefined) {
    body.op(0x05)
    writeLeaf(body, type)
  }
  body.end()
}

/** A call, direct or through the table, of which at most the first result is kept. */
function writeCall(body: Body, target: number, type: Type | undefined, operand: (type: Type) => void): void {
  const { choices, functions, tableSize, types, risk } = body.plan
  const signature = functions[target]
  if (signature === undefined) throw new Error('generator: no such function')
  if (isDigest(body.plan, target)) {
    const from = choices.below(4000)
    body.i32(from)
    body.i32(from + choices.below(64))
    operand(I64)
  } else {
    signature.parameters.forEach((parameter, at) => {
      operand(parameter)
      if (!isEntry(body.plan, target)) return
      // Addresses and a length, last: an entry point reads what it is given.
      body.i32(at + 1 < signature.parameters.length ? 0x7fff : 0x7f)
      body.op(0x71)
    })
  }
  if (choices.rarely(3)) {
    // The table holds every function at its own index, and null behind them; other types and null trap.
    if (risk > 0 && choices.rarely(6)) {
      operand(I32)
      body.i32(tableSize + 1)
      body.op(0x70)
    } else body.i32(target)
    const index = types.indexOf(signature)
    body.code.emit(0x11, (out) => out.u32(index).u32(0))
  } else body.indexed(0x10, target)
  for (const result of signature.results.slice(type === undefined ? 0 : 1).toReversed()) writeAway(body, result)
}

function isEntry(plan: ModulePlan, target: number): boolean {
  return target >= FIRST_ENTRY && target < FIRST_ENTRY + plan.entries.length
}

function isDigest(plan: ModulePlan, target: number): boolean {
  return target === plan.functions.length - 1
}
