import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AosError, PREFIX, decode, equalBytes, toHex } from '@aos/cbor'
import { AIR_VALUE_ERRORS } from '../src/codec/value-errors.ts'
import { compileSchema } from '../src/codec/compile.ts'
import { makeDynamicCodec } from '../src/codec/dynamic.ts'
import { valueFromForeign } from '../src/codec/foreign.ts'
import type { SchemaTable, TypeExpr, Value } from '../src/model.ts'
import { resolveType } from '../src/types/resolve.ts'
import { foreignForm } from './_foreign.ts'
import { propertyOptions, typedTable, typedValue, valueOf } from './_types.ts'

type Outcome = { readonly bytes: string } | { readonly code: string; readonly path: unknown; readonly offset: unknown }

function outcome(body: () => Uint8Array | undefined): Outcome {
  try {
    return { bytes: toHex(body() ?? new Uint8Array()) }
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    return { code: error.code, path: error.path, offset: error.details?.['offset'] }
  }
}

function checked(body: () => void): { readonly error?: AosError } {
  try {
    body()
    return {}
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    return { error }
  }
}

/** One edit of the bytes. */
const edit = fc.record({
  kind: fc.constantFrom('flip', 'set', 'insert', 'delete', 'cut', 'swap'),
  at: fc.nat({ max: 400 }),
  byte: fc.oneof(
    fc.nat({ max: 255 }),
    fc.constantFrom(0x00, 0x18, 0x38, 0x60, 0x80, 0xa0, 0xa1, 0xa2, 0xf4, 0xf6, 0xff),
  ),
})

function edited(bytes: Uint8Array, edits: readonly { kind: string; at: number; byte: number }[]): Uint8Array {
  let list = [...bytes]
  for (const { kind, at, byte } of edits) {
    const index = list.length === 0 ? 0 : at % list.length
    if (kind === 'flip') list[index] = (list[index] ?? 0) ^ (1 << (byte & 7))
    else if (kind === 'set') list[index] = byte
    else if (kind === 'insert') list.splice(index, 0, byte)
    else if (kind === 'delete') list.splice(index, 1)
    else if (kind === 'cut') list = list.slice(0, index)
    else {
      const other = (index + 1) % Math.max(list.length, 1)
      const kept = list[index] ?? 0
      list[index] = list[other] ?? 0
      list[other] = kept
    }
  }
  return Uint8Array.from(list)
}

describe('the compiled codec equals the dynamic codec', () => {
  test('in bytes and values', () => {
    fc.assert(
      fc.property(typedValue, ({ type, table, value }) => {
        const codec = compileSchema(type, table)
        const dynamic = makeDynamicCodec(type, table)
        const bytes = codec.encode(value)
        expect(toHex(bytes)).toBe(toHex(dynamic.encode(value)))
        expect(dynamic.isValid(bytes)).toBe(true)
        codec.validate(bytes)
        expect(codec.validateAt(bytes, PREFIX.length)).toBe(bytes.length)
        const decoded = codec.decode(bytes)
        const expected = valueFromForeign(type, table, decode(bytes, { prefix: 'required' }))
        expect(isDeepStrictEqual(decoded, expected)).toBe(true)
        expect(toHex(codec.encode(decoded))).toBe(toHex(bytes))
        expect(codec.normalize(bytes)).toBe(bytes)
        expect(toHex(codec.normalize(bytes.subarray(PREFIX.length)))).toBe(toHex(bytes))
        codec.accepts(bytes)
      }),
      propertyOptions(400),
    )
  })

  test('in what it refuses, with a place for every refusal', () => {
    fc.assert(
      fc.property(typedValue, fc.array(edit, { minLength: 1, maxLength: 3 }), ({ type, table, value }, edits) => {
        const codec = compileSchema(type, table)
        const dynamic = makeDynamicCodec(type, table)
        const bytes = edited(codec.encode(value), edits)
        const { error } = checked(() => codec.validate(bytes))
        expect(error === undefined).toBe(dynamic.isValid(bytes))
        if (error !== undefined) {
          expect(error.code in AIR_VALUE_ERRORS || error.code.startsWith('cbor.')).toBe(true)
          expect(error.details?.['offset']).toBeTypeOf('number')
        }
        const normal = outcome(() => codec.normalize(bytes))
        expect(normal).toStrictEqual(outcome(() => dynamic.normalize(bytes)))
        expect('bytes' in normal).toBe(checked(() => codec.accepts(bytes)).error === undefined)
        if (error === undefined) expect(normal).toStrictEqual({ bytes: toHex(bytes) })
      }),
      propertyOptions(1500),
    )
  })

  test('for values of another type, with the same code and path', () => {
    const pair = typedTable.chain((own) =>
      typedTable.chain((other) => valueOf(other.type, other.table).map((value) => ({ own, value }))),
    )
    fc.assert(
      fc.property(pair, ({ own, value }) => {
        const codec = compileSchema(own.type, own.table)
        const dynamic = makeDynamicCodec(own.type, own.table)
        expect(outcome(() => codec.encode(value))).toStrictEqual(outcome(() => dynamic.encode(value)))
      }),
      propertyOptions(500),
    )
  })

  test('for foreign spellings, which become the canonical bytes', () => {
    const spelled = typedValue.chain(({ type, table, value }) =>
      foreignForm(type, table, value).map((foreign) => ({ type, table, value, foreign })),
    )
    fc.assert(
      fc.property(spelled, ({ type, table, value, foreign }) => {
        const codec = compileSchema(type, table)
        const bytes = codec.encode(value)
        expect(toHex(codec.normalize(foreign))).toBe(toHex(bytes))
        codec.accepts(foreign)
        if (!equalBytes(foreign, bytes)) expect(checked(() => codec.validate(foreign)).error).toBeDefined()
      }),
      propertyOptions(500),
    )
  })

  test('validates in place, whatever stands around the value', () => {
    fc.assert(
      fc.property(
        typedValue,
        fc.uint8Array({ maxLength: 9 }),
        fc.uint8Array({ maxLength: 9 }),
        (typed, before, after) => {
          const codec = compileSchema(typed.type, typed.table)
          const bytes = codec.encode(typed.value).subarray(PREFIX.length)
          const around = Uint8Array.from([...before, ...bytes, ...after])
          expect(codec.validateAt(around, before.length)).toBe(before.length + bytes.length)
        },
      ),
      propertyOptions(300),
    )
  })
})

describe('locate', () => {
  test('finds every field of a record, and the tag and value of a variant', () => {
    let found = 0
    fc.assert(
      fc.property(typedValue, ({ type, table, value }) => {
        const codec = compileSchema(type, table)
        const bytes = codec.encode(value)
        const range = { start: 0, end: 0 }
        for (const [name, memberType, member] of membersOf(type, table, codec.decode(bytes))) {
          if (name.includes('.')) continue
          expect(codec.locate(name)?.(bytes, range)).toBe(true)
          const expected = makeDynamicCodec(memberType, table).encode(member).subarray(PREFIX.length)
          expect(toHex(bytes.subarray(range.start, range.end))).toBe(toHex(expected))
          found += 1
        }
      }),
      propertyOptions(300),
    )
    expect(found).toBeGreaterThan(50)
  })
})

function membersOf(slot: TypeExpr, table: SchemaTable, value: Value): readonly [string, TypeExpr, Value][] {
  const type = resolveType(slot, table)
  if (type.kind === 'option') return value === null ? [] : membersOf(type.inner, table, value)
  const members = value as Record<string, Value> // only read for records and variants
  if (type.kind === 'record') return [...type.fields].map(([name, field]) => [name, field, members[name] ?? null])
  if (type.kind !== 'variant') return []
  const tag = String(members['$tag'])
  const arm = type.arms.get(tag)
  const payload: [string, TypeExpr, Value][] =
    arm === undefined || members['$value'] === undefined ? [] : [['$value', arm, members['$value']]]
  return [['$tag', { kind: 'text' }, tag], ...payload]
}
