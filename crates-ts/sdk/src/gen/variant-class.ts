/** The text of the class of a variant and of the enum of its tags. */
import type { Defaults } from './defaults.ts'
import { defaultText, isUnit, readText, typeText, writeText } from './expressions.ts'
import type { GuestClass, GuestType, Member } from './guest-type.ts'
import { mapHead, matchLiteral, textBytes, writeLiteral } from './literals.ts'
import { pascalOf } from './names.ts'
import { UNMANAGED, fromBytesText, schemaNameText } from './record-class.ts'

/**
 * A variant's payload lies in one 64-bit slot: an integer, or the pointer of an object. Nothing is ever freed
 * within a step, so a pointer in a slot stays good.
 */
export function variantText(variant: GuestClass, defaults: Defaults): readonly string[] {
  const { className, tagName } = variant
  return [
    `export enum ${tagName} {`,
    ...variant.members.map(({ name }) => `  ${name},`),
    '}',
    '',
    variant.schema === undefined ? '/** A variant inside another type. */' : `/** The variant ${variant.schema}. */`,
    ...UNMANAGED,
    `export class ${className} {`,
    '  private constructor(',
    `    readonly tag: ${tagName},`,
    '    private slot: u64,',
    '  ) {}',
    ...initialText(variant, defaults.initialArm(variant)),
    ...variant.members.flatMap((member) => armText(variant, member)),
    ...accessorsText(variant),
    ...schemaNameText(variant),
    ...fromBytesText(variant),
    ...decodeText(variant),
    ...encodeText(variant),
    '}',
  ]
}

/** The value of a field that the author did not set; none when the arms leave a choice. */
function initialText(variant: GuestClass, arm: Member | undefined): readonly string[] {
  if (arm === undefined) return []
  const payload = isUnit(arm.type) ? '' : defaultText(arm.type)
  return [
    '',
    `  static initial(): ${variant.className} {`,
    `    return ${variant.className}.${arm.name}(${payload})`,
    '  }',
  ]
}

function armText({ className, tagName }: GuestClass, { name, type }: Member): readonly string[] {
  if (isUnit(type)) {
    return ['', `  static ${name}(): ${className} {`, `    return new ${className}(${tagName}.${name}, 0)`, '  }']
  }
  return [
    '',
    `  static ${name}(value: ${typeText(type)}): ${className} {`,
    `    return new ${className}(${tagName}.${name}, ${toSlot(type, 'value')})`,
    '  }',
  ]
}

/** `isStart` and `asStart`; arms that differ only in the case of their first letter share neither. */
function accessorsText(variant: GuestClass): readonly string[] {
  const taken = new Set(variant.members.map(({ key }) => key).filter((key) => pascalOf(key) === key))
  return variant.members.flatMap((member) => {
    let suffix = pascalOf(member.key)
    while (suffix !== member.key && taken.has(suffix)) suffix += '_'
    taken.add(suffix)
    return accessorText(variant, member, suffix)
  })
}

function accessorText({ tagName }: GuestClass, { name, type }: Member, suffix: string): readonly string[] {
  const test = ['', `  get is${suffix}(): bool {`, `    return this.tag == ${tagName}.${name}`, '  }']
  if (isUnit(type)) return test
  return [
    ...test,
    '',
    `  /** The payload; traps when the value has another arm. */`,
    `  get as${suffix}(): ${typeText(type)} {`,
    `    if (this.tag != ${tagName}.${name}) trapWrongArm()`,
    `    return ${fromSlot(type)}`,
    '  }',
  ]
}

function toSlot(type: GuestType, value: string): string {
  if (type.kind === 'scalar' && type.scalar !== 'text' && type.scalar !== 'bytes') return `<u64>${value}`
  return `<u64>changetype<usize>(${value})`
}

function fromSlot(type: GuestType): string {
  if (type.kind === 'scalar' && type.scalar === 'bool') return 'this.slot != 0'
  if (type.kind === 'scalar' && type.scalar === 'int') return '<i64>this.slot'
  if (type.kind === 'scalar' && type.scalar === 'nat') return 'this.slot'
  return `changetype<${typeText(type)}>(<usize>this.slot)`
}

function decodeText(variant: GuestClass): readonly string[] {
  const { className } = variant
  const lines = ['', `  static decode(): ${className} {`, '    const shape = openVariant()']
  for (const { key, name, type } of variant.members) {
    lines.push(`    if (${matchLiteral(textBytes(key))}) {`)
    if (isUnit(type)) lines.push('      skipPayload(shape)', `      return ${className}.${name}()`)
    else lines.push('      openPayload(shape)', `      return ${className}.${name}(${readText(type)})`)
    lines.push('    }')
  }
  lines.push('    trapUnknownArm()', `    return changetype<${className}>(0)`, '  }')
  return lines
}

function encodeText(variant: GuestClass): readonly string[] {
  const lines = ['', '  encode(): void {', '    switch (this.tag) {']
  for (const { key, name, type } of variant.members) {
    const unit = isUnit(type)
    const literal = [
      ...mapHead(unit ? 1 : 2),
      ...textBytes('$tag'),
      ...textBytes(key),
      ...(unit ? [] : textBytes('$value')),
    ]
    lines.push(`      case ${variant.tagName}.${name}:`)
    lines.push(...writeLiteral(literal).map((line) => `        ${line}`))
    if (!unit) lines.push(`        ${writeText(type, fromSlot(type))}`)
    lines.push('        break')
  }
  lines.push('    }', '  }')
  return lines
}
