/** What generated definitions are made of: names of any script, every type, literals and expressions. */
import { formatHash } from '@aos/cbor'
import fc from 'fast-check'
import type { Expr, Literal, PlanSlot, TypeExpr } from '../src/index.ts'

export const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/)
export const name = fc
  .tuple(word, fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/), fc.integer({ min: 1, max: 300 }))
  .map(([space, local, version]) => `${space}/${local}@${version}`)
  .filter((text) => !text.startsWith('sys/'))
export const field = fc.oneof(
  word,
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => text.isWellFormed()),
)
export const hash = fc.oneof(
  fc.constant(formatHash(new Uint8Array(32))),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => formatHash(bytes)),
)

const primitive = fc
  .constantFrom('bool', 'int', 'nat', 'dec128', 'bytes', 'text', 'time', 'duration', 'hash', 'uuid', 'unit')
  .map((kind): TypeExpr => ({ kind }) as TypeExpr) // each of the words is a primitive

export const { type } = fc.letrec<{ type: TypeExpr }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', maxDepth: 6 },
    primitive,
    name.map((target): TypeExpr => ({ kind: 'ref', name: target })),
    entries(tie('type')).map((fields): TypeExpr => ({ kind: 'record', fields })),
    entries(tie('type')).map((arms): TypeExpr => ({ kind: 'variant', arms })),
    tie('type').map((item): TypeExpr => ({ kind: 'list', item })),
    tie('type').map((item): TypeExpr => ({ kind: 'set', item })),
    tie('type').map((inner): TypeExpr => ({ kind: 'option', inner })),
    fc
      .tuple(fc.constantFrom('int', 'nat', 'text', 'uuid', 'hash'), tie('type'))
      .map(([key, value]): TypeExpr => ({ kind: 'map', key, value })),
  ),
}))

export function entries<T>(member: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<string, T>> {
  return fc
    .uniqueArray(fc.tuple(field, member), { selector: ([key]) => key, maxLength: 4 })
    .map((pairs) => new Map(pairs))
}

const constant: fc.Arbitrary<Extract<Literal, { kind: 'constant' }>> = fc.oneof(
  fc.constant({ kind: 'constant', sort: 'null', value: null } as const),
  fc.boolean().map((value) => ({ kind: 'constant', sort: 'bool', value }) as const),
  fc.constantFrom(0, -1, 300, 2n ** 62n).map((value) => ({ kind: 'constant', sort: 'int', value }) as const),
  fc.constantFrom(0, 24, 2n ** 63n).map((value) => ({ kind: 'constant', sort: 'nat', value }) as const),
  fc.constantFrom(0, 2n ** 63n).map((value) => ({ kind: 'constant', sort: 'time', value }) as const),
  fc.constantFrom(-5, 2n ** 60n).map((value) => ({ kind: 'constant', sort: 'duration', value }) as const),
  field.map((value) => ({ kind: 'constant', sort: 'text', value }) as const),
  fc.constantFrom('0', '-1.50').map((value) => ({ kind: 'constant', sort: 'dec128', value }) as const),
  hash.map((value) => ({ kind: 'constant', sort: 'hash', value }) as const),
  fc.uuid().map((value) => ({ kind: 'constant', sort: 'uuid', value }) as const),
  fc.uint8Array({ maxLength: 3 }).map((value) => ({ kind: 'constant', sort: 'bytes', value }) as const),
)

export const { literal } = fc.letrec<{ literal: Literal }>((tie) => ({
  literal: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    constant,
    entries(tie('literal')).map((fields): Literal => ({ kind: 'record', fields })),
    fc.array(tie('literal'), { maxLength: 3 }).map((items): Literal => ({ kind: 'list', items })),
    fc.array(tie('literal'), { maxLength: 3 }).map((items): Literal => ({ kind: 'set', items })),
    fc
      .array(fc.record({ key: tie('literal'), value: tie('literal') }), { maxLength: 2 })
      .map((parts): Literal => ({ kind: 'map', entries: parts })),
    fc.record({ kind: fc.constant('variant' as const), tag: field }),
    fc.record({ kind: fc.constant('variant' as const), tag: field, value: tie('literal') }),
    fc.record({ kind: fc.constant('secret' as const), alias: word, version: fc.integer({ min: 1, max: 9 }) }),
  ),
}))

export const { expr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    constant,
    fc.constantFrom('@plan.input', '@var:a.b', 'anything').map((text): Expr => ({ kind: 'reference', text })),
    fc
      .tuple(fc.constantFrom('len', 'eq', 'hash_bytes', 'contains'), fc.array(tie('expr'), { maxLength: 3 }))
      .map(([operator, operands]): Expr => ({ kind: 'operation', operator, operands })),
    entries(tie('expr')).map((fields): Expr => ({ kind: 'record', fields })),
    fc.array(tie('expr'), { maxLength: 3 }).map((items): Expr => ({ kind: 'list', items })),
    fc.array(tie('expr'), { maxLength: 3 }).map((items): Expr => ({ kind: 'set', items })),
    fc
      .array(fc.record({ key: tie('expr'), value: tie('expr') }), { maxLength: 2 })
      .map((parts): Expr => ({ kind: 'map', entries: parts })),
    fc.record({ kind: fc.constant('variant' as const), tag: field }),
    fc.record({ kind: fc.constant('variant' as const), tag: field, value: tie('expr') }),
  ),
}))

/** Normal forms: an expression computes something. */
export const slot: fc.Arbitrary<PlanSlot> = fc.oneof(
  literal.map((value): PlanSlot => ({ kind: 'literal', literal: value })),
  expr.map((value): PlanSlot => {
    return { kind: 'expression', expr: { kind: 'operation', operator: 'not', operands: [value] } }
  }),
)
