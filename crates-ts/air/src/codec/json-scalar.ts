/** Scalars from JSON, and where both lenses put what they find (spec/03-values.md, "JSON"). */
import { type AirIssue, shown } from '../issues.ts'
import { isJsonArray, isJsonNumber, type JsonNode } from '../json.ts'
import type { PrimitiveType, SchemaTable, Value } from '../model.ts'
import { parseBase64 } from './base64.ts'
import { parseDuration, parseInstant } from './moment.ts'
import { badSpelling, canonicalSpelling, compactInteger, type IntegerKind, integerRange } from './scalar.ts'
import type { AirValueErrorCode } from './value-errors.ts'

/** One reading of a JSON node. Functions that read return undefined after they reported an issue. */
export interface Reading {
  readonly table: SchemaTable
  readonly issues: AirIssue[]
  readonly path: (string | number)[]
  /** Whether `dec128`, `uuid` and `hash` texts must be spelled canonically, or are made so. */
  readonly spelling: 'canonical' | 'any'
  /** Where keys that mean nothing are reported instead; they are then passed over. For definitions that are read leniently. */
  readonly unknownKeys?: AirIssue[]
}

/** Reports an issue; returns undefined, so that readers can return its result. */
export function refuse(reading: Reading, code: AirValueErrorCode, message: string): undefined {
  reading.issues.push({ code, path: [...reading.path], message })
  return undefined
}

export function refuseKind(reading: Reading, expected: string, found: JsonNode): undefined {
  return refuse(reading, 'air.type_mismatch', `expected ${expected}, found ${describeJson(found)}`)
}

/** Reads below a key or index. */
export function readMember<T>(reading: Reading, step: string | number, read: () => T): T {
  reading.path.push(step)
  const value = read()
  reading.path.pop()
  return value
}

/** A scalar as the sugar lens writes it. */
export function readSugarScalar(reading: Reading, kind: PrimitiveType, node: JsonNode): Value | undefined {
  switch (kind) {
    case 'bool':
      return typeof node === 'boolean' ? node : refuseKind(reading, 'true or false', node)
    case 'text':
      return typeof node === 'string' ? node : refuseKind(reading, 'a text', node)
    case 'bytes':
      if (typeof node !== 'string') return refuseKind(reading, 'a base64 text', node)
      return parseBase64(node) ?? refuse(reading, 'air.bad_base64', `expected base64, found ${shown(node)}`)
    case 'unit':
      return node === null || isEmptyObject(node) ? null : refuseKind(reading, 'null', node)
    case 'dec128':
    case 'uuid':
    case 'hash':
      return readSpelled(reading, kind, node)
    case 'int':
    case 'nat':
      return readInteger(reading, kind, node)
    case 'time':
    case 'duration':
      return readNanoseconds(reading, kind, node)
  }
}

/** An integer: a JSON number or a text of decimal digits, without fraction, exponent or minus zero. */
export function readInteger(reading: Reading, kind: IntegerKind, node: JsonNode): Value | undefined {
  const text = isJsonNumber(node) ? node.text : node
  if (typeof text !== 'string') return refuseKind(reading, 'an integer', node)
  if (!isDecimal(text)) return refuse(reading, 'air.not_integer', `expected a plain integer, found ${shown(text)}`)
  return inRange(reading, kind, text.length > DIGITS_MAX ? undefined : BigInt(text), text)
}

function readNanoseconds(reading: Reading, kind: 'time' | 'duration', node: JsonNode): Value | undefined {
  if (typeof node !== 'string' || isDecimal(node)) return readInteger(reading, kind, node)
  const value = kind === 'time' ? parseInstant(node) : parseDuration(node)
  if (value !== undefined) return inRange(reading, kind, value, node)
  const expected = kind === 'time' ? 'an RFC 3339 instant' : 'a duration such as PT5S, 5s or 250ms'
  return refuse(reading, `air.bad_${kind}`, `expected nanoseconds or ${expected}, found ${shown(node)}`)
}

/** A text with a spelling of its own: kept, made canonical, or refused. */
export function readSpelled(reading: Reading, kind: 'dec128' | 'uuid' | 'hash', node: JsonNode): Value | undefined {
  if (typeof node !== 'string') return refuseKind(reading, `a text (${kind})`, node)
  const text = canonicalSpelling(kind, node)
  if (text === undefined) return refuse(reading, `air.bad_${kind}`, badSpelling(kind, node, reading.path).message)
  if (reading.spelling === 'any' || text === node) return text
  return refuse(reading, `air.bad_${kind}`, `expected the canonical spelling ${shown(text)}, found ${shown(node)}`)
}

/** Integers of more characters are out of range for every type. */
const DIGITS_MAX = 24

function isDecimal(text: string): boolean {
  return /^-?(?:0|[1-9][0-9]*)$/.test(text) && text !== '-0'
}

function inRange(reading: Reading, kind: IntegerKind, value: bigint | undefined, text: string): Value | undefined {
  const { least, most } = integerRange(kind)
  if (value !== undefined && value >= least && value <= most) return compactInteger(value)
  return refuse(reading, 'air.integer_range', `expected ${least} to ${most}, found ${shown(text)}`)
}

export function isEmptyObject(node: JsonNode | undefined): boolean {
  return node instanceof Map && node.size === 0
}

export function describeJson(node: JsonNode): string {
  if (node === null || typeof node === 'boolean') return String(node)
  if (typeof node === 'string') return `the text ${shown(node)}`
  if (isJsonNumber(node)) return `the number ${node.text.slice(0, 40)}`
  return isJsonArray(node) ? 'an array' : 'an object'
}
