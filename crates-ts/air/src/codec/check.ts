/**
 * The slow strict check of a value's bytes. The generated validator says only that something is wrong; this one reads
 * the same bytes by the same rules and says what, where in the value, and at which byte.
 */
import { AosError, CborReader, compareBytes, isAosError, type ErrorPath } from '@aos/cbor'
import { shown } from '../issues.ts'
import type { AirValueErrorCode } from './value-errors.ts'
import type { MapKeyType } from '../model.ts'
import { badSpelling, integerRange, isCanonicalSpelling } from './scalar.ts'
import type { FieldShape, ItemsShape, MapShape, RecordShape, ScalarShape, Shape, VariantShape } from './shape.ts'

/**
 * The offset after the canonical value at `start`. Throws `air.*` or `cbor.*` with path and `details.offset` for every
 * value that the generated validator refuses.
 */
export function checkValueAt(shape: Shape, bytes: Uint8Array, start: number): number {
  const check: Check = { reader: new CborReader(bytes, start), path: [] }
  try {
    checkItem(check, shape)
  } catch (error) {
    throw located(error, check.path)
  }
  return check.reader.offset
}

/** The check of whole bytes: prefix, value, nothing behind it. */
export function checkValue(shape: Shape, bytes: Uint8Array): void {
  const reader = new CborReader(bytes)
  reader.prefix()
  reader.offset = checkValueAt(shape, bytes, reader.offset)
  reader.end()
}

interface Check {
  readonly reader: CborReader
  readonly path: (string | number)[]
}

function checkItem(check: Check, shape: Shape): void {
  switch (shape.kind) {
    case 'record':
      return checkRecord(check, shape)
    case 'variant':
      return checkVariant(check, shape)
    case 'list':
    case 'set':
      return checkItems(check, shape)
    case 'map':
      return checkMap(check, shape)
    case 'option':
      return check.reader.isNull() ? undefined : checkItem(check, shape.inner)
    default:
      checkScalar(check, shape.kind)
  }
}

/** Returns what was read when it can be a map key. */
function checkScalar(check: Check, kind: ScalarShape['kind']): number | bigint | string | undefined {
  const { reader } = check
  switch (kind) {
    case 'bool':
      reader.bool()
      return undefined
    case 'bytes':
      reader.bytes()
      return undefined
    case 'unit':
      if (!reader.isNull()) throw fail(check, 'air.type_mismatch', 'expected null')
      return undefined
    case 'text':
      return reader.text()
    case 'dec128':
    case 'uuid':
    case 'hash': {
      const offset = reader.offset
      const text = reader.text()
      if (isCanonicalSpelling(kind, text)) return text
      const problem = badSpelling(kind, text, check.path)
      throw new AosError(problem.code, problem.message, { path: [...check.path], details: { offset } })
    }
    default: {
      const offset = reader.offset
      const value = reader.int()
      const { least, most } = integerRange(kind)
      if (value >= least && value <= most) return value
      throw failAt(check, offset, 'air.integer_range', `expected ${least} to ${most}, found ${value}`)
    }
  }
}

function checkRecord(check: Check, shape: RecordShape): void {
  const { reader } = check
  const start = reader.offset
  const count = reader.map()
  const keys = new KeyOrder(reader)
  const seen = new Set<FieldShape>()
  for (let index = 0; index < count; index += 1) {
    const offset = reader.offset
    const name = keys.text(check)
    const field = shape.fields.find((candidate) => candidate.name === name)
    if (field === undefined) {
      check.path.push(name)
      throw failAt(check, offset, 'air.unknown_key', `the record has no field ${shown(name)}`)
    }
    seen.add(field)
    checkMember(check, name, field.shape)
  }
  const missing = shape.fields.find((field) => !seen.has(field))
  if (missing === undefined) return
  check.path.push(missing.name)
  throw failAt(check, start, 'air.missing_field', `the field ${shown(missing.name)} is missing`)
}

function checkVariant(check: Check, shape: VariantShape): void {
  const { reader } = check
  const start = reader.offset
  const count = reader.map()
  if (count === 0) throw failAt(check, start, 'air.type_mismatch', 'expected a variant, found an empty map')
  const keys = new KeyOrder(reader)
  expectKey(check, keys, '$tag')
  const tagAt = reader.offset
  const tag = reader.text()
  const arm = shape.arms.find(({ name }) => name === tag)
  if (arm === undefined) {
    check.path.push('$tag')
    throw failAt(check, tagAt, 'air.unknown_arm', `the variant has no arm ${shown(tag)}`)
  }
  const unit = arm.shape.kind === 'unit'
  if (count > 1) {
    expectKey(check, keys, '$value')
    if (unit) throw failAt(check, reader.offset, 'air.arm_payload', `the arm ${shown(tag)} has no payload`)
    checkMember(check, '$value', arm.shape)
  } else if (!unit) throw failAt(check, start, 'air.arm_payload', `the arm ${shown(tag)} needs a payload`)
  if (count > 2) expectKey(check, keys, undefined)
}

function expectKey(check: Check, keys: KeyOrder, expected: string | undefined): void {
  const offset = check.reader.offset
  const name = keys.text(check)
  if (name === expected) return
  check.path.push(name)
  throw failAt(check, offset, 'air.unknown_key', `expected $tag and $value only, found the key ${shown(name)}`)
}

function checkItems(check: Check, shape: ItemsShape): void {
  const { reader } = check
  const count = reader.array()
  let previous: Uint8Array | undefined
  for (let index = 0; index < count; index += 1) {
    const start = reader.offset
    checkMember(check, index, shape.item)
    if (shape.kind === 'list') continue
    const item = reader.source.subarray(start, reader.offset)
    if (previous !== undefined && compareBytes(previous, item) >= 0) {
      check.path.push(index)
      throw failAt(check, start, 'air.not_canonical', 'expected a greater item than the one before')
    }
    previous = item
  }
}

function checkMap(check: Check, shape: MapShape): void {
  const count = check.reader.map()
  const keys = new KeyOrder(check.reader)
  for (let index = 0; index < count; index += 1) {
    const key = keys.scalar(check, shape.key)
    checkMember(check, typeof key === 'bigint' ? `${key}` : key, shape.value)
  }
}

function checkMember(check: Check, step: string | number, shape: Shape): void {
  check.path.push(step)
  checkItem(check, shape)
  check.path.pop()
}

/** Reads the keys of one map; each must be greater than the one before. */
class KeyOrder {
  private readonly reader: CborReader
  private start = -1
  private end = -1

  constructor(reader: CborReader) {
    this.reader = reader
  }

  text(check: Check): string {
    const start = this.reader.offset
    if (this.reader.peekMajor() !== 3) throw failAt(check, start, 'air.unknown_key', 'expected a text key')
    const key = this.reader.text()
    this.advance(start)
    return key
  }

  scalar(check: Check, kind: MapKeyType): string | number | bigint {
    const start = this.reader.offset
    const key = checkScalar(check, kind)
    this.advance(start)
    return key ?? ''
  }

  private advance(start: number): void {
    if (this.start >= 0) this.reader.checkKeyOrder(this.start, this.end, start, this.reader.offset)
    this.start = start
    this.end = this.reader.offset
  }
}

function fail(check: Check, code: AirValueErrorCode, message: string): AosError {
  return failAt(check, check.reader.offset, code, message)
}

function failAt(check: Check, offset: number, code: AirValueErrorCode, message: string): AosError {
  return new AosError(code, `${message} at byte ${offset}`, { path: [...check.path], details: { offset } })
}

/** Gives an error of the reader the path it does not know, and the code of a schema's point of view. */
function located(error: unknown, path: ErrorPath): unknown {
  if (!isAosError(error) || error.path !== undefined) return error
  const code = error.code === 'cbor.unexpected_type' ? 'air.type_mismatch' : error.code
  return new AosError(code, error.message, { path: [...path], details: error.details, cause: error })
}
