/** How AIR types look in a guest: the intermediate form between schemas and the text of classes. */
import type { PrimitiveType, SchemaTable, TypeExpr } from '@aos/air'
import { AosError } from '@aos/cbor'
import { compareEncoded, textBytes } from './literals.ts'
import { ClassNames, compareText, memberNames, nameSchemas, pascalOf } from './names.ts'

/** AIR primitives that a guest cannot tell apart are one: text stands for dec128, hash and uuid too. */
export type Scalar = 'bool' | 'int' | 'nat' | 'text' | 'bytes' | 'unit'

export type GuestType =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'record' | 'variant'; readonly className: string }
  | { readonly kind: 'list'; readonly item: GuestType }
  | { readonly kind: 'set'; readonly item: GuestType }
  | { readonly kind: 'map'; readonly key: GuestType; readonly value: GuestType }
  | { readonly kind: 'option'; readonly inner: GuestType }

/** A field of a record or an arm of a variant: the key in the encoding and the name in the class. */
export interface Member {
  readonly key: string
  readonly name: string
  readonly type: GuestType
}

/** A record or variant that becomes a class. `schema` is absent for one that has no name in AIR. */
export interface GuestClass {
  readonly kind: 'record' | 'variant'
  readonly className: string
  /** The name of a variant's enum of tags. */
  readonly tagName: string
  readonly schema: string | undefined
  /** In the canonical order of their keys, whatever the order in the text was (spec/20-authoring.md, "Generated sources"). */
  readonly members: readonly Member[]
}

/** A named schema that is not a record or variant. */
export interface GuestAlias {
  readonly aliasName: string
  readonly schema: string
  readonly type: GuestType
}

export interface GuestModel {
  readonly classes: readonly GuestClass[]
  readonly aliases: readonly GuestAlias[]
  /** The guest type of each root, by schema name. */
  readonly roots: ReadonlyMap<string, GuestType>
}

const SCALARS: Readonly<Record<PrimitiveType, Scalar>> = {
  bool: 'bool',
  int: 'int',
  nat: 'nat',
  dec128: 'text',
  bytes: 'bytes',
  text: 'text',
  time: 'nat',
  duration: 'int',
  hash: 'text',
  uuid: 'text',
  unit: 'unit',
}

/** Builds the model of the schemas that the roots need, transitively and no more. Order does not depend on the table's. */
export function modelGuest(roots: readonly string[], table: SchemaTable): GuestModel {
  const needed = [...reachSchemas(roots, table)]
  const classNames = new ClassNames()
  const names = nameSchemas(needed, classNames)
  const builder = new ModelBuilder(table, names, classNames)
  for (const schema of needed.sort(compareText)) builder.addSchema(schema)
  return {
    classes: builder.classes,
    aliases: builder.aliases,
    roots: new Map(roots.map((root) => [root, builder.typeOf({ kind: 'ref', name: root }, '')])),
  }
}

function reachSchemas(roots: readonly string[], table: SchemaTable): ReadonlySet<string> {
  const done = new Set<string>()
  const open: string[] = []
  const visit = (name: string): void => {
    if (open.includes(name)) {
      const cycle = [...open.slice(open.indexOf(name)), name].join(' -> ')
      throw new AosError('sdk.recursive_schema', `expected schemas without cycles, found ${cycle}`)
    }
    if (done.has(name)) return
    open.push(name)
    for (const ref of refsOf(schemaType(name, table))) visit(ref)
    open.pop()
    done.add(name)
  }
  for (const root of roots) visit(root)
  return done
}

function schemaType(name: string, table: SchemaTable): TypeExpr {
  const type = table.get(name)
  if (type === undefined)
    throw new AosError('sdk.unknown_schema', `expected the schema ${name}, found no definition of it`)
  return type
}

export function refsOf(type: TypeExpr): readonly string[] {
  switch (type.kind) {
    case 'ref':
      return [type.name]
    case 'record':
      return [...type.fields.values()].flatMap(refsOf)
    case 'variant':
      return [...type.arms.values()].flatMap(refsOf)
    case 'list':
    case 'set':
      return refsOf(type.item)
    case 'map':
      return refsOf(type.value)
    case 'option':
      return refsOf(type.inner)
    default:
      return []
  }
}

class ModelBuilder {
  readonly classes: GuestClass[] = []
  readonly aliases: GuestAlias[] = []
  private readonly table: SchemaTable
  private readonly names: ReadonlyMap<string, string>
  private readonly classNames: ClassNames

  constructor(table: SchemaTable, names: ReadonlyMap<string, string>, classNames: ClassNames) {
    this.table = table
    this.names = names
    this.classNames = classNames
  }

  private nameOf(schema: string): string {
    return this.names.get(schema) ?? pascalOf(schema)
  }

  addSchema(schema: string): void {
    if (this.aliases.some((known) => known.schema === schema)) return
    const type = schemaType(schema, this.table)
    const name = this.nameOf(schema)
    if (type.kind === 'record' || type.kind === 'variant') this.addClass(type, name, schema)
    else this.aliases.push({ aliasName: name, schema, type: this.typeOf(type, name) })
  }

  private addClass(type: TypeExpr & { kind: 'record' | 'variant' }, className: string, schema?: string): void {
    const tagName = type.kind === 'variant' ? this.classNames.claim(`${className}Tag`) : ''
    const entries = canonicalEntries(type.kind === 'record' ? type.fields : type.arms)
    const names = memberNames(entries.map(([key]) => key))
    const members = entries.map(([key, member]) => ({
      key,
      name: names.get(key) ?? key,
      type: this.typeOf(member, className + pascalOf(key)),
    }))
    this.classes.push({ kind: type.kind, className, tagName, schema, members })
  }

  /** `path` names the class of a record or variant that has no name of its own. */
  typeOf(type: TypeExpr, path: string): GuestType {
    switch (type.kind) {
      case 'ref':
        return this.refType(type.name)
      case 'record':
      case 'variant': {
        const className = this.classNames.claim(path)
        this.addClass(type, className)
        return { kind: type.kind, className }
      }
      case 'list':
      case 'set':
        return { kind: type.kind, item: this.typeOf(type.item, `${path}Item`) }
      case 'map': {
        const key: GuestType = { kind: 'scalar', scalar: SCALARS[type.key] }
        return { kind: 'map', key, value: this.typeOf(type.value, `${path}Value`) }
      }
      case 'option':
        return optionOf(this.typeOf(type.inner, path))
      default:
        return { kind: 'scalar', scalar: SCALARS[type.kind] }
    }
  }

  private refType(name: string): GuestType {
    const type = schemaType(name, this.table)
    const className = this.nameOf(name)
    if (type.kind === 'record' || type.kind === 'variant') return { kind: type.kind, className }
    const alias = this.aliases.find((known) => known.schema === name)
    if (alias !== undefined) return alias.type
    this.addSchema(name)
    return this.refType(name)
  }
}

/** A definition is the same in whatever order its text has the keys, so that order must not show. */
function canonicalEntries(members: ReadonlyMap<string, TypeExpr>): readonly (readonly [string, TypeExpr])[] {
  const encoded = [...members].map((entry) => ({ entry, bytes: textBytes(entry[0]) }))
  return encoded.sort((left, right) => compareEncoded(left.bytes, right.bytes)).map(({ entry }) => entry)
}

/** An option of an option, and one of a unit, say no more than what is in them. */
function optionOf(inner: GuestType): GuestType {
  const collapses = inner.kind === 'option' || (inner.kind === 'scalar' && inner.scalar === 'unit')
  return collapses ? inner : { kind: 'option', inner }
}
