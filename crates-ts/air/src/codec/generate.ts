/**
 * The source text of a schema's validator, encoder and decoder: one function per composite type, so the text grows with
 * the type as written and not with its references followed. Names chosen by authors enter it only through
 * JSON.stringify; keys enter as bytes.
 */
import type { MapKeyType, PrimitiveType, Value } from '../model.ts'
import * as read from './read.ts'
import * as scan from './scan.ts'
import { type Sink, SLACK } from './sink.ts'
import type { CompositeShape, FieldShape, RecordShape, Shape, ShapeGraph, VariantShape } from './shape.ts'
import * as write from './write.ts'

/** The offset after a canonical value at `at`, or -1. */
export type ScanValue = (bytes: Uint8Array, at: number) => number
/** Writes at `at`, where `SLACK` bytes are free. The offset after the value, or -1 when it does not have the type. */
export type PutValue = (sink: Sink, value: unknown, at: number) => number
/** The value at the cursor, which moves behind it. */
export type ReadValue = (cursor: read.Cursor) => Value

/** `$tag` and `$value` as canonical text. */
const TAG_KEY: readonly number[] = [0x64, 0x24, 0x74, 0x61, 0x67]
const VALUE_KEY: readonly number[] = [0x66, 0x24, 0x76, 0x61, 0x6c, 0x75, 0x65]

export function generateScan(graph: ShapeGraph): ScanValue {
  const functions = graph.composites.map((shape) => `function f${shape.id}(b,at){${scanBody(shape)}}`)
  const root = `return function(b,at){${scanNext(graph.root)}return at}`
  return evaluate<ScanValue>([...functions, root], scan)
}

export function generatePut(graph: ShapeGraph): PutValue {
  const functions = graph.composites.map((shape) => `function f${shape.id}(s,v,at){${putBody(shape)}}`)
  return evaluate<PutValue>([...functions, `return ${putName(graph.root)}`], write)
}

export function generateRead(graph: ShapeGraph): ReadValue {
  const functions = graph.composites.map((shape) => `function f${shape.id}(c){${readBody(shape)}}`)
  return evaluate<ReadValue>([...functions, `return ${readName(graph.root)}`], read)
}

/** The text is made by this file alone; `library` holds the functions it may call. */
function evaluate<T>(parts: readonly string[], library: object): T {
  const text = `'use strict';const {${Object.keys(library).join(',')}}=L;${parts.join('\n')}`
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- compiled codecs are the point of this file
  const make: (library: object) => T = new Function('L', text) as never // a Function has no better type
  return make(library)
}

// --- validators ---

const SCANS: Readonly<Record<PrimitiveType, string>> = {
  bool: 'scanBool',
  int: 'scanInt',
  nat: 'scanNat',
  dec128: 'scanDec128',
  bytes: 'scanBytes',
  text: 'scanText',
  time: 'scanNat',
  duration: 'scanInt',
  hash: 'scanHash',
  uuid: 'scanUuid',
  unit: 'scanNull',
}

function scanNext(shape: Shape): string {
  const name = 'id' in shape ? `f${shape.id}` : SCANS[shape.kind]
  return `if((at=${name}(b,at))<0)return -1;`
}

function scanBody(shape: CompositeShape): string {
  switch (shape.kind) {
    case 'record':
      return scanRecord(shape)
    case 'variant':
      return scanVariant(shape)
    case 'option':
      return `if(b[at]===0xf6)return at+1;${scanNext(shape.inner)}return at`
    case 'list':
      return `${scanHead(4)}for(let i=0;i<n;i++){${scanNext(shape.item)}}return at`
    case 'set':
      return `${scanHead(4)}let s=0,e=0;for(let i=0;i<n;i++){const a=at;${scanNext(shape.item)}${SCAN_ORDER}}return at`
    case 'map': {
      const entry = `const a=at;${scanNext({ kind: shape.key })}${SCAN_ORDER}${scanNext(shape.value)}`
      return `${scanHead(5)}let s=0,e=0;for(let i=0;i<n;i++){${entry}}return at`
    }
  }
}

function scanHead(major: number): string {
  return `const n=scanLength(b,at,${major});if(n<0)return -1;at=headEnd(b,at);`
}

/** The item from `a` to `at` must follow the one from `s` to `e`. */
const SCAN_ORDER = 'if(i>0&&compareItems(b,s,e,a,at)>=0)return -1;s=a;e=at;'

function scanRecord(shape: RecordShape): string {
  if (shape.fields.length === 0) return `return b[at]===0xa0?at+1:-1`
  let text = ''
  for (const [index, field] of shape.fields.entries()) {
    const constant = index === 0 ? [...mapHead(shape.fields.length), ...field.key] : [...field.key]
    text += `if(${differs(constant)})return -1;at+=${constant.length};${scanNext(field.shape)}`
  }
  return `${text}return at`
}

function scanVariant(shape: VariantShape): string {
  let text = `const h=b[at];if(h!==0xa1&&h!==0xa2)return -1;at+=1;if(${differs(TAG_KEY)})return -1;at+=5;`
  for (const arm of shape.arms) {
    const after = isUnit(arm) ? [...arm.key] : [...arm.key, ...VALUE_KEY]
    const head = isUnit(arm) ? 0xa1 : 0xa2
    const rest = isUnit(arm) ? '' : scanNext(arm.shape)
    text += `if(h===${head}&&!(${differs(after)})){at+=${after.length};${rest}return at}`
  }
  return `${text}return -1`
}

/** An expression that is true when the bytes at `at` are not the constant: bounds, then whole words, then the rest. */
function differs(constant: readonly number[]): string {
  const tests = [`at+${constant.length}>b.length`]
  let index = 0
  for (; index + 4 <= constant.length; index += 4) {
    const word = [0, 1, 2, 3].reduce((sum, step) => (sum << 8) | (constant[index + step] ?? 0), 0)
    const bytes = [0, 1, 2, 3].map((step) => `b[at+${index + step}]<<${24 - 8 * step}`)
    tests.push(`(${bytes.join('|')})!==${word}`)
  }
  for (; index < constant.length; index += 1) tests.push(`b[at+${index}]!==${constant[index] ?? 0}`)
  return tests.join('||')
}

// --- encoders ---

const PUTS: Readonly<Record<PrimitiveType, string>> = {
  bool: 'putBool',
  int: 'putInt',
  nat: 'putNat',
  dec128: 'putDec128',
  bytes: 'putBytes',
  text: 'putText',
  time: 'putNat',
  duration: 'putInt',
  hash: 'putHash',
  uuid: 'putUuid',
  unit: 'putNull',
}

function putName(shape: Shape): string {
  return 'id' in shape ? `f${shape.id}` : PUTS[shape.kind]
}

function keyKind(key: MapKeyType): Shape {
  return { kind: key }
}

function putBody(shape: CompositeShape): string {
  switch (shape.kind) {
    case 'record':
      return putRecord(shape)
    case 'variant':
      return putVariant(shape)
    case 'option':
      return `if(v===null)return putNull(s,v,at);return ${putName(shape.inner)}(s,v,at)`
    case 'list':
      return `return putList(s,v,at,${putName(shape.item)})`
    case 'set':
      return `return putSet(s,v,at,${putName(shape.item)})`
    case 'map':
      return `return putMap(s,v,at,{key:${putName(keyKind(shape.key))},value:${putName(shape.value)}})`
  }
}

function putRecord(shape: RecordShape): string {
  let text = `if(!isPlain(v)||keyCount(v)!==${shape.fields.length})return -1;let b=s.bytes;`
  if (shape.fields.length === 0) text += `b[at++]=160;`
  for (const [index, field] of shape.fields.entries()) {
    const head = index === 0 ? mapHead(shape.fields.length) : []
    text += `${putConstant([...head, ...field.key])}at=${putName(field.shape)}(s,${member(field.name)},at);`
    text += `if(at<0)return -1;b=s.bytes;`
  }
  return `${text}return at`
}

function putVariant(shape: VariantShape): string {
  let text = `if(!isPlain(v))return -1;const n=keyCount(v);let b=s.bytes;switch(v.$tag){`
  for (const arm of shape.arms) {
    const unit = isUnit(arm)
    const constant = [unit ? 0xa1 : 0xa2, ...TAG_KEY, ...arm.key, ...(unit ? [] : VALUE_KEY)]
    text += `case ${JSON.stringify(arm.name)}:if(n!==${unit ? 1 : 2})return -1;${putConstant(constant)}`
    text += unit ? 'return at;' : `return ${putName(arm.shape)}(s,v.$value,at);`
  }
  return `${text}}return -1`
}

/** Makes room for the bytes and what follows them, and writes them. */
function putConstant(bytes: readonly number[]): string {
  const room = bytes.length + SLACK
  const stores = bytes.map((byte, index) => `b[at+${index}]=${byte};`).join('')
  return `if(at+${room}>b.length){s.grow(at,${room});b=s.bytes}${stores}at+=${bytes.length};`
}

function member(name: string): string {
  const key = JSON.stringify(name)
  return name in Object.prototype ? `ownMember(v,${key})` : `v[${key}]`
}

// --- decoders ---

const READS: Readonly<Record<PrimitiveType, string>> = {
  bool: 'readBool',
  int: 'readInteger',
  nat: 'readInteger',
  dec128: 'readText',
  bytes: 'readBytes',
  text: 'readText',
  time: 'readInteger',
  duration: 'readInteger',
  hash: 'readText',
  uuid: 'readText',
  unit: 'readNull',
}

function readName(shape: Shape): string {
  return 'id' in shape ? `f${shape.id}` : READS[shape.kind]
}

function readBody(shape: CompositeShape): string {
  switch (shape.kind) {
    case 'record':
      return readRecord(shape)
    case 'variant':
      return readVariant(shape)
    case 'option':
      return `if(c.bytes[c.at]===0xf6){c.at+=1;return null}return ${readName(shape.inner)}(c)`
    case 'list':
    case 'set':
      return `const n=readCount(c),o=[];for(let i=0;i<n;i++)o.push(${readName(shape.item)}(c));return o`
    case 'map': {
      const entry = `const k=${readName(keyKind(shape.key))}(c);o.set(k,${readName(shape.value)}(c))`
      return `const n=readCount(c),o=new Map();for(let i=0;i<n;i++){${entry}}return o`
    }
  }
}

function readRecord(shape: RecordShape): string {
  let text = `const o=Object.create(null);c.at+=${mapHead(shape.fields.length).length};`
  for (const field of shape.fields) {
    text += `c.at+=${field.key.length};o[${JSON.stringify(field.name)}]=${readName(field.shape)}(c);`
  }
  return `${text}return o`
}

function readVariant(shape: VariantShape): string {
  let text = `const o=Object.create(null);c.at+=6;switch(o.$tag=readText(c)){`
  for (const arm of shape.arms) {
    if (isUnit(arm)) continue
    text += `case ${JSON.stringify(arm.name)}:c.at+=7;o.$value=${readName(arm.shape)}(c);break;`
  }
  return `${text}}return o`
}

function isUnit(arm: FieldShape): boolean {
  return arm.shape.kind === 'unit'
}

/** The head of a map; records have at most 1024 fields. */
function mapHead(count: number): readonly number[] {
  if (count < 24) return [0xa0 | count]
  return count < 256 ? [0xb8, count] : [0xb9, count >> 8, count & 0xff]
}
