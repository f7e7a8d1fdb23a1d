/** Random types, values of them, and foreign spellings of those, for the property tests. */
import fc from 'fast-check'
import type { MapKeyType, SchemaTable, TypeExpr, Value } from '../src/model.ts'
import { resolveType } from '../src/types/resolve.ts'

/** The seed of every property: AOS_SEED, else a constant. */
export function propertyOptions(numRuns: number): { seed: number; numRuns: number } {
  return { seed: Number(process.env['AOS_SEED'] ?? 20_261_121), numRuns }
}

const NAMES = [
  'a',
  'b',
  'id',
  'kind',
  '$tag',
  '$value',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'quo"te',
  "apo'strophe",
  'back\\slash',
  'new\nline',
  '`${1}`',
  '\u2028',
  'é',
  '😀',
  '',
  '0',
  'record',
  'map',
  'null',
  'tag',
  'value',
  'a_name_of_more_than_twenty_three_bytes',
]

const SCALARS = ['bool', 'int', 'nat', 'dec128', 'bytes', 'text', 'time', 'duration', 'hash', 'uuid', 'unit'] as const
const KEYS: readonly MapKeyType[] = ['int', 'nat', 'text', 'uuid', 'hash']

export interface TypedTable {
  readonly type: TypeExpr
  readonly table: SchemaTable
}

function typeArbitrary(refs: readonly string[]): fc.Arbitrary<TypeExpr> {
  const scalar = fc.constantFrom(...SCALARS).map((kind): TypeExpr => ({ kind }))
  const ref = refs.length === 0 ? scalar : fc.constantFrom(...refs).map((name): TypeExpr => ({ kind: 'ref', name }))
  const { type } = fc.letrec<{ type: TypeExpr }>((tie) => {
    const entries = (least: number): fc.Arbitrary<Map<string, TypeExpr>> =>
      fc
        .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), tie('type')), {
          selector: ([name]) => name,
          minLength: least,
          maxLength: 4,
        })
        .map((list) => new Map(list))
    return {
      type: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        scalar,
        ref,
        entries(0).map((fields): TypeExpr => ({ kind: 'record', fields })),
        entries(1).map((arms): TypeExpr => ({ kind: 'variant', arms })),
        tie('type').map((item): TypeExpr => ({ kind: 'list', item })),
        tie('type').map((item): TypeExpr => ({ kind: 'set', item })),
        tie('type').map((inner): TypeExpr => ({ kind: 'option', inner })),
        fc.tuple(fc.constantFrom(...KEYS), tie('type')).map(([key, value]): TypeExpr => ({ kind: 'map', key, value })),
      ),
    }
  })
  return type
}

/** A type with references, also aliases of aliases, and the table they need. */
export const typedTable: fc.Arbitrary<TypedTable> = fc
  .tuple(typeArbitrary([]), typeArbitrary(['t/A@1']), typeArbitrary(['t/A@1', 't/B@1', 't/C@1']))
  .map(([a, b, type]) => ({
    type,
    table: new Map<string, TypeExpr>([
      ['t/A@1', a],
      ['t/B@1', b],
      ['t/C@1', { kind: 'ref', name: 't/B@1' }],
    ]),
  }))

const HEX = '0123456789abcdef'
const hexText = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...HEX), { minLength: length, maxLength: length }).map((digits) => digits.join(''))

function integer(least: bigint, most: bigint): fc.Arbitrary<Value> {
  const edges = [0n, 23n, 24n, 255n, 256n, 65_535n, 65_536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n]
  const all = [...edges, ...edges.map((edge) => -1n - edge), least, most]
  return fc
    .oneof(fc.constantFrom(...all.filter((edge) => edge >= least && edge <= most)), fc.bigInt(least, most))
    .map((value) => (value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value))
}

const INT = integer(-(2n ** 63n), 2n ** 63n - 1n)
const NAT = integer(0n, 2n ** 64n - 1n)
const TEXT = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed()),
)
const UUID = hexText(32).map((hex) =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
)
const HASH = hexText(64).map((hex) => `sha256:${hex}`)
const DEC128 = fc
  .tuple(fc.boolean(), fc.bigInt(0n, 10n ** 20n), fc.option(fc.stringMatching(/^[0-9]{1,12}$/)))
  .map(([minus, whole, fraction]) => {
    const text = fraction === null ? `${whole}` : `${whole}.${fraction}`
    return minus && /[1-9]/.test(text) ? `-${text}` : text
  })

/** A value of the type; sets and maps in any order. */
export function valueOf(slot: TypeExpr, table: SchemaTable): fc.Arbitrary<Value> {
  const type = resolveType(slot, table)
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'int':
    case 'duration':
      return INT
    case 'nat':
    case 'time':
      return NAT
    case 'dec128':
      return DEC128
    case 'bytes':
      return fc.uint8Array({ maxLength: 40 })
    case 'text':
      return TEXT
    case 'hash':
      return HASH
    case 'uuid':
      return UUID
    case 'unit':
      return fc.constant(null)
    case 'list':
    case 'set':
      return fc.array(valueOf(type.item, table), { maxLength: 4 })
    case 'option':
      return fc.oneof(fc.constant(null), valueOf(type.inner, table))
    case 'map':
      return fc
        .uniqueArray(fc.tuple(valueOf({ kind: type.key }, table), valueOf(type.value, table)), {
          selector: ([key]) => String(key),
          maxLength: 4,
        })
        .map((entries) => new Map(entries as [string, Value][])) // keys of the map's key type
    case 'record':
      return fc.tuple(...[...type.fields.values()].map((field) => valueOf(field, table))).map((values) => {
        const record = Object.create(null) as Record<string, Value>
        for (const [index, name] of [...type.fields.keys()].entries()) record[name] = values[index] ?? null
        return record
      })
    case 'variant':
      return fc.oneof(
        ...[...type.arms].map(([name, arm]) =>
          resolveType(arm, table).kind === 'unit'
            ? fc.constant(Object.assign(Object.create(null) as object, { $tag: name }) as Value)
            : valueOf(arm, table).map(
                (payload) =>
                  Object.assign(Object.create(null) as object, { $tag: name, $value: payload }) as unknown as Value,
              ),
        ),
      )
  }
}

/** A type, its table and a value of it. */
export const typedValue: fc.Arbitrary<TypedTable & { readonly value: Value }> = typedTable.chain(({ type, table }) =>
  valueOf(type, table).map((value) => ({ type, table, value })),
)
