/** What is known about the type of an expression before it runs (spec/09-expressions.md, "Static checks"). */
import { resolveType } from '@aos/air'
import type { MapKeyType, SchemaTable, TypeExpr } from '@aos/air'
import type { IntegerSort, TextSort } from './value.ts'

/** `any`: nothing is known, so nothing is an error. */
export type ExprType =
  | { readonly kind: 'any' | 'null' | 'bool' | 'bytes' | IntegerSort | TextSort }
  | { readonly kind: 'option'; readonly inner: ExprType }
  | { readonly kind: 'list' | 'set'; readonly item: ExprType }
  | { readonly kind: 'map'; readonly key: ExprType; readonly value: ExprType }
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, ExprType> }
  /** One arm: what an expression makes. */
  | { readonly kind: 'arm'; readonly tag: string; readonly value: ExprType | undefined }
  /** What a schema says; looked into as far as a path goes. */
  | { readonly kind: 'schema'; readonly type: TypeExpr }

/** Of what nothing is known; it fits everywhere. */
export const ANY: ExprType = { kind: 'any' }

/** The same, with a schema's outermost type taken apart. A schema's variant stays a schema. */
export function expand(type: ExprType, table: SchemaTable): ExprType {
  if (type.kind !== 'schema') return type
  const resolved = resolveType(type.type, table)
  switch (resolved.kind) {
    case 'unit':
      return { kind: 'null' }
    case 'option':
      return { kind: 'option', inner: { kind: 'schema', type: resolved.inner } }
    case 'list':
    case 'set':
      return { kind: resolved.kind, item: { kind: 'schema', type: resolved.item } }
    case 'map':
      return { kind: 'map', key: { kind: resolved.key }, value: { kind: 'schema', type: resolved.value } }
    case 'record':
      return {
        kind: 'record',
        fields: new Map([...resolved.fields].map(([name, field]) => [name, { kind: 'schema', type: field }])),
      }
    case 'variant':
      return { kind: 'schema', type: resolved }
    default:
      return { kind: resolved.kind }
  }
}

/** For messages. */
export function describeType(type: ExprType, table: SchemaTable): string {
  const known = expand(type, table)
  if (known.kind === 'schema' || known.kind === 'arm') return 'variant'
  return known.kind === 'option' ? `option of ${describeType(known.inner, table)}` : known.kind
}

/** A member that a path may name; `none` when there is certainly no such member, `any` when it cannot be told. */
export function memberType(type: ExprType, name: string, table: SchemaTable): ExprType | 'none' {
  const known = expand(type, table)
  switch (known.kind) {
    case 'any':
      return ANY
    case 'option':
      return memberType(known.inner, name, table)
    case 'record':
      return known.fields.get(name) ?? 'none'
    case 'map':
      return known.key.kind === 'text' || known.key.kind === 'any' ? known.value : 'none'
    case 'arm':
      if (name === '$tag') return { kind: 'text' }
      return name === '$value' ? (known.value ?? 'none') : 'none'
    case 'schema':
      // A variant: which arm it is shows only at run time.
      return name === '$tag' ? { kind: 'text' } : name === '$value' ? ANY : 'none'
    default:
      return 'none'
  }
}

const KEY_KINDS: ReadonlySet<string> = new Set<MapKeyType>(['int', 'nat', 'text', 'uuid', 'hash'])

/** False only when a value of the type can certainly not be a key. */
export function mayBeKey(type: ExprType, table: SchemaTable): boolean {
  const { kind } = expand(type, table)
  return kind === 'any' || kind === 'option' || KEY_KINDS.has(kind)
}

/** False only when no value of the expression's type can fill a slot of the schema type. */
export function mayFill(type: ExprType, slot: TypeExpr, table: SchemaTable): boolean {
  const known = expand(type, table)
  const wanted = resolveType(slot, table)
  if (known.kind === 'any') return true
  if (wanted.kind === 'option') return known.kind === 'null' || mayFill(known, wanted.inner, table)
  if (known.kind === 'option') return mayFill(known.inner, slot, table)
  switch (wanted.kind) {
    case 'unit':
      return known.kind === 'null'
    case 'int':
    case 'nat':
      return known.kind === 'int' || known.kind === 'nat'
    case 'list':
    case 'set':
      return known.kind === wanted.kind && mayFill(known.item, wanted.item, table)
    case 'map':
      return known.kind === 'map' && mayFill(known.value, wanted.value, table)
    case 'record':
      return known.kind === 'record' && mayFillRecord(known.fields, wanted.fields, table)
    case 'variant':
      return mayFillVariant(known, wanted.arms, table)
    default:
      return known.kind === wanted.kind
  }
}

function mayFillRecord(
  fields: ReadonlyMap<string, ExprType>,
  wanted: ReadonlyMap<string, TypeExpr>,
  table: SchemaTable,
): boolean {
  for (const name of fields.keys()) if (!wanted.has(name)) return false
  for (const [name, type] of wanted) {
    const given = fields.get(name)
    if (given === undefined ? resolveType(type, table).kind !== 'option' : !mayFill(given, type, table)) return false
  }
  return true
}

function mayFillVariant(known: ExprType, arms: ReadonlyMap<string, TypeExpr>, table: SchemaTable): boolean {
  if (known.kind === 'arm') {
    const arm = arms.get(known.tag)
    return arm !== undefined && mayFill(known.value ?? { kind: 'null' }, arm, table)
  }
  if (known.kind === 'record') return known.fields.has('$tag')
  if (known.kind !== 'schema') return false
  const given = resolveType(known.type, table)
  return given.kind === 'variant' && [...given.arms.keys()].some((tag) => arms.has(tag))
}
