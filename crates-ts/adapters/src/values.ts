/** Reading decoded parameters. Their schema was checked before; a mismatch here is a fault of the host. */
import { type Value } from '@aos/air'
import { AosError, type Hash, isHash } from '@aos/cbor'

/** A record as codecs make it: without a prototype. */
export function makeRecord(fields: Readonly<Record<string, Value>>): Value {
  return Object.assign(Object.create(null) as Record<string, Value>, fields) // what Object.create gives is untyped
}

/** Members of a record or variant; undefined for every other value. */
export function membersOf(value: Value | undefined): { readonly [field: string]: Value } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (value instanceof Map || value instanceof Uint8Array) return undefined
  return value as { readonly [field: string]: Value } // the one sort that is left
}

/** A field; null (an absent option) when the record lacks it. */
export function fieldOf(value: Value, name: string): Value {
  const members = membersOf(value)
  if (members === undefined) throw badParams(name, 'a record')
  return Object.hasOwn(members, name) ? (members[name] ?? null) : null
}

/** A field that is a text. */
export function textField(value: Value, name: string): string {
  const field = fieldOf(value, name)
  if (typeof field !== 'string') throw badParams(name, 'a text')
  return field
}

/** A hash as text; undefined for an absent option. */
export function hashField(value: Value, name: string): Hash | undefined {
  const field = fieldOf(value, name)
  if (field === null) return undefined
  if (typeof field !== 'string' || !isHash(field)) throw badParams(name, 'a hash')
  return field
}

/** Items of a list or set; undefined for an absent option. */
export function itemsField(value: Value, name: string): readonly Value[] | undefined {
  const field = fieldOf(value, name)
  if (field === null) return undefined
  if (!Array.isArray(field)) throw badParams(name, 'a list')
  return field as readonly Value[] // Array.isArray does not narrow readonly arrays
}

/** Hashes of a list; undefined for an absent option. */
export function hashesField(value: Value, name: string): readonly Hash[] | undefined {
  return itemsField(value, name)?.map((item) => {
    if (typeof item !== 'string' || !isHash(item)) throw badParams(name, 'a list of hashes')
    return item
  })
}

/** Texts of a set; undefined for an absent option. */
export function textsField(value: Value, name: string): readonly string[] | undefined {
  return itemsField(value, name)?.map((item) => {
    if (typeof item !== 'string') throw badParams(name, 'a set of texts')
    return item
  })
}

/** The text in a slot of `sys/TextOrSecretRef@1` after resolution, or of a plain text; undefined for a secret that is still a reference. */
export function resolvedText(value: Value): string | undefined {
  if (typeof value === 'string') return value
  const members = membersOf(value)
  const content = members?.['$tag'] === 'literal' ? members['$value'] : undefined
  return typeof content === 'string' ? content : undefined
}

/** The error of a field that is not what the schema of the kind says. */
export function badParams(name: string, expected: string): AosError {
  return new AosError('adapter.bad_params', `expected ${expected}`, { path: [name] })
}
