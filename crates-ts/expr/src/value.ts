/**
 * Values while expressions are evaluated: they know their sort, which canonical bytes alone do not tell
 * (spec/09-expressions.md, "Values").
 */
import { compareBytes, encode, equalBytes } from '@aos/cbor'
import type { CanonicalBytes } from '@aos/cbor'
import { exprError } from './errors.ts'
import { EXPR_LIMITS } from './limits.ts'

/** Sorts whose values are integers, each with its range. */
export type IntegerSort = 'int' | 'nat' | 'time' | 'duration'
/** Sorts whose values are texts of a spelling. */
export type TextSort = 'text' | 'hash' | 'uuid' | 'dec128'

/** An integer of one sort. */
export interface IntegerValue<Sort extends IntegerSort> {
  readonly sort: Sort
  readonly value: bigint
  readonly bytes: number
  readonly depth: number
}

/** A text of one sort. */
export interface TextValue<Sort extends TextSort> {
  readonly sort: Sort
  readonly value: string
  readonly bytes: number
  readonly depth: number
}

/** `bytes` is a value's size: the sum over its parts, so that sharing cannot hide growth. `depth` counts nesting, from 1. */
export type ExprValue =
  | { readonly sort: 'null'; readonly bytes: number; readonly depth: number }
  | { readonly sort: 'bool'; readonly value: boolean; readonly bytes: number; readonly depth: number }
  | IntegerValue<'int'>
  | IntegerValue<'nat'>
  | IntegerValue<'time'>
  | IntegerValue<'duration'>
  | TextValue<'text'>
  | TextValue<'hash'>
  | TextValue<'uuid'>
  | TextValue<'dec128'>
  | { readonly sort: 'bytes'; readonly value: Uint8Array; readonly bytes: number; readonly depth: number }
  | { readonly sort: 'list'; readonly items: readonly ExprValue[]; readonly bytes: number; readonly depth: number }
  /** Without repetition, in the order of canonical bytes. */
  | { readonly sort: 'set'; readonly items: readonly ExprKey[]; readonly bytes: number; readonly depth: number }
  /** In the order of the keys' canonical bytes. */
  | { readonly sort: 'map'; readonly entries: readonly ExprEntry[]; readonly bytes: number; readonly depth: number }
  | {
      readonly sort: 'record'
      readonly fields: ReadonlyMap<string, ExprValue>
      readonly bytes: number
      readonly depth: number
    }
  | {
      readonly sort: 'variant'
      readonly tag: string
      readonly value: ExprValue | undefined
      readonly bytes: number
      readonly depth: number
    }

/** What may be a map key or stand in a set. */
export type ExprKey =
  IntegerValue<'int'> | IntegerValue<'nat'> | TextValue<'text'> | TextValue<'hash'> | TextValue<'uuid'>

/** One entry of a map. */
export interface ExprEntry {
  readonly key: ExprKey
  readonly value: ExprValue
}

const INTEGER_BYTES = 9
const HEAD_BYTES = 9

/** The absent option and the unit value. */
export const NULL_VALUE: ExprValue = { sort: 'null', bytes: 1, depth: 1 }
const TRUE: ExprValue = { sort: 'bool', value: true, bytes: 1, depth: 1 }
const FALSE: ExprValue = { sort: 'bool', value: false, bytes: 1, depth: 1 }

const EMPTY_MAP: ExprValue = { sort: 'map', entries: [], bytes: 2 * HEAD_BYTES, depth: 1 }

/** One of the two shared values. */
export function boolValue(value: boolean): ExprValue {
  return value ? TRUE : FALSE
}

/** The range of the sort is not checked: arithmetic and codecs do. */
export function integerValue(sort: IntegerSort, value: bigint): ExprValue {
  return { sort, value, bytes: INTEGER_BYTES, depth: 1 }
}

/** Throws `expr.too_large`. */
export function textValue(sort: TextSort, value: string): ExprValue {
  // Three bytes hold any UTF-16 unit: a bound that needs no second pass.
  return { sort, value, bytes: bounded(HEAD_BYTES + value.length * 3), depth: 1 }
}

/** Throws `expr.too_large`. */
export function bytesValue(value: Uint8Array): ExprValue {
  return { sort: 'bytes', value, bytes: bounded(HEAD_BYTES + value.length), depth: 1 }
}

/** Throws `expr.too_large`, `expr.too_deep`. */
export function listValue(items: readonly ExprValue[]): ExprValue {
  return { sort: 'list', items, bytes: sum(items), depth: deeper(items) }
}

/** Sorts, and drops repetitions. Throws `expr.type_mismatch` for an item that cannot be compared, `expr.too_large`. */
export function setValue(items: readonly ExprValue[]): ExprValue {
  const sorted = items.map((item) => ({ item: keyOf(item), order: keyBytes(keyOf(item)) })).sort(byOrder)
  const kept = sorted.filter((entry, at) => at === 0 || !isSameKey(sorted[at - 1], entry)).map(({ item }) => item)
  return { sort: 'set', items: kept, bytes: sum(kept), depth: 2 }
}

/** Sorts. Throws `expr.type_mismatch` for a key that is none or is there twice, `expr.too_large`. */
export function mapValue(entries: readonly { readonly key: ExprValue; readonly value: ExprValue }[]): ExprValue {
  const [first] = entries
  if (first === undefined || entries.length === 1) return shortMap(first)
  const sorted = entries
    .map(({ key, value }) => ({ item: keyOf(key), value, order: keyBytes(keyOf(key)) }))
    .sort(byOrder)
  for (const [at, entry] of sorted.entries()) {
    if (at > 0 && isSameKey(sorted[at - 1], entry)) throw exprError('expr.type_mismatch', 'a map has one key twice')
  }
  const made = sorted.map(({ item, value }) => ({ key: item, value }))
  const values = made.map(entryValue)
  const bytes = bounded(sum(made.map(entryKey)) + sum(values))
  return { sort: 'map', entries: made, bytes, depth: deeper(values) }
}

/** Of one entry or none there is nothing to sort. */
function shortMap(entry: { readonly key: ExprValue; readonly value: ExprValue } | undefined): ExprValue {
  if (entry === undefined) return EMPTY_MAP
  const key = keyOf(entry.key)
  const { value } = entry
  const bytes = bounded(2 * HEAD_BYTES + key.bytes + value.bytes)
  return { sort: 'map', entries: [{ key, value }], bytes, depth: below(value.depth) }
}

/** Throws `expr.too_large`, `expr.too_deep`. */
export function recordValue(fields: ReadonlyMap<string, ExprValue>): ExprValue {
  let bytes = HEAD_BYTES
  let most = 0
  for (const [name, value] of fields) {
    bytes += HEAD_BYTES + name.length + value.bytes
    if (value.depth > most) most = value.depth
  }
  return { sort: 'record', fields, bytes: bounded(bytes), depth: below(most) }
}

/** Throws `expr.too_large`, `expr.too_deep`. */
export function variantValue(tag: string, value: ExprValue | undefined): ExprValue {
  const bytes = bounded(HEAD_BYTES + tag.length + (value?.bytes ?? 0))
  return { sort: 'variant', tag, value, bytes, depth: deeper(value === undefined ? [] : [value]) }
}

/** True for what may be a map key or stand in a set. */
export function isKey(value: ExprValue): value is ExprKey {
  return (
    value.sort === 'int' ||
    value.sort === 'nat' ||
    value.sort === 'text' ||
    value.sort === 'hash' ||
    value.sort === 'uuid'
  )
}

/** Of one sort and equal in every part; an int never equals a nat. */
export function isEqual(left: ExprValue, right: ExprValue): boolean {
  switch (left.sort) {
    case 'null':
      return right.sort === 'null'
    case 'bool':
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
    case 'text':
    case 'hash':
    case 'uuid':
    case 'dec128':
      return right.sort === left.sort && right.value === left.value
    case 'bytes':
      return right.sort === 'bytes' && equalBytes(left.value, right.value)
    case 'list':
    case 'set':
      return right.sort === left.sort && areEqual(left.items, right.items)
    case 'map':
      return (
        right.sort === 'map' &&
        areEqual(left.entries.map(entryKey), right.entries.map(entryKey)) &&
        areEqual(left.entries.map(entryValue), right.entries.map(entryValue))
      )
    case 'record':
      return right.sort === 'record' && areSameFields(left.fields, right.fields)
    case 'variant':
      if (right.sort !== 'variant' || right.tag !== left.tag) return false
      return isEqual(left.value ?? NULL_VALUE, right.value ?? NULL_VALUE)
  }
}

function areEqual(left: readonly ExprValue[], right: readonly ExprValue[]): boolean {
  return (
    left.length === right.length &&
    left.every((item, at) => {
      const other = right[at]
      return other !== undefined && isEqual(item, other)
    })
  )
}

function areSameFields(left: ReadonlyMap<string, ExprValue>, right: ReadonlyMap<string, ExprValue>): boolean {
  if (left.size !== right.size) return false
  for (const [name, value] of left) {
    const other = right.get(name)
    if (other === undefined || !isEqual(value, other)) return false
  }
  return true
}

function entryKey(entry: ExprEntry): ExprKey {
  return entry.key
}

function entryValue(entry: ExprEntry): ExprValue {
  return entry.value
}

interface Ordered {
  readonly item: ExprKey
  readonly order: CanonicalBytes
}

function byOrder(left: Ordered, right: Ordered): number {
  const order = compareBytes(left.order, right.order)
  return order !== 0 ? order : left.item.sort < right.item.sort ? -1 : left.item.sort > right.item.sort ? 1 : 0
}

function isSameKey(left: Ordered | undefined, right: Ordered): boolean {
  return left !== undefined && isEqual(left.item, right.item)
}

function keyBytes(key: ExprKey): CanonicalBytes {
  return encode(key.value)
}

function keyOf(value: ExprValue): ExprKey {
  if (isKey(value)) return value
  throw exprError('expr.type_mismatch', `a key or a set's item is an int, nat, text, hash or uuid, not a ${value.sort}`)
}

function sum(values: readonly ExprValue[]): number {
  let bytes = HEAD_BYTES
  for (const value of values) bytes += value.bytes
  return bounded(bytes)
}

function deeper(parts: readonly ExprValue[]): number {
  let most = 0
  for (const part of parts) most = Math.max(most, part.depth)
  return below(most)
}

/** The depth of what holds parts of that depth. */
function below(most: number): number {
  if (most < EXPR_LIMITS.exprValueDepthMax) return most + 1
  throw exprError('expr.too_deep', `a value may be nested ${EXPR_LIMITS.exprValueDepthMax} deep`)
}

function bounded(bytes: number): number {
  if (bytes <= EXPR_LIMITS.exprBytesMax) return bytes
  throw exprError('expr.too_large', `a value may have ${EXPR_LIMITS.exprBytesMax} bytes, found ${bytes}`)
}
