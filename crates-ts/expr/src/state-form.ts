/**
 * Values as they stand in snapshots (spec/09-expressions.md, "State form"): with their sorts, so that a plan that is read back computes as
 * before.
 *
 *   null, bools, texts and bytes as they are; everything else an array that starts with the number of its sort
 */
import { decode, encode } from '@aos/cbor'
import type { CanonicalBytes, Data } from '@aos/cbor'
import { exprError } from './errors.ts'
import {
  NULL_VALUE,
  boolValue,
  bytesValue,
  integerValue,
  isKey,
  listValue,
  mapValue,
  recordValue,
  setValue,
  textValue,
  variantValue,
} from './value.ts'
import type { ExprValue, IntegerSort, TextSort } from './value.ts'

const INTEGERS: readonly (readonly [number, IntegerSort])[] = [
  [1, 'int'],
  [2, 'nat'],
  [3, 'time'],
  [4, 'duration'],
]
const TEXTS: readonly (readonly [number, TextSort])[] = [
  [5, 'hash'],
  [6, 'uuid'],
  [7, 'dec128'],
]
const LIST = 8
const SET = 9
const MAP = 10
const RECORD = 11
const VARIANT = 12

/** Canonical bytes of the form, without the prefix. They stand in records as bytes, so that no value is too deep for its record. */
export function encodeStateForm(value: ExprValue): CanonicalBytes {
  return encode(toStateForm(value))
}

/** Throws `expr.bad_state_form`, and `cbor.*` for bytes that are not canonical. */
export function decodeStateForm(bytes: Uint8Array): ExprValue {
  return fromStateForm(decode(bytes, { prefix: 'absent' }))
}

function toStateForm(value: ExprValue): Data {
  switch (value.sort) {
    case 'null':
      return null
    case 'bool':
    case 'text':
    case 'bytes':
      return value.value
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      return [numberOf(INTEGERS, value.sort), value.value]
    case 'hash':
    case 'uuid':
    case 'dec128':
      return [numberOf(TEXTS, value.sort), value.value]
    case 'list':
      return [LIST, ...value.items.map(toStateForm)]
    case 'set':
      return [SET, ...value.items.map(toStateForm)]
    case 'map':
      return [MAP, ...value.entries.flatMap((entry) => [toStateForm(entry.key), toStateForm(entry.value)])]
    case 'record':
      return [RECORD, ...[...value.fields].flatMap(([name, field]) => [name, toStateForm(field)])]
    case 'variant':
      return value.value === undefined ? [VARIANT, value.tag] : [VARIANT, value.tag, toStateForm(value.value)]
  }
}

function fromStateForm(form: Data): ExprValue {
  if (form === null) return NULL_VALUE
  if (typeof form === 'boolean') return boolValue(form)
  if (typeof form === 'string') return textValue('text', form)
  if (form instanceof Uint8Array) return bytesValue(form)
  if (!isList(form)) throw badForm('it is no array')
  const [number, ...content] = form
  const integer = INTEGERS.find(([known]) => known === number)
  if (integer !== undefined) return integerValue(integer[1], integerOf(content[0]))
  const text = TEXTS.find(([known]) => known === number)
  if (text !== undefined) return textValue(text[1], textOf(content[0]))
  if (number === VARIANT) return variantOf(content)
  if (number === LIST) return listValue(content.map(fromStateForm))
  if (number === SET) return setValue(content.map(fromStateForm))
  if (number === MAP) {
    return mapValue(pairsOf(content).map(([key, value]) => ({ key: keyOf(key), value: fromStateForm(value) })))
  }
  if (number === RECORD) {
    return recordValue(new Map(pairsOf(content).map(([name, value]) => [textOf(name), fromStateForm(value)])))
  }
  throw badForm('it has no known sort')
}

function variantOf(form: readonly Data[]): ExprValue {
  const [tag, value] = form
  return variantValue(textOf(tag), value === undefined ? undefined : fromStateForm(value))
}

function keyOf(form: Data): ExprValue {
  const key = fromStateForm(form)
  if (isKey(key)) return key
  throw badForm(`a ${key.sort} is no key`)
}

function numberOf<Sort>(table: readonly (readonly [number, Sort])[], sort: Sort): number {
  return table.find(([, known]) => known === sort)?.[0] ?? 0
}

function pairsOf(items: readonly Data[]): readonly (readonly [Data, Data])[] {
  if (items.length % 2 !== 0) throw badForm('a part has no partner')
  return Array.from({ length: items.length / 2 }, (_, at) => [items[2 * at] ?? null, items[2 * at + 1] ?? null])
}

function integerOf(form: Data | undefined): bigint {
  if (typeof form === 'bigint' || (typeof form === 'number' && Number.isInteger(form))) return BigInt(form)
  throw badForm('expected a whole number')
}

function textOf(form: Data | undefined): string {
  if (typeof form === 'string') return form
  throw badForm('expected a text')
}

function isList(form: Data): form is readonly Data[] {
  return Array.isArray(form)
}

function badForm(what: string): ReturnType<typeof exprError> {
  return exprError('expr.bad_state_form', `a stored value is not in its form: ${what}`)
}
