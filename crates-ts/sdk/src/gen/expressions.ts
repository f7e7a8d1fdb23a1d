/** The text of types, reads and writes of one value. */
import type { GuestType, Scalar } from './guest-type.ts'

const SCALAR_TYPES: Readonly<Record<Scalar, string>> = {
  bool: 'bool',
  int: 'i64',
  nat: 'u64',
  text: 'string',
  bytes: 'Uint8Array',
  unit: 'bool',
}

const SCALAR_DEFAULTS: Readonly<Record<Scalar, string>> = {
  bool: 'false',
  int: '0',
  nat: '0',
  text: "''",
  bytes: 'new Uint8Array(0)',
  unit: 'true',
}

const COMPOSITE_NAMES = { list: 'List', set: 'Set', map: 'Map', option: 'Option' } as const

/** True for values that are numbers in AssemblyScript, which cannot be null. */
export function isNumeric(type: GuestType): boolean {
  return type.kind === 'scalar' && type.scalar !== 'text' && type.scalar !== 'bytes'
}

export function isUnit(type: GuestType): boolean {
  return type.kind === 'scalar' && type.scalar === 'unit'
}

/** The type as an author writes it. */
export function typeText(type: GuestType): string {
  switch (type.kind) {
    case 'scalar':
      return SCALAR_TYPES[type.scalar]
    case 'record':
    case 'variant':
      return type.className
    case 'list':
      return `Array<${typeText(type.item)}>`
    case 'set':
      return `SortedSet<${typeText(type.item)}>`
    case 'map':
      return `SortedMap<${typeText(type.key)}, ${typeText(type.value)}>`
    case 'option':
      return `${presentText(type.inner)} | null`
  }
}

/** The type of a value that is there, where null would say that it is not. */
export function presentText(type: GuestType): string {
  return isNumeric(type) ? `Some<${typeText(type)}>` : typeText(type)
}

/** The value that a field has when the author gives none. */
export function defaultText(type: GuestType): string {
  switch (type.kind) {
    case 'scalar':
      return SCALAR_DEFAULTS[type.scalar]
    case 'variant':
      return `${type.className}.initial()`
    case 'option':
      return 'null'
    default:
      return `new ${typeText(type)}()`
  }
}

/** A name for the pair of functions that read and write a composite type. */
export function compositeName(type: GuestType): string {
  switch (type.kind) {
    case 'scalar':
      return type.scalar.charAt(0).toUpperCase() + type.scalar.slice(1)
    case 'record':
    case 'variant':
      return type.className
    case 'list':
    case 'set':
      return `${COMPOSITE_NAMES[type.kind]}$${compositeName(type.item)}`
    case 'map':
      return `Map$${compositeName(type.key)}$${compositeName(type.value)}`
    case 'option':
      return `Option$${compositeName(type.inner)}`
  }
}

/** An expression that reads the value at the cursor. */
export function readText(type: GuestType): string {
  if (type.kind === 'scalar') return `read${compositeName(type)}()`
  if (type.kind === 'record' || type.kind === 'variant') return `${type.className}.decode()`
  return `read$${compositeName(type)}()`
}

/** A statement that writes the value. */
export function writeText(type: GuestType, value: string): string {
  if (isUnit(type)) return 'writeNull()'
  if (type.kind === 'scalar') return `write${compositeName(type)}(${value})`
  if (type.kind === 'record' || type.kind === 'variant') return `${value}.encode()`
  return `write$${compositeName(type)}(${value})`
}
