/** The text of the class of a record. */
import { defaultText, readText, typeText, writeText } from './expressions.ts'
import type { GuestClass, GuestType, Member } from './guest-type.ts'
import { compareEncoded, mapHead, matchLiteral, textBytes, writeLiteral } from './literals.ts'

const SEEN_BITS = 32

/** Objects without the header of the garbage collector, which does not run in a step: each costs four stores less. */
export const UNMANAGED: readonly string[] = ['// @ts-ignore: decorator', '@unmanaged']

/** Members in the canonical order of their keys. */
function canonicalMembers(members: readonly Member[]): readonly Member[] {
  return [...members].sort((left, right) => compareEncoded(textBytes(left.key), textBytes(right.key)))
}

export function recordText(record: GuestClass): readonly string[] {
  return [
    ...headline(record),
    ...UNMANAGED,
    `export class ${record.className} {`,
    ...constructorText(record.members),
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

function constructorText(members: readonly Member[]): readonly string[] {
  if (members.length === 0) return ['  constructor() {}']
  const fields = members.map(({ name, type }) => `    public ${name}: ${typeText(type)} = ${defaultText(type)},`)
  return ['  constructor(', ...fields, '  ) {}']
}

function decodeText(record: GuestClass): readonly string[] {
  const name = record.className
  const members = canonicalMembers(record.members)
  const locals = new Map(members.map((member, at) => [member.key, `field${at}`]))
  const words = Math.ceil(members.length / SEEN_BITS)
  const lines = ['', `  static decode(): ${name} {`]
  for (const member of members) {
    lines.push(`    let ${locals.get(member.key) ?? ''}: ${typeText(member.type)} = ${placeholderText(member.type)}`)
  }
  for (let word = 0; word < words; word += 1) lines.push(`    let seen${word}: u32 = 0`)
  lines.push('    let left = readMap()', '    while (left > 0) {', '      const before = left')
  for (const [at, member] of members.entries()) {
    lines.push(
      `      if (left > 0 && ${matchLiteral(textBytes(member.key))}) {`,
      `        ${locals.get(member.key) ?? ''} = ${readText(member.type)}`,
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
  const values = record.members.map((member) => locals.get(member.key) ?? '')
  lines.push(`    return new ${name}(${values.join(', ')})`, '  }')
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

function encodeText(record: GuestClass): readonly string[] {
  const members = canonicalMembers(record.members)
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
