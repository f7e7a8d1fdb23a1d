/** The functions that read and write lists, sets, maps and options, one pair for each type that occurs. */
import { compositeName, isNumeric, presentText, readText, typeText, writeText } from './expressions.ts'
import type { GuestModel, GuestType } from './guest-type.ts'
import { compareText } from './names.ts'

/** All composite types of a model, inner ones too, in the order of their names. */
export function compositesOf(model: GuestModel): readonly GuestType[] {
  const found = new Map<string, GuestType>()
  const collect = (type: GuestType): void => {
    const inner = innerType(type)
    if (inner === undefined) return
    found.set(compositeName(type), type)
    collect(inner)
  }
  for (const guestClass of model.classes) for (const member of guestClass.members) collect(member.type)
  for (const alias of model.aliases) collect(alias.type)
  return [...found].sort(([left], [right]) => compareText(left, right)).map(([, type]) => type)
}

function innerType(type: GuestType): GuestType | undefined {
  switch (type.kind) {
    case 'list':
    case 'set':
      return type.item
    case 'map':
      return type.value
    case 'option':
      return type.inner
    default:
      return undefined
  }
}

export function compositeText(type: GuestType): readonly string[] {
  switch (type.kind) {
    case 'list':
      return listText(type)
    case 'set':
      return setText(type)
    case 'map':
      return mapText(type)
    case 'option':
      return optionText(type)
    default:
      return []
  }
}

function readHead(type: GuestType): string {
  return `export function read$${compositeName(type)}(): ${typeText(type)} {`
}

function writeHead(type: GuestType, value: string): string {
  return `export function write$${compositeName(type)}(${value}: ${typeText(type)}): void {`
}

function listText(type: GuestType & { kind: 'list' }): readonly string[] {
  return [
    readHead(type),
    '  const size = readArray()',
    `  const list = new ${typeText(type)}(size)`,
    `  for (let at = 0; at < size; at++) unchecked((list[at] = ${readText(type.item)}))`,
    '  return list',
    '}',
    '',
    writeHead(type, 'list'),
    '  const size = list.length',
    '  writeArray(size)',
    `  for (let at = 0; at < size; at++) ${writeText(type.item, 'unchecked(list[at])')}`,
    '}',
  ]
}

function setText(type: GuestType & { kind: 'set' }): readonly string[] {
  const ordered = type.item.kind === 'scalar'
  const write = ordered
    ? ['  writeArray(set.size)', `  for (let at = 0; at < set.size; at++) ${writeText(type.item, 'set.at(at)')}`]
    : [
        '  const sorter = new ItemSorter()',
        '  for (let at = 0; at < set.size; at++) {',
        '    sorter.beginItem()',
        `    ${writeText(type.item, 'set.at(at)')}`,
        '    sorter.endItem()',
        '  }',
        '  sorter.encode()',
      ]
  return [
    readHead(type),
    `  const set = new ${typeText(type)}()`,
    `  for (let left = readArray(); left > 0; left--) set.add(${readText(type.item)})`,
    '  return set',
    '}',
    '',
    writeHead(type, 'set'),
    ...write,
    '}',
  ]
}

function mapText(type: GuestType & { kind: 'map' }): readonly string[] {
  return [
    readHead(type),
    `  const map = new ${typeText(type)}()`,
    '  for (let left = readMap(); left > 0; left--) {',
    `    const key = ${readText(type.key)}`,
    `    map.set(key, ${readText(type.value)})`,
    '  }',
    '  return map',
    '}',
    '',
    writeHead(type, 'map'),
    '  writeMap(map.size)',
    '  for (let at = 0; at < map.size; at++) {',
    `    ${writeText(type.key, 'map.keyAt(at)')}`,
    `    ${writeText(type.value, 'map.valueAt(at)')}`,
    '  }',
    '}',
  ]
}

function optionText(type: GuestType & { kind: 'option' }): readonly string[] {
  const read = readText(type.inner)
  const numeric = isNumeric(type.inner)
  return [
    readHead(type),
    '  if (readNull()) return null',
    `  return ${numeric ? `new ${presentText(type.inner)}(${read})` : read}`,
    '}',
    '',
    writeHead(type, 'value'),
    '  if (value === null) writeNull()',
    `  else ${writeText(type.inner, numeric ? 'value.value' : 'value')}`,
    '}',
  ]
}
