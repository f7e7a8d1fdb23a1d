/**
 * The form under the operator `hash`: every value tagged with its sort, as AIR v1 wrote it
 * (spec/09-expressions.md, "Hash form").
 */
import { encodeInto, encodeNode, takeWritten } from '@aos/cbor'
import type { CanonicalBytes, CborWriter, Data } from '@aos/cbor'
import type { ExprKey, ExprValue } from './value.ts'

/** A tag nests the form once more; what is nested deeper than this may meet the bound of the encoder. */
const PLAIN_DEPTH_MAX = 32

/** Prefixed canonical bytes of the tagged form. Throws `cbor.depth` for a value that is nested too deeply. */
export function encodeHashForm(value: ExprValue): CanonicalBytes {
  if (value.depth > PLAIN_DEPTH_MAX) return encodeNode(hashForm(value))
  return takeWritten((writer) => {
    writer.prefix()
    writeForm(writer, value)
  })
}

/** Writes what `hashForm` makes; what is not in canonical order already is left to the encoder. */
function writeForm(writer: CborWriter, value: ExprValue): void {
  switch (value.sort) {
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      tag(writer, TAGS[value.sort])
      return writer.int(value.value)
    case 'text':
    case 'hash':
    case 'uuid':
    case 'dec128':
      tag(writer, TAGS[value.sort])
      return writer.text(value.value)
    case 'bytes':
      tag(writer, 'Bytes')
      return writer.bytes(value.value)
    case 'list':
      tag(writer, 'List')
      writer.array(value.items.length)
      for (const item of value.items) writeForm(writer, item)
      return
    case 'record':
      return writeRecord(writer, value)
    default:
      encodeInto(writer, hashForm(value))
  }
}

const TAGS = {
  int: 'Int',
  nat: 'Nat',
  time: 'TimeNs',
  duration: 'DurationNs',
  text: 'Text',
  hash: 'Hash',
  uuid: 'Uuid',
  dec128: 'Dec128',
} as const

function tag(writer: CborWriter, name: string): void {
  writer.map(1)
  writer.text(name)
}

function writeRecord(writer: CborWriter, value: Extract<ExprValue, { readonly sort: 'record' }>): void {
  const { fields } = value
  let before = ''
  for (const name of fields.keys()) {
    if (!isBefore(before, name)) return encodeInto(writer, hashForm(value))
    before = name
  }
  tag(writer, 'Record')
  writer.map(fields.size)
  for (const [name, field] of fields) {
    writer.text(name)
    writeForm(writer, field)
  }
}

/** True for names that are certainly in canonical order: of ASCII names, the shorter one comes first. */
function isBefore(left: string, right: string): boolean {
  for (let at = 0; at < right.length; at += 1) if (right.charCodeAt(at) >= 0x80) return false
  return left.length === right.length ? left < right : left.length < right.length
}

/** The form as data; exported for the tests that compare the two. */
export function hashForm(value: ExprValue): Data {
  switch (value.sort) {
    case 'null':
      return 'Null'
    case 'bool':
      return { Bool: value.value }
    case 'int':
      return { Int: value.value }
    case 'nat':
      return { Nat: value.value }
    case 'time':
      return { TimeNs: value.value }
    case 'duration':
      return { DurationNs: value.value }
    case 'dec128':
      return { Dec128: value.value }
    case 'text':
      return { Text: value.value }
    case 'hash':
      return { Hash: value.value }
    case 'uuid':
      return { Uuid: value.value }
    case 'bytes':
      return { Bytes: value.value }
    case 'list':
      return { List: value.items.map(hashForm) }
    case 'set':
      return { Set: value.items.toSorted(compareKeys).map(hashForm) }
    case 'map':
      return { Map: new Map(value.entries.map((entry) => [hashForm(entry.key), hashForm(entry.value)])) }
    case 'record':
      return { Record: new Map([...value.fields].map(([name, field]) => [name, hashForm(field)])) }
    case 'variant':
      return {
        Record: new Map<Data, Data>([
          ['$tag', { Text: value.tag }],
          ['$value', value.value === undefined ? 'Unit' : hashForm(value.value)],
        ]),
      }
  }
}

const SORT_ORDER: readonly ExprKey['sort'][] = ['int', 'nat', 'text', 'hash', 'uuid']

/** AIR v1 orders the items of a set by sort, then by number or by code points. */
function compareKeys(left: ExprKey, right: ExprKey): number {
  const bySort = SORT_ORDER.indexOf(left.sort) - SORT_ORDER.indexOf(right.sort)
  if (bySort !== 0) return bySort
  if (typeof left.value === 'bigint' || typeof right.value === 'bigint') {
    return left.value < right.value ? -1 : left.value > right.value ? 1 : 0
  }
  return compareCodePoints(left.value, right.value)
}

/** The order of the UTF-8 bytes, which that of UTF-16 units is not above U+FFFF. */
export function compareCodePoints(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  for (let at = 0; at < shorter; at += 1) {
    if (left.charCodeAt(at) === right.charCodeAt(at)) continue
    // Inside a surrogate pair both sides share the first unit, so the whole code points differ at the unit before.
    const from = at > 0 && isLowSurrogate(left.charCodeAt(at)) && isLowSurrogate(right.charCodeAt(at)) ? at - 1 : at
    return (left.codePointAt(from) ?? 0) - (right.codePointAt(from) ?? 0)
  }
  return left.length - right.length
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
