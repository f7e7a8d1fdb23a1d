/** Secrets in parameters, found by the type of their slot and by nothing else (spec/11-gate.md, "Secrets"). */
import { resolveType } from '@aos/air'
import type { SchemaTable, TypeExpr, Value } from '@aos/air'

const SECRET_SLOTS: ReadonlySet<string> = new Set(['sys/TextOrSecretRef@1', 'sys/BytesOrSecretRef@1'])

/** What stands in a slot for a secret. */
export type SecretUse =
  | { readonly kind: 'literal' }
  /** `alias@version`. */
  | { readonly kind: 'reference'; readonly name: string }

/** Every use, in the order of the type. `value` is decoded by `type`. */
export function findSecrets(type: TypeExpr, value: Value, table: SchemaTable): readonly SecretUse[] {
  const uses: SecretUse[] = []
  walk(type, value, table, uses)
  return uses
}

function walk(type: TypeExpr, value: Value, table: SchemaTable, uses: SecretUse[]): void {
  let at = type
  for (;;) {
    if (at.kind !== 'ref') break
    if (SECRET_SLOTS.has(at.name)) {
      uses.push(useOf(value))
      return
    }
    const next = table.get(at.name)
    if (next === undefined) return
    at = next
  }
  if (at.kind === 'option') {
    if (value !== null) walk(at.inner, value, table, uses)
  } else if ((at.kind === 'list' || at.kind === 'set') && Array.isArray(value)) {
    const items: readonly Value[] = value
    for (const item of items) walk(at.item, item, table, uses)
  } else if (at.kind === 'map' && value instanceof Map) {
    const entries: ReadonlyMap<unknown, Value> = value
    for (const item of entries.values()) walk(at.value, item, table, uses)
  } else if (at.kind === 'record') {
    for (const [name, field] of at.fields) walk(field, memberOf(value, name) ?? null, table, uses)
  } else if (at.kind === 'variant') {
    const tag = memberOf(value, '$tag')
    const arm = typeof tag === 'string' ? at.arms.get(tag) : undefined
    const payload = memberOf(value, '$value')
    if (arm !== undefined && payload !== undefined) walk(arm, payload, table, uses)
  }
}

function useOf(value: Value): SecretUse {
  if (memberOf(value, '$tag') !== 'secret') return { kind: 'literal' }
  const reference = memberOf(value, '$value') ?? null
  return {
    kind: 'reference',
    name: `${String(memberOf(reference, 'alias'))}@${String(memberOf(reference, 'version'))}`,
  }
}

function memberOf(value: Value, name: string): Value | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) return undefined
  // Records and variants are objects with the names of their members.
  return (value as Readonly<Record<string, Value>>)[name]
}

/** True when a value of the type may hold a secret: most effects have none, and are not walked. */
export function hasSecretSlots(type: TypeExpr, table: SchemaTable): boolean {
  if (type.kind === 'ref' && SECRET_SLOTS.has(type.name)) return true
  if (type.kind === 'ref') {
    const next = table.get(type.name)
    return next !== undefined && hasSecretSlots(next, table)
  }
  const resolved = resolveType(type, table)
  switch (resolved.kind) {
    case 'option':
      return hasSecretSlots(resolved.inner, table)
    case 'list':
    case 'set':
      return hasSecretSlots(resolved.item, table)
    case 'map':
      return hasSecretSlots(resolved.value, table)
    case 'record':
      return [...resolved.fields.values()].some((field) => hasSecretSlots(field, table))
    case 'variant':
      return [...resolved.arms.values()].some((arm) => hasSecretSlots(arm, table))
    default:
      return false
  }
}
