/** AIR types as TypeScript, and as the values from which `makeCodec` makes codecs. */
import type { GuestClass, GuestModel, GuestType, Scalar } from './guest-type.ts'

const SCALAR_TYPES: Readonly<Record<Scalar, string>> = {
  bool: 'boolean',
  int: 'bigint',
  nat: 'bigint',
  text: 'string',
  bytes: 'Uint8Array',
  unit: 'null',
}

/** How the type is written in TypeScript. */
export function typeText(type: GuestType): string {
  switch (type.kind) {
    case 'scalar':
      return SCALAR_TYPES[type.scalar]
    case 'record':
    case 'variant':
      return type.className
    case 'list':
      return `${itemText(type.item)}[]`
    case 'set':
      return isSetItem(type.item) ? `Set<${typeText(type.item)}>` : `${itemText(type.item)}[]`
    case 'map':
      return `Map<${typeText(type.key)}, ${typeText(type.value)}>`
    case 'option':
      return `${typeText(type.inner)} | null`
  }
}

function itemText(type: GuestType): string {
  return type.kind === 'option' ? `(${typeText(type)})` : typeText(type)
}

/** What a JavaScript Set tells apart by value. */
function isSetItem(type: GuestType): boolean {
  return type.kind === 'scalar' && type.scalar !== 'bytes' && type.scalar !== 'unit'
}

/** A property name, quoted where it must be. */
export function keyText(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key)
}

/** An exported type for every schema, record and variant. */
export function typesText(model: GuestModel): readonly string[] {
  const aliases = model.aliases.flatMap(({ aliasName, schema, type }) => [
    '',
    `/** The schema ${schema}. */`,
    `export type ${aliasName} = ${typeText(type)}`,
  ])
  const classes = model.classes.flatMap((each) => ['', ...classText(each)])
  return [...aliases, ...classes]
}

function classText({ kind, className, schema, members }: GuestClass): readonly string[] {
  const note = schema === undefined ? [] : [`/** The schema ${schema}. */`]
  if (kind === 'record') {
    const fields = members.map(({ key, type }) => `  ${keyText(key)}: ${typeText(type)}`)
    return [...note, `export interface ${className} {`, ...fields, '}']
  }
  const arms = members.map(({ key, type }) => {
    const isUnit = type.kind === 'scalar' && type.scalar === 'unit'
    return `  | { $tag: ${JSON.stringify(key)}${isUnit ? '' : `; $value: ${typeText(type)}`} }`
  })
  return [...note, `export type ${className} =`, ...arms]
}

/** Constants of the types, each behind those that it names. */
export function valuesText(model: GuestModel): readonly string[] {
  const byName = new Map(model.classes.map((each) => [each.className, each]))
  const done = new Set<string>()
  const lines: string[] = []
  const visitType = (type: GuestType): void => {
    if (type.kind === 'record' || type.kind === 'variant') visit(type.className)
    if (type.kind === 'list' || type.kind === 'set') visitType(type.item)
    if (type.kind === 'map') visitType(type.value)
    if (type.kind === 'option') visitType(type.inner)
  }
  const visit = (name: string): void => {
    const found = byName.get(name)
    if (found === undefined || done.has(name)) return
    done.add(name)
    for (const { type } of found.members) visitType(type)
    const members = found.members.map(({ key, type }) => `[${JSON.stringify(key)}, ${valueText(type)}]`)
    lines.push(`const ${name}$: $ValueType = { ${found.kind}: [${members.join(', ')}] }`)
  }
  for (const { className } of model.classes) visit(className)
  return lines.length === 0 ? [] : ['', ...lines]
}

/** The type as a value that `makeCodec` takes. */
export function valueText(type: GuestType): string {
  switch (type.kind) {
    case 'scalar':
      return `'${type.scalar}'`
    case 'record':
    case 'variant':
      return `${type.className}$`
    case 'list':
    case 'set':
      return `{ ${type.kind}: ${valueText(type.item)} }`
    case 'map':
      return `{ map: [${valueText(type.key)}, ${valueText(type.value)}] }`
    case 'option':
      return `{ option: ${valueText(type.inner)} }`
  }
}
