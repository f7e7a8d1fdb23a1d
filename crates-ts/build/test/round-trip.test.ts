/** What the host encodes, a guest decodes and encodes to the same bytes, for every kind of type. */
import { compileSchema } from '@aos/air'
import type { SchemaTable, TypeExpr, Value } from '@aos/air'
import { toHex } from '@aos/cbor'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Trap, buildGuest, callReducer, loadGuest, reducerModule } from './_guest-driver.ts'
import type { GuestModule } from './_guest-driver.ts'

const ref = (name: string): TypeExpr => ({ kind: 'ref', name })
const list = (item: TypeExpr): TypeExpr => ({ kind: 'list', item })
const set = (item: TypeExpr): TypeExpr => ({ kind: 'set', item })
const option = (inner: TypeExpr): TypeExpr => ({ kind: 'option', inner })
const map = (key: 'int' | 'nat' | 'text' | 'uuid' | 'hash', value: TypeExpr): TypeExpr => ({ kind: 'map', key, value })
const record = (fields: Record<string, TypeExpr>): TypeExpr => ({
  kind: 'record',
  fields: new Map(Object.entries(fields)),
})
const variant = (arms: Record<string, TypeExpr>): TypeExpr => ({ kind: 'variant', arms: new Map(Object.entries(arms)) })

const SCHEMAS: SchemaTable = new Map([
  ['test/Alias@1', ref('test/Names@1')],
  ['test/Names@1', list({ kind: 'text' })],
  ['test/Point@1', record({ x: { kind: 'int' }, y: { kind: 'int' } })],
  ['test/Point@2', record({ x: { kind: 'int' }, y: { kind: 'int' }, z: { kind: 'int' } })],
  [
    'test/Choice@1',
    variant({
      Nothing: { kind: 'unit' },
      Number: { kind: 'nat' },
      Signed: { kind: 'int' },
      Yes: { kind: 'bool' },
      Words: list({ kind: 'text' }),
      Maybe: option({ kind: 'nat' }),
      a_quite_long_arm_name_that_does_not_fit_in_words: { kind: 'bytes' },
      class: record({ new: { kind: 'bool' } }),
      default: { kind: 'unit' },
    }),
  ],
  [
    'test/Every@1',
    record({
      bool: { kind: 'bool' },
      string: { kind: 'text' },
      set: { kind: 'nat' },
      type: { kind: 'nat' },
      Array: { kind: 'nat' },
      new: { kind: 'nat' },
      int: { kind: 'int' },
      nat: { kind: 'nat' },
      dec128: { kind: 'dec128' },
      bytes: { kind: 'bytes' },
      text: { kind: 'text' },
      time: { kind: 'time' },
      duration: { kind: 'duration' },
      hash: { kind: 'hash' },
      uuid: { kind: 'uuid' },
      unit: { kind: 'unit' },
      choice: ref('test/Choice@1'),
      choices: list(ref('test/Choice@1')),
      point: ref('test/Point@1'),
      point2: ref('test/Point@2'),
      alias: ref('test/Alias@1'),
      'odd-name with spaces': { kind: 'nat' },
      'odd_name with spaces': { kind: 'nat' },
      a_field_whose_name_is_longer_than_sixteen_bytes: { kind: 'bool' },
      nested: record({ inner: record({ deep: list(list({ kind: 'nat' })) }) }),
      ints: set({ kind: 'int' }),
      texts: set({ kind: 'text' }),
      blobs: set({ kind: 'bytes' }),
      flags: set({ kind: 'bool' }),
      points: set(ref('test/Point@1')),
      lists: set(list({ kind: 'nat' })),
      byInt: map('int', { kind: 'text' }),
      byNat: map('nat', option({ kind: 'text' })),
      byText: map('text', ref('test/Choice@1')),
      byUuid: map('uuid', { kind: 'unit' }),
      byHash: map('hash', map('text', { kind: 'bool' })),
      maybeBool: option({ kind: 'bool' }),
      maybeInt: option({ kind: 'int' }),
      maybeText: option({ kind: 'text' }),
      maybeBytes: option({ kind: 'bytes' }),
      maybePoint: option(ref('test/Point@1')),
      maybeList: option(list(option({ kind: 'nat' }))),
      maybeMap: option(map('nat', { kind: 'nat' })),
    }),
  ],
])

const SOURCE = `
import { Every, Output } from './generated'
export function reduce(state: Every | null, event: Every, out: Output): Every | null {
  if (state !== null) out.raise<Every>(state)
  return event
}
`

const seed = Number(process.env['AOS_SEED'] ?? 20_010_101)

const intArb = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(compact),
)
const natArb = fc.oneof(fc.nat({ max: 70_000 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(compact))
const textArb = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 20 }))
const bytesArb = fc.uint8Array({ maxLength: 300 })
const hashArb = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `sha256:${toHex(bytes)}`)
const uuidArb = fc.uuid()

function compact(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}

function mapArb(key: fc.Arbitrary<Value>, value: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc
    .uniqueArray(fc.tuple(key, value), { maxLength: 8, selector: ([one]) => String(one) })
    .map((pairs) => new Map(pairs) as Value) // the keys are scalars
}

function valueArb(type: TypeExpr): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'int':
    case 'duration':
      return intArb
    case 'nat':
    case 'time':
      return natArb
    case 'dec128':
      return fc.constantFrom('0', '-1.50', '12345678901234567890.000')
    case 'bytes':
      return bytesArb
    case 'text':
      return textArb
    case 'hash':
      return hashArb
    case 'uuid':
      return uuidArb
    case 'unit':
      return fc.constant(null)
    case 'ref':
      return valueArb(SCHEMAS.get(type.name) ?? { kind: 'unit' })
    case 'record':
      return fc.record(Object.fromEntries([...type.fields].map(([name, field]) => [name, valueArb(field)])))
    case 'variant':
      return fc.oneof(
        ...[...type.arms].map(([tag, arm]) =>
          arm.kind === 'unit' ? fc.constant({ $tag: tag }) : valueArb(arm).map(($value) => ({ $tag: tag, $value })),
        ),
      )
    case 'list':
      return fc.array(valueArb(type.item), { maxLength: 6 })
    case 'set':
      return fc.uniqueArray(valueArb(type.item), { maxLength: 6, selector: (item) => JSON.stringify(item, plainJson) })
    case 'map':
      return mapArb(valueArb({ kind: type.key }), valueArb(type.value))
    case 'option':
      return fc.option(valueArb(type.inner))
  }
}

function plainJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? toHex(value) : value
}

describe('a guest', () => {
  const codec = compileSchema(ref('test/Every@1'), SCHEMAS)
  let guest: GuestModule

  beforeAll(async () => {
    const abi = { state: 'test/Every@1', event: 'test/Every@1' }
    const { wasm } = await buildGuest({ module: reducerModule(abi), schemas: SCHEMAS, source: SOURCE })
    guest = loadGuest(wasm)
  }, 120_000)

  it('gives back the bytes of every value, as state and as event', () => {
    fc.assert(
      fc.property(valueArb(ref('test/Every@1')), valueArb(ref('test/Every@1')), (state, event) => {
        const stateBytes = codec.encode(state)
        const eventBytes = codec.encode(event)
        const output = callReducer(guest, { state: stateBytes, event: { schema: 'test/Every@1', value: eventBytes } })
        expect(toHex(output.state ?? new Uint8Array())).toBe(toHex(eventBytes))
        expect(output.domainEvents.map(({ schema, value }) => [schema, toHex(value)])).toEqual([
          ['test/Every@1', toHex(stateBytes)],
        ])
      }),
      { seed, numRuns: 150 },
    )
  })

  it('reads values without the prefix', () => {
    const value = codec.encode(fc.sample(valueArb(ref('test/Every@1')), { seed, numRuns: 1 })[0] ?? null)
    const output = callReducer(guest, { state: null, event: { schema: 'test/Every@1', value: value.subarray(3) } })
    expect(toHex(output.state ?? new Uint8Array())).toBe(toHex(value))
  })

  it('traps at every cut of a value, and never reads on', () => {
    const value = codec.encode(fc.sample(valueArb(ref('test/Every@1')), { seed, numRuns: 1 })[0] ?? null)
    for (let size = 3; size < value.length; size += 7) {
      const event = { schema: 'test/Every@1', value: value.subarray(0, size) }
      expect(() => callReducer(guest, { state: null, event })).toThrow(Trap)
    }
  })
})
