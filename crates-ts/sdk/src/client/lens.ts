/** Types of JSON in the sugar lens, as it is printed and as it is accepted (spec/03-values.md, "Sugar lens"). */
import type { SchemaTable, TypeExpr } from '@aos/air'
import { compareText } from '../gen/names.ts'

/** What the types are written with. */
export interface LensOptions {
  readonly direction: 'printed' | 'accepted'
  readonly table: SchemaTable
  /** TypeScript's names of schemas; every schema that a type refers to has one. */
  readonly names: ReadonlyMap<string, string>
}

/** Writes types in one direction. Schemas are known not to contain themselves. */
export class Lens {
  readonly #isAccepted: boolean
  readonly #table: SchemaTable
  readonly #names: ReadonlyMap<string, string>

  constructor({ direction, table, names }: LensOptions) {
    this.#isAccepted = direction === 'accepted'
    this.#table = table
    this.#names = names
  }

  /** A declaration of the type of a schema, as an interface where that is possible. */
  declare(name: string, schema: string): string {
    const type = this.#table.get(schema)
    if (type === undefined) return `export type ${name} = unknown`
    if (type.kind !== 'record' || type.fields.size === 0) return `export type ${name} = ${this.#write(type)}`
    const lines = this.#members(type.fields).map((member) => `  ${member}`)
    return `export interface ${name} {\n${lines.join('\n')}\n}`
  }

  #write(type: TypeExpr): string {
    const number = this.#isAccepted ? 'number | string' : 'number'
    switch (type.kind) {
      case 'ref':
        return this.#names.get(type.name) ?? 'unknown'
      case 'bool':
        return 'boolean'
      case 'int':
      case 'nat':
        return number
      case 'time':
      case 'duration':
        return this.#isAccepted ? 'string | number' : 'string'
      case 'unit':
        return 'null'
      case 'record':
        return type.fields.size === 0 ? NO_MEMBERS : `{ ${this.#members(type.fields).join('; ')} }`
      case 'variant':
        return (
          inOrder(type.arms)
            .flatMap(([name, inner]) => this.#arm(name, inner))
            .join(' | ') || 'never'
        )
      case 'list':
      case 'set':
        return `readonly ${grouped(this.#write(type.item))}[]`
      case 'map':
        return type.key === 'text'
          ? `{ readonly [key: string]: ${this.#write(type.value)} }`
          : `readonly (readonly [key: ${this.#write({ kind: type.key })}, value: ${this.#write(type.value)}])[]`
      case 'option':
        return `${this.#write(type.inner)} | null`
      default:
        return 'string'
    }
  }

  #members(fields: ReadonlyMap<string, TypeExpr>): readonly string[] {
    return inOrder(fields).map(([name, type]) => {
      const mark = this.#isAccepted && resolve(type, this.#table).kind === 'option' ? '?' : ''
      return `readonly ${memberName(name)}${mark}: ${this.#write(type)}`
    })
  }

  #arm(name: string, type: TypeExpr): readonly string[] {
    const isUnit = resolve(type, this.#table).kind === 'unit'
    // An arm of this name with a payload has the canonical form: it would be read as a tag.
    if (name === '$tag' && !isUnit) return [`{ readonly $tag: "$tag"; readonly $value: ${this.#write(type)} }`]
    const whole = `{ readonly ${memberName(name)}: ${this.#write(type)} }`
    return this.#isAccepted && isUnit ? [JSON.stringify(name), whole] : [whole]
  }
}

/** Equal definitions give equal texts, in whatever order their members were written or are stored. */
function inOrder(members: ReadonlyMap<string, TypeExpr>): readonly (readonly [name: string, type: TypeExpr])[] {
  return [...members].toSorted(([left], [right]) => compareText(left, right))
}

/** `{}` would be anything but null. */
const NO_MEMBERS = '{ readonly [key: string]: never }'

function grouped(text: string): string {
  return /^\w+$|^\{[^{}]*\}$/.test(text) ? text : `(${text})`
}

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/

function memberName(name: string): string {
  return IDENTIFIER.test(name) ? name : JSON.stringify(name)
}

function resolve(type: TypeExpr, table: SchemaTable): TypeExpr {
  const target = type.kind === 'ref' ? table.get(type.name) : undefined
  return target === undefined ? type : resolve(target, table)
}

/**
 * True when what is accepted for a type is exactly what is printed for it: nothing in it may be left out, be a text in the place of a
 * number or a number in the place of a text, or be the bare name of an arm.
 */
export function isPrintedAsAccepted(type: TypeExpr, table: SchemaTable): boolean {
  const plain = resolve(type, table)
  const isSame = (inner: TypeExpr): boolean => isPrintedAsAccepted(inner, table)
  switch (plain.kind) {
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      return false
    case 'record':
      return [...plain.fields.values()].every((field) => resolve(field, table).kind !== 'option' && isSame(field))
    case 'variant':
      return [...plain.arms.values()].every((arm) => resolve(arm, table).kind !== 'unit' && isSame(arm))
    case 'list':
    case 'set':
      return isSame(plain.item)
    case 'map':
      return plain.key !== 'int' && plain.key !== 'nat' && isSame(plain.value)
    case 'option':
      return isSame(plain.inner)
    default:
      return true
  }
}
