/** Definitions for property tests: every type, every member, names of any script. */
import { formatHash } from '@aos/cbor'
import fc from 'fast-check'
import type { DefModule, Definition, DefSchema, Manifest, NamedRef, TypeExpr } from '../src/index.ts'

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/)
const name = fc
  .tuple(word, fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/), fc.integer({ min: 1, max: 300 }))
  .map(([space, local, version]) => `${space}/${local}@${version}`)
  .filter((text) => !text.startsWith('sys/'))
const field = fc.oneof(
  word,
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => text.isWellFormed()),
)
const hash = fc.oneof(
  fc.constant(formatHash(new Uint8Array(32))),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => formatHash(bytes)),
)

const primitive = fc
  .constantFrom('bool', 'int', 'nat', 'dec128', 'bytes', 'text', 'time', 'duration', 'hash', 'uuid', 'unit')
  .map((kind): TypeExpr => ({ kind }) as TypeExpr) // each of the words is a primitive

const { type } = fc.letrec<{ type: TypeExpr }>((tie) => ({
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

function entries<T>(member: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<string, T>> {
  return fc
    .uniqueArray(fc.tuple(field, member), { selector: ([key]) => key, maxLength: 4 })
    .map((pairs) => new Map(pairs))
}

const schema = fc.record({ kind: fc.constant('defschema' as const), name, type }) satisfies fc.Arbitrary<DefSchema>

const reducerAbi = fc.record(
  {
    state: name,
    event: name,
    context: name,
    annotations: name,
    effectsEmitted: fc.array(word, { maxLength: 3 }),
    capSlots: entries(word),
  },
  { requiredKeys: ['state', 'event', 'effectsEmitted', 'capSlots'] },
)

const reducerModule = fc.record(
  {
    kind: fc.constant('defmodule' as const),
    name,
    moduleKind: fc.constant('reducer' as const),
    wasmHash: hash,
    keySchema: name,
    reducer: reducerAbi,
  },
  { requiredKeys: ['kind', 'name', 'moduleKind', 'wasmHash', 'reducer'] },
) satisfies fc.Arbitrary<DefModule>

const pureModule = fc.record({
  kind: fc.constant('defmodule' as const),
  name,
  moduleKind: fc.constant('pure' as const),
  wasmHash: hash,
  pure: fc.record({ input: name, output: name, context: name }, { requiredKeys: ['input', 'output'] }),
}) satisfies fc.Arbitrary<DefModule>

const refs: fc.Arbitrary<readonly NamedRef[]> = fc.array(fc.record({ name, hash }), { maxLength: 4 })

const manifest: fc.Arbitrary<Manifest> = fc
  .record({
    schemas: refs,
    modules: refs,
    routes: fc.array(
      fc.record({ event: name, reducer: name, keyField: word }, { requiredKeys: ['event', 'reducer'] }),
      { maxLength: 3 },
    ),
    hasRouting: fc.boolean(),
  })
  .map((sections) => ({
    kind: 'manifest',
    airVersion: '1',
    ...sections,
    hasRouting: sections.hasRouting || sections.routes.length > 0,
  }))

export const definitions: fc.Arbitrary<Definition> = fc.oneof(schema, reducerModule, pureModule, manifest)
