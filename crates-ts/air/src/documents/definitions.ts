/**
 * JSON Schemas of definitions, made of the structures that the parser uses (spec/schemas/README.md).
 *
 * What the structures leave to a grammar of its own is added here, and so is what the parser does around them: annotations,
 * and `null` in the place of an optional member.
 */
import { Kind, OptionalKind, Type, type TSchema } from '@sinclair/typebox'
import { AIR_LIMITS } from '../limits.ts'
import { EXPR_OPERATORS } from '../expressions/parse-expr.ts'
import { DEFINITION_NAME_LENGTH_MAX, DEFINITION_NAME_PATTERN, SECRET_NAME_PATTERN } from '../names.ts'
import {
  EVENT_MIGRATION_SHAPE,
  MANIFEST_SHAPE,
  NAMED_REF_SHAPE,
  SECRET_REF_SHAPE,
  STATE_MIGRATION_SHAPE,
} from '../structure/manifest-shapes.ts'
import { OPERATION_SHAPES, PATCH_SHAPE } from '../structure/patch-shapes.ts'
import {
  DEFCAP_SHAPE,
  DEFEFFECT_SHAPE,
  DEFMODULE_SHAPE,
  DEFPLAN_SHAPE,
  DEFPOLICY_SHAPE,
  DEFSCHEMA_SHAPE,
  DEFSECRET_SHAPE,
  STEP_SHAPES,
} from '../structure/shapes.ts'
import { MAP_KEY_WORDS, PRIMITIVE_WORDS } from '../types/kinds.ts'
import { closedObject, entries, hashText, oneOf, partId, partRef } from './build.ts'
import type { JsonDocument } from './port.ts'

/** Schemas for a type expression, each kind of definition, and a file of them. */
export function definitionDocuments(): readonly JsonDocument[] {
  const parts = makeParts()
  const document = (name: string, title: string, schema: TSchema): JsonDocument => ({ name, title, schema, parts })
  return [
    document('air-type', 'A type expression of AIR', partRef('type')),
    document('air-defschema', 'A schema of AIR', partRef('defschema')),
    document('air-defmodule', 'A module of AIR', partRef('defmodule')),
    document('air-defplan', 'A plan of AIR', partRef('defplan')),
    document('air-defeffect', 'An effect of AIR', partRef('defeffect')),
    document('air-defcap', 'A capability of AIR', partRef('defcap')),
    document('air-defpolicy', 'A policy of AIR', partRef('defpolicy')),
    document('air-defsecret', 'A secret of AIR', partRef('defsecret')),
    document('air-manifest', 'A manifest of AIR', partRef('manifest')),
    document('air-expression', 'An expression of AIR', partRef('expression')),
    document('air-patch', 'A patch of a manifest and of what it lists', documentOf(PATCH_SHAPE)),
    document('air-file', 'A file of AIR: one definition or an array of them', airFile()),
  ]
}

const KINDS = ['defschema', 'defmodule', 'defplan', 'defeffect', 'defcap', 'defpolicy', 'defsecret', 'manifest']

function airFile(): TSchema {
  const definition = Type.Union(KINDS.map(partRef))
  return Type.Union([definition, Type.Array(definition)])
}

function makeParts(): Readonly<Record<string, TSchema>> {
  const parts = {
    type: typeExpression(),
    hash: Type.Union([oneOf(['', 'sha256', 'sha256:']), hashText()]),
    reference: Type.Union([definitionName(), documentOf(NAMED_REF_SHAPE)]),
    defschema: documentOf(DEFSCHEMA_SHAPE),
    defmodule: Type.Intersect([documentOf(DEFMODULE_SHAPE), abiOfItsKind()]),
    defplan: documentOf(DEFPLAN_SHAPE),
    defeffect: documentOf(DEFEFFECT_SHAPE),
    defcap: documentOf(DEFCAP_SHAPE),
    defpolicy: documentOf(DEFPOLICY_SHAPE),
    defsecret: documentOf(DEFSECRET_SHAPE),
    manifest: documentOf(MANIFEST_SHAPE),
    step: Type.Union([...STEP_SHAPES.values()].map(documentOf)),
    expression: expressionDocument(),
    // What is accepted here depends on a schema.
    slot: Type.Unknown(),
    literal: Type.Unknown(),
    digest: Type.Union([oneOf(['', 'sha256', 'sha256:']), hashText()]),
    secretreference: Type.Union([secretName(), documentOf(SECRET_REF_SHAPE)]),
    definition: Type.Union(KINDS.filter((kind) => kind !== 'manifest').map(partRef)),
    operation: Type.Union([...OPERATION_SHAPES].map(([op, shape]) => closedObject({ [op]: documentOf(shape) }))),
    migration: Type.Union([documentOf(STATE_MIGRATION_SHAPE), documentOf(EVENT_MIGRATION_SHAPE)]),
    natural: Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: '^(0|[1-9][0-9]*)$' })]),
    count: Type.Integer({ minimum: 1 }),
  }
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, { ...part, $id: partId(name) }]))
}

/** Texts of constants, as far as a pattern says it. */
const CONSTANT_BODIES: Readonly<Record<string, TSchema>> = {
  null: Type.Object({}, { additionalProperties: false }),
  bool: Type.Boolean(),
  int: integerDocument(),
  nat: Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: '^(0|[1-9][0-9]*)$' })]),
  dec128: Type.String({ pattern: '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$' }),
  bytes_b64: Type.String({ pattern: '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$' }),
  text: Type.String(),
  time_ns: Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: '^(0|[1-9][0-9]*)$' })]),
  duration_ns: integerDocument(),
  hash: hashText(),
  uuid: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }),
}

function integerDocument(): TSchema {
  return Type.Union([Type.Integer(), Type.String({ pattern: '^(0|-?[1-9][0-9]*)$' })])
}

function expressionDocument(): TSchema {
  const expression = partRef('expression')
  const form = (name: string, body: TSchema): TSchema => closedObject({ [name]: body })
  const items = Type.Array(expression)
  const fields = Type.Record(Type.String({ pattern: '^[\\s\\S]*$' }), expression, { additionalProperties: false })
  return Type.Union([
    form('ref', Type.String()),
    closedObject({ op: oneOf(EXPR_OPERATORS), args: items }),
    form('record', fields),
    form('list', items),
    form('set', items),
    form('map', Type.Array(closedObject({ key: expression, value: expression }))),
    form('variant', closedObject({ tag: Type.String(), value: Type.Optional(expression) })),
    ...Object.entries(CONSTANT_BODIES).map(([name, body]) => form(name, body)),
  ])
}

function secretName(): TSchema {
  return Type.String({ pattern: SECRET_NAME_PATTERN, maxLength: DEFINITION_NAME_LENGTH_MAX })
}

function definitionName(): TSchema {
  return Type.String({ pattern: DEFINITION_NAME_PATTERN, maxLength: DEFINITION_NAME_LENGTH_MAX })
}

function typeExpression(): TSchema {
  const type = partRef('type')
  const form = (name: string, body: TSchema): TSchema => closedObject({ [name]: body })
  const bare = (words: readonly string[]): readonly TSchema[] => words.map((word) => form(word, closedObject({})))
  const members = entries(type, { maxProperties: AIR_LIMITS.typeEntriesMax })
  const key = Type.Union([oneOf(MAP_KEY_WORDS), ...bare(MAP_KEY_WORDS)])
  return Type.Union([
    oneOf(PRIMITIVE_WORDS),
    definitionName(),
    ...bare(PRIMITIVE_WORDS),
    form('ref', definitionName()),
    form('record', members),
    form('variant', members),
    form('list', type),
    form('set', type),
    form('option', type),
    form('map', closedObject({ key, value: type })),
  ])
}

/** Exactly the section of its kind, and a key only for a reducer. */
function abiOfItsKind(): TSchema {
  const absent = Type.Optional(Type.Null())
  const section = Type.Object({})
  return Type.Union([
    Type.Object({ module_kind: Type.Literal('reducer'), abi: Type.Object({ reducer: section, pure: absent }) }),
    Type.Object({
      module_kind: Type.Literal('pure'),
      key_schema: absent,
      abi: Type.Object({ pure: section, reducer: absent }),
    }),
  ])
}

/** A structure as a document: see the module comment. The codes of broken constraints are no part of it. */
function documentOf(shape: TSchema): TSchema {
  switch (shape[Kind]) {
    case 'Object': {
      const properties: Readonly<Record<string, TSchema>> = shape['properties']
      return closedObject(
        Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, memberOf(member)])),
      )
    }
    case 'Array': {
      const { code: _, items, ...rest } = shape
      return { ...rest, [Kind]: 'Array', items: documentOf(items) }
    }
    case 'Record':
      return recordOf(shape)
    case 'Union': {
      const { code: _, anyOf, ...rest } = shape
      return { ...rest, [Kind]: 'Union', anyOf: anyOf.map(documentOf) }
    }
    case 'Undefined':
      return Type.Null()
    case 'Unknown':
      return typeof shape['part'] === 'string' ? partRef(shape['part']) : Type.Unknown()
    default: {
      const { code: _, want: __, ...rest } = shape
      return rest
    }
  }
}

/** `null` counts as absence. */
function memberOf(member: TSchema): TSchema {
  if (!(OptionalKind in member)) return documentOf(member)
  const { [OptionalKind]: _, ...rest } = member
  return Type.Optional(Type.Union([documentOf({ ...rest, [Kind]: member[Kind] }), Type.Null()]))
}

function recordOf(shape: TSchema): TSchema {
  const patterns: Readonly<Record<string, TSchema>> = shape['patternProperties']
  const [value = Type.Unknown()] = Object.values(patterns)
  const max: unknown = shape['maxProperties']
  return entries(documentOf(value), typeof max === 'number' ? { maxProperties: max } : {})
}
