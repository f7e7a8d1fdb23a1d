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
  return `export function read$${compositeName(type)}(r: Reader): ${typeText(type)} {`
}

function writeHead(type: GuestType, value: string): string {
  return `export function write$${compositeName(type)}(w: Writer, ${value}: ${typeText(type)}): void {`
}

function listText(type: GuestType & { kind: 'list' }): readonly string[] {
  return [
    readHead(type),
    '  const size = r.array()',
    `  const list = new ${typeText(type)}(size)`,
    `  for (let at = 0; at < size; at++) unchecked((list[at] = ${readText(type.item, 'r')}))`,
    '  return list',
    '}',
    '',
    writeHead(type, 'list'),
    '  const size = list.length',
    '  w.array(size)',
    `  for (let at = 0; at < size; at++) ${writeText(type.item, 'w', 'unchecked(list[at])')}`,
    '}',
  ]
}

function setText(type: GuestType & { kind: 'set' }): readonly string[] {
  const ordered = type.item.kind === 'scalar'
  const write = ordered
    ? ['  w.array(set.size)', `  for (let at = 0; at < set.size; at++) ${writeText(type.item, 'w', 'set.at(at)')}`]
    : [
        '  const sorter = new ItemSorter()',
        '  for (let at = 0; at < set.size; at++) {',
        `    ${writeText(type.item, 'sorter.writer', 'set.at(at)')}`,
        '    sorter.endItem()',
        '  }',
        '  sorter.finish(w)',
      ]
  return [
    readHead(type),
    `  const set = new ${typeText(type)}()`,
    `  for (let left = r.array(); left > 0; left--) set.add(${readText(type.item, 'r')})`,
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
    '  for (let left = r.map(); left > 0; left--) {',
    `    const key = ${readText(type.key, 'r')}`,
    `    map.set(key, ${readText(type.value, 'r')})`,
    '  }',
    '  return map',
    '}',
    '',
    writeHead(type, 'map'),
    '  w.map(map.size)',
    '  for (let at = 0; at < map.size; at++) {',
    `    ${writeText(type.key, 'w', 'map.keyAt(at)')}`,
    `    ${writeText(type.value, 'w', 'map.valueAt(at)')}`,
    '  }',
    '}',
  ]
}

function optionText(type: GuestType & { kind: 'option' }): readonly string[] {
  const read = readText(type.inner, 'r')
  const numeric = isNumeric(type.inner)
  return [
    readHead(type),
    '  if (r.isNull()) return null',
    `  return ${numeric ? `new ${presentText(type.inner)}(${read})` : read}`,
    '}',
    '',
    writeHead(type, 'value'),
    '  if (value === null) w.none()',
    `  else ${writeText(type.inner, 'w', numeric ? 'value.value' : 'value')}`,
    '}',
  ]
}
