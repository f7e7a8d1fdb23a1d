/**
 * Types of AIR as TypeScript sees them (spec/03-air.md, "Type expressions").
 *
 * Each is a plain object that says what it is, so that the compiler knows the type of every value that a schema describes.
 */
import { placeHere } from './place.ts'
import type { Place } from './place.ts'

/** The sorts of values without parts. */
export type PrimitiveName =
  'bool' | 'int' | 'nat' | 'dec128' | 'bytes' | 'text' | 'time' | 'duration' | 'hash' | 'uuid' | 'unit'

/** A value without parts. */
export interface Primitive<N extends PrimitiveName = PrimitiveName> {
  readonly kind: N
}

/** Fields of a record or arms of a variant, by name. */
export interface Fields {
  readonly [name: string]: AirType
}

/** Every field, no other. */
export interface RecordType<F extends Fields = Fields> {
  readonly kind: 'record'
  readonly fields: F
}

/** One of the arms; `unit` is the type of an arm that carries nothing. */
export interface VariantType<A extends Fields = Fields> {
  readonly kind: 'variant'
  readonly arms: A
}

/** Any number of items in order. */
export interface ListType<T extends AirType = AirType> {
  readonly kind: 'list'
  readonly item: T
}

/** Values without order or repetition. */
export interface SetType<T extends AirType = AirType> {
  readonly kind: 'set'
  readonly item: T
}

/** What keys of maps and cells may be. */
export type KeyType = Primitive<'int' | 'nat' | 'text' | 'uuid' | 'hash'>

/** One value for each key that is there. */
export interface MapType<K extends KeyType = KeyType, V extends AirType = AirType> {
  readonly kind: 'map'
  readonly key: K
  readonly value: V
}

/** A value or nothing. */
export interface OptionType<T extends AirType = AirType> {
  readonly kind: 'option'
  readonly inner: T
}

/** A type with a name: a definition of its own, and a reference to it wherever it stands in another type. */
export interface Schema<N extends string = string, T extends AirType = AirType> {
  readonly kind: 'schema'
  readonly name: N
  readonly type: T
  readonly place: Place
}

/** A type expression of whatever form, named or not. */
export type AirType = Primitive | RecordType | VariantType | ListType | SetType | MapType | OptionType | Schema

/** The type itself, without the names on the way to it. */
export type Unnamed<T> = [AirType] extends [T] ? T : T extends Schema<string, infer U> ? Unnamed<U> : T

/** The type of true and false. */
export const bool: Primitive<'bool'> = { kind: 'bool' }
/** A whole number from -2^63 to 2^63-1. */
export const int: Primitive<'int'> = { kind: 'int' }
/** A whole number from 0 to 2^64-1. */
export const nat: Primitive<'nat'> = { kind: 'nat' }
/** A decimal number, written as text. */
export const dec128: Primitive<'dec128'> = { kind: 'dec128' }
/** Byte strings; a constant is base64 text or an array of bytes. */
export const bytes: Primitive<'bytes'> = { kind: 'bytes' }
/** Sequences of Unicode characters, compared by code points. */
export const text: Primitive<'text'> = { kind: 'text' }
/** Nanoseconds since 1970; written as a number, or as an RFC 3339 text. */
export const time: Primitive<'time'> = { kind: 'time' }
/** Nanoseconds; written as a number, or as a text such as `5s` or `PT1H`. */
export const duration: Primitive<'duration'> = { kind: 'duration' }
/** Names of content: `sha256:` and 64 hexadecimal digits. */
export const hash: Primitive<'hash'> = { kind: 'hash' }
/** Identifiers of 128 bits, written 8-4-4-4-12 in lower case. */
export const uuid: Primitive<'uuid'> = { kind: 'uuid' }
/** Of an arm without a payload. */
export const unit: Primitive<'unit'> = { kind: 'unit' }

/** A record type of these fields. */
export function record<const F extends Fields>(fields: F): RecordType<F> {
  return { kind: 'record', fields }
}

/** A variant type of these arms. */
export function variant<const A extends Fields>(arms: A): VariantType<A> {
  return { kind: 'variant', arms }
}

/** Any number of items of one type, in order. */
export function list<T extends AirType>(item: T): ListType<T> {
  return { kind: 'list', item }
}

/** Different items of one type, without order. */
export function set<T extends AirType>(item: T): SetType<T> {
  return { kind: 'set', item }
}

/** A value for each key; keys are numbers, texts, hashes or uuids. */
export function map<K extends KeyType, V extends AirType>(key: K, value: V): MapType<K, V> {
  return { kind: 'map', key, value }
}

/** A value that may be absent: then it is null, and in a record it may be left out. */
export function option<T extends AirType>(inner: T): OptionType<T> {
  return { kind: 'option', inner }
}

/** A schema: `schema('demo/Point@1', record({ x: int, y: int }))`. */
export function schema<const N extends string, T extends AirType>(name: N, type: T): Schema<N, T> {
  return { kind: 'schema', name, type, place: placeHere() }
}
