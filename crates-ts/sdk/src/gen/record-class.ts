/** The text of the class of a record. */
import type { Defaults } from './defaults.ts'
import { defaultText, readText, typeText, writeText } from './expressions.ts'
import type { GuestClass, GuestType, Member } from './guest-type.ts'
import { mapHead, matchLiteral, textBytes, writeLiteral } from './literals.ts'

const SEEN_BITS = 32

/** The first parameter of constructors that authors must not call; the compiler does not hold `private` to its word. */
export const NAMED_CLASS = 'Named$'

/** Declares that class, which has no values. */
export const NAMED_TEXT: readonly string[] = ['/** Nobody but a record has one. */', `class ${NAMED_CLASS} {}`]

/** Objects without the header of the garbage collector, which does not run in a step: each costs four stores less. */
export const UNMANAGED: readonly string[] = ['// @ts-ignore: decorator', '@unmanaged']

/**
 * An author names the fields that are set: no order of fields is part of a definition, so that none may decide which value goes where.
 * Only what has no default is given to the constructor (spec/20-authoring.md, "Generated sources").
 */
export function recordText(record: GuestClass, defaults: Defaults): readonly string[] {
  const required = record.members.filter(({ type }) => !defaults.has(type))
  return [
    ...headline(record),
    ...UNMANAGED,
    `export class ${record.className} {`,
    ...fieldsText(record.members.filter((member) => !required.includes(member))),
    ...constructorText(record.className, required),
    ...schemaNameText(record),
    ...fromBytesText(record),
    ...decodeText(record),
    ...encodeText(record),
    '}',
  ]
}

function headline(record: GuestClass): readonly string[] {
  return [record.schema === undefined ? '/** A record inside another type. */' : `/** The record ${record.schema}. */`]
}

/** Lets `Output.raise` name the schema; only classes of named schemas have it. */
export function schemaNameText(guestClass: GuestClass): readonly string[] {
  if (guestClass.schema === undefined) return []
  return ['', '  schemaName(): string {', `    return '${guestClass.schema}'`, '  }']
}

/** Lets an author read a value that another one carries as bytes: the params of an effect, say. */
export function fromBytesText({ className }: GuestClass): readonly string[] {
  return [
    '',
    '  /** Of CBOR with or without the prefix; traps when it is no such value. */',
    `  static fromBytes(bytes: Uint8Array): ${className} {`,
    '    openValueBytes(bytes)',
    `    return ${className}.decode()`,
    '  }',
  ]
}

function fieldsText(members: readonly Member[]): readonly string[] {
  if (members.length === 0) return []
  return [...members.map(({ name, type }) => `  ${name}: ${typeText(type)} = ${defaultText(type)}`), '']
}

function constructorText(className: string, required: readonly Member[]): readonly string[] {
  if (required.length === 0) return ['  constructor() {}']
  const parameters = required.map(({ name, type }) => `${name}: ${typeText(type)}`)
  const fields = parameters.map((parameter) => `    public ${parameter},`)
  const types = required.map(({ type }) => typeText(type))
  if (new Set(types).size === types.length) return ['  constructor(', ...fields, '  ) {}']
  const names = required.map(({ name }) => name)
  return [
    '  private constructor(',
    `    named: ${NAMED_CLASS},`,
    ...fields,
    '  ) {}',
    '',
    '  /** Some of the values are of one type: the name says which is which. */',
    `  static of_${names.join('_')}(${parameters.join(', ')}): ${className} {`,
    `    return new ${className}(changetype<${NAMED_CLASS}>(0), ${names.join(', ')})`,
    '  }',
  ]
}

function decodeText(record: GuestClass): readonly string[] {
  const name = record.className
  const { members } = record
  const words = Math.ceil(members.length / SEEN_BITS)
  const lines = ['', `  static decode(): ${name} {`]
  for (const [at, { type }] of members.entries()) {
    lines.push(`    let field${at}: ${typeText(type)} = ${placeholderText(type)}`)
  }
  for (let word = 0; word < words; word += 1) lines.push(`    let seen${word}: u32 = 0`)
  lines.push('    let left = readMap()', '    while (left > 0) {', '      const before = left')
  for (const [at, member] of members.entries()) {
    lines.push(
      `      if (left > 0 && ${matchLiteral(textBytes(member.key))}) {`,
      `        field${at} = ${readText(member.type)}`,
      `        seen${Math.floor(at / SEEN_BITS)} |= ${bitText(at)}`,
      '        left -= 1',
      '      }',
    )
  }
  lines.push(
    '      if (left == before) {',
    '        skipItem()',
    '        skipItem()',
    '        left -= 1',
    '      }',
    '    }',
  )
  for (let word = 0; word < words; word += 1) lines.push(...requiredText(members, word))
  // Not by the constructor, which would make the defaults of what is read.
  lines.push(`    const made = changetype<${name}>(heap.alloc(offsetof<${name}>()))`)
  for (const [at, member] of members.entries()) lines.push(`    made.${member.name} = field${at}`)
  lines.push('    return made', '  }')
  return lines
}

/** A value that is never read: a missing field traps before. */
function placeholderText(type: GuestType): string {
  if (type.kind === 'scalar' || type.kind === 'option') return type.kind === 'option' ? 'null' : scalarPlaceholder(type)
  return `changetype<${typeText(type)}>(0)`
}

function scalarPlaceholder(type: GuestType & { kind: 'scalar' }): string {
  return type.scalar === 'bytes' ? 'changetype<Uint8Array>(0)' : defaultText(type)
}

function bitText(index: number): string {
  return `0x${(2 ** (index % SEEN_BITS)).toString(16)}`
}

function requiredText(members: readonly Member[], word: number): readonly string[] {
  const required = members
    .map((member, at) => ({ member, at }))
    .filter(({ member, at }) => Math.floor(at / SEEN_BITS) === word && member.type.kind !== 'option')
  if (required.length === 0) return []
  const mask = required.reduce((sum, { at }) => sum + 2 ** (at % SEEN_BITS), 0).toString(16)
  return [`    if ((seen${word} & 0x${mask}) != 0x${mask}) trapMissingField()`]
}

function encodeText({ members }: GuestClass): readonly string[] {
  const lines = ['', '  encode(): void {']
  let pending = [...mapHead(members.length)]
  for (const member of members) {
    pending.push(...textBytes(member.key))
    lines.push(...writeLiteral(pending).map((line) => `    ${line}`))
    lines.push(`    ${writeText(member.type, `this.${member.name}`)}`)
    pending = []
  }
  lines.push(...writeLiteral(pending).map((line) => `    ${line}`), '  }')
  return lines
}
