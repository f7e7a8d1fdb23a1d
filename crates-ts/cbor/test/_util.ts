/** Readers of the vectors' value notation (spec/02-encoding.md, "Vectors"). */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Tagged, fromHex } from '../src/index.ts'
import type { Data, Sha256Port } from '../src/index.ts'

export type VectorValue =
  | null
  | boolean
  | { readonly int: string }
  | { readonly float: string }
  | { readonly bytes: string }
  | { readonly text: string }
  | { readonly array: readonly VectorValue[] }
  | { readonly map: readonly (readonly [VectorValue, VectorValue])[] }
  | { readonly tag: readonly [string, VectorValue] }

export interface ValidVector {
  readonly name: string
  readonly value: VectorValue
  readonly hex: string
  readonly hash: string
  readonly foreign?: readonly string[]
}

export interface InvalidVector {
  readonly name: string
  readonly hex: string
  readonly prefix: 'required' | 'absent' | 'optional'
  readonly code: string
  readonly offset: number
}

export function readVectors<T>(file: string): readonly T[] {
  const text = readFileSync(new URL(`../../../spec/vectors/cbor/${file}`, import.meta.url), 'utf8')
  return JSON.parse(text) as readonly T[] // the vectors are part of this repository
}

export function vectorData(value: VectorValue): Data {
  if (value === null || typeof value === 'boolean') return value
  if ('int' in value) return integer(value.int)
  if ('float' in value) return Number(value.float)
  if ('bytes' in value) return fromHex(value.bytes)
  if ('text' in value) return value.text
  if ('array' in value) return value.array.map(vectorData)
  if ('tag' in value) return new Tagged(integer(value.tag[0]), vectorData(value.tag[1]))
  return new Map(value.map.map(([key, item]) => [vectorData(key), vectorData(item)]))
}

/** As the decoder gives it: a number where it is exact. */
export function integer(text: string): number | bigint {
  const exact = BigInt(text)
  return BigInt(Number(exact)) === exact && Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
}

export const sha256Port: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}

/** The seed of the property tests. */
export const seed: number = Number(process.env['AOS_SEED'] ?? 20260101)
