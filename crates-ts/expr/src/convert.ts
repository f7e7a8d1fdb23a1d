/** Between values of a schema and values of expressions (spec/09-expressions.md, "Values of schemas"). */
import { resolveType } from '@aos/air'
import type { SchemaTable, TypeExpr, Value } from '@aos/air'
import { exprError } from './errors.ts'
import {
  NULL_VALUE,
  boolValue,
  bytesValue,
  integerValue,
  listValue,
  mapValue,
  recordValue,
  setValue,
  textValue,
  variantValue,
} from './value.ts'
import type { ExprValue, IntegerSort } from './value.ts'

const INT_MAX = 2n ** 63n - 1n

/** A decoded value of the type. Throws `expr.type_mismatch` when it is none, `expr.too_large`. */
export function exprFromValue(value: Value, type: TypeExpr, table: SchemaTable): ExprValue {
  const resolved = resolveType(type, table)
  switch (resolved.kind) {
    case 'unit':
      return NULL_VALUE
    case 'option':
      return value === null ? NULL_VALUE : exprFromValue(value, resolved.inner, table)
    case 'bool':
      if (typeof value === 'boolean') return boolValue(value)
      break
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      if (typeof value === 'number' || typeof value === 'bigint') return integerValue(resolved.kind, BigInt(value))
      break
    case 'text':
    case 'hash':
    case 'uuid':
    case 'dec128':
      if (typeof value === 'string') return textValue(resolved.kind, value)
      break
    case 'bytes':
      if (value instanceof Uint8Array) return bytesValue(value)
      break
    case 'list':
    case 'set':
      if (isList(value)) {
        const items = value.map((item) => exprFromValue(item, resolved.item, table))
        return resolved.kind === 'list' ? listValue(items) : setValue(items)
      }
      break
    case 'map':
      if (value instanceof Map) return mapFrom(value, resolved, table)
      break
    case 'record':
      if (isMembers(value)) return recordFrom(value, resolved, table)
      break
    case 'variant':
      if (isMembers(value)) return variantFrom(value, resolved, table)
      break
  }
  throw exprError('expr.type_mismatch', `the value is no ${resolved.kind}`)
}

type TypeOf<Kind extends TypeExpr['kind']> = Extract<TypeExpr, { readonly kind: Kind }>
type Members = Readonly<Record<string, Value>>

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

function isMembers(value: Value): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map)
}

function mapFrom(
  value: ReadonlyMap<string | number | bigint, Value>,
  type: TypeOf<'map'>,
  table: SchemaTable,
): ExprValue {
  return mapValue(
    [...value].map(([key, item]) => ({
      key: exprFromValue(key, { kind: type.key }, table),
      value: exprFromValue(item, type.value, table),
    })),
  )
}

function recordFrom(value: Members, type: TypeOf<'record'>, table: SchemaTable): ExprValue {
  const fields = new Map<string, ExprValue>()
  for (const [name, field] of type.fields) fields.set(name, exprFromValue(value[name] ?? null, field, table))
  return recordValue(fields)
}

function variantFrom(value: Members, type: TypeOf<'variant'>, table: SchemaTable): ExprValue {
  const tag = value['$tag']
  const arm = typeof tag === 'string' ? type.arms.get(tag) : undefined
  if (typeof tag !== 'string' || arm === undefined) throw exprError('expr.type_mismatch', 'the variant has no such arm')
  const payload = value['$value']
  return variantValue(tag, payload === undefined ? undefined : exprFromValue(payload, arm, table))
}

/**
 * The value a slot of the type takes. An int and a nat become each other when the number fits; a record with the members `$tag`
 * and `$value` becomes a variant. Nothing else is converted. Throws `expr.type_mismatch` with the path in the value.
 */
export function valueFromExpr(value: ExprValue, type: TypeExpr, table: SchemaTable): Value {
  return fit(value, type, { table, path: [] })
}

/** Where the walk is: the path is read only for an error. */
interface Place {
  readonly table: SchemaTable
  readonly path: (string | number)[]
}

function fit(value: ExprValue, type: TypeExpr, place: Place): Value {
  const resolved = resolveType(type, place.table)
  switch (resolved.kind) {
    case 'option':
      return value.sort === 'null' ? null : fit(value, resolved.inner, place)
    case 'unit':
      if (value.sort === 'null') return null
      break
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      return integerFrom(value, resolved.kind, place)
    case 'bool':
    case 'bytes':
    case 'text':
    case 'hash':
    case 'uuid':
    case 'dec128':
      if (value.sort === resolved.kind) return value.value
      break
    case 'list':
    case 'set':
      if (value.sort === resolved.kind) {
        return value.items.map((item, index) => fitAt(index, item, resolved.item, place))
      }
      break
    case 'map':
      if (value.sort === 'map') return mapOf(value, resolved, place)
      break
    case 'record':
      if (value.sort === 'record') return recordOf(value.fields, resolved, place)
      break
    case 'variant':
      return variantOf(value, resolved, place)
  }
  throw notOf(resolved.kind, value, place)
}

function fitAt(step: string | number, value: ExprValue, type: TypeExpr, place: Place): Value {
  place.path.push(step)
  const made = fit(value, type, place)
  place.path.pop()
  return made
}

function integerFrom(value: ExprValue, kind: IntegerSort, place: Place): bigint {
  if (value.sort === kind) return value.value
  if (value.sort === 'nat' && kind === 'int' && value.value <= INT_MAX) return value.value
  if (value.sort === 'int' && kind === 'nat' && value.value >= 0n) return value.value
  throw notOf(kind, value, place)
}

function mapOf(value: Extract<ExprValue, { readonly sort: 'map' }>, type: TypeOf<'map'>, place: Place): Value {
  const entries = value.entries.map(({ key, value: item }) => {
    const made = fit(key, { kind: type.key }, place)
    // Keys of a map type are texts or integers.
    return [made as string | bigint, fitAt(String(made), item, type.value, place)] as const
  })
  return new Map(entries)
}

function recordOf(fields: ReadonlyMap<string, ExprValue>, type: TypeOf<'record'>, place: Place): Value {
  for (const name of fields.keys()) {
    if (type.fields.has(name)) continue
    const path = [...place.path, name]
    throw exprError('expr.type_mismatch', `the record has a field ${name} too many`, { path })
  }
  const made: Record<string, Value> = Object.create(null) as Record<string, Value> // no inherited names
  for (const [name, field] of type.fields) {
    const given = fields.get(name)
    if (given === undefined && resolveType(field, place.table).kind !== 'option') {
      const path = [...place.path, name]
      throw exprError('expr.type_mismatch', `the record lacks the field ${name}`, { path })
    }
    made[name] = fitAt(name, given ?? NULL_VALUE, field, place)
  }
  return made
}

function variantOf(value: ExprValue, type: TypeOf<'variant'>, place: Place): Value {
  const parts = variantParts(value)
  const arm = parts === undefined ? undefined : type.arms.get(parts.tag)
  if (parts === undefined || arm === undefined) throw notOf('variant with that arm', value, place)
  if (resolveType(arm, place.table).kind === 'unit') {
    if (parts.payload === undefined || parts.payload.sort === 'null') return { $tag: parts.tag }
    place.path.push('$value')
    throw notOf('unit', parts.payload, place)
  }
  return { $tag: parts.tag, $value: fitAt('$value', parts.payload ?? NULL_VALUE, arm, place) }
}

function variantParts(value: ExprValue): { readonly tag: string; readonly payload: ExprValue | undefined } | undefined {
  if (value.sort === 'variant') return { tag: value.tag, payload: value.value }
  if (value.sort !== 'record') return undefined
  const tag = value.fields.get('$tag')
  const others = value.fields.size - (value.fields.has('$value') ? 2 : 1)
  return tag?.sort === 'text' && others === 0 ? { tag: tag.value, payload: value.fields.get('$value') } : undefined
}

function notOf(wanted: string, value: ExprValue, { path }: Place): Error {
  return exprError('expr.type_mismatch', `expected ${wanted}, found ${value.sort}`, { path: [...path] })
}
