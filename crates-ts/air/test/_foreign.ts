/** Foreign spellings of a value: everything that guests and senders may write for it. */
import fc from 'fast-check'
import type { SchemaTable, TypeExpr, Value } from '../src/model.ts'
import { resolveType } from '../src/types/resolve.ts'

/** Choices made while writing; a tape of bytes, read again from the start when it ends. */
interface Choices {
  readonly tape: readonly number[]
  at: number
}

interface Foreign {
  readonly out: number[]
  readonly choices: Choices
  readonly table: SchemaTable
}

/** Bytes that mean the value in a slot of the type, with or without the prefix. */
export function foreignForm(type: TypeExpr, table: SchemaTable, value: Value): fc.Arbitrary<Uint8Array> {
  return fc.array(fc.nat({ max: 255 }), { minLength: 40, maxLength: 40 }).map((tape) => {
    const foreign: Foreign = { out: [], choices: { tape, at: 0 }, table }
    if (isChosen(foreign)) foreign.out.push(0xd9, 0xd9, 0xf7)
    spell(foreign, type, value)
    return Uint8Array.from(foreign.out)
  })
}

function choose(foreign: Foreign, count: number): number {
  const { choices } = foreign
  const byte = choices.tape[choices.at % choices.tape.length] ?? 0
  choices.at += 1
  return byte % count
}

function isChosen(foreign: Foreign): boolean {
  return choose(foreign, 3) === 1
}

/** A head of the major type in any width that holds the argument. */
function head(foreign: Foreign, major: number, argument: bigint): void {
  const least = argument < 24n ? 0 : argument < 256n ? 1 : argument < 65_536n ? 2 : argument < 2n ** 32n ? 3 : 4
  const width = isChosen(foreign) ? least + choose(foreign, 5 - least) : least
  if (width === 0) {
    foreign.out.push((major << 5) | Number(argument))
    return
  }
  const bytes = 1 << (width - 1)
  foreign.out.push((major << 5) | (23 + width))
  for (let shift = bytes - 1; shift >= 0; shift -= 1) foreign.out.push(Number((argument >> BigInt(8 * shift)) & 255n))
}

function text(foreign: Foreign, value: string): void {
  const points = [...value]
  if (points.length > 1 && isChosen(foreign)) {
    const cut = choose(foreign, points.length)
    foreign.out.push(0x7f)
    for (const part of [points.slice(0, cut).join(''), points.slice(cut).join('')]) definiteText(foreign, part)
    foreign.out.push(0xff)
  } else definiteText(foreign, value)
}

function definiteText(foreign: Foreign, value: string): void {
  const bytes = new TextEncoder().encode(value)
  head(foreign, 3, BigInt(bytes.length))
  foreign.out.push(...bytes)
}

function integer(foreign: Foreign, value: bigint): void {
  if (isChosen(foreign)) foreign.out.push(0xc6) // some tag, dropped
  if (value >= 0n) head(foreign, 0, value)
  else head(foreign, 1, -1n - value)
}

/** Items or entries between a definite or an indefinite head. */
function container(foreign: Foreign, major: 4 | 5, parts: readonly (() => void)[]): void {
  if (isChosen(foreign)) {
    foreign.out.push((major << 5) | 31)
    for (const part of parts) part()
    foreign.out.push(0xff)
  } else {
    head(foreign, major, BigInt(parts.length))
    for (const part of parts) part()
  }
}

function nothing(foreign: Foreign): void {
  const spellings = [[0xf6], [0xf7], [0xa0], [0x80]]
  foreign.out.push(...(spellings[choose(foreign, spellings.length)] ?? []))
}

function shuffled<T>(foreign: Foreign, list: readonly T[]): T[] {
  const rest = [...list]
  const order: T[] = []
  while (rest.length > 0) order.push(...rest.splice(choose(foreign, rest.length), 1))
  return order
}

function spell(foreign: Foreign, slot: TypeExpr, value: Value): void {
  const type = resolveType(slot, foreign.table)
  switch (type.kind) {
    case 'bool':
      if (isChosen(foreign)) text(foreign, String(value))
      else foreign.out.push(value === true ? 0xf5 : 0xf4)
      return
    case 'int':
    case 'nat':
    case 'time':
    case 'duration':
      return integer(foreign, BigInt(value as number))
    case 'bytes':
      return spellBytes(foreign, value as Uint8Array)
    case 'uuid':
      return text(foreign, isChosen(foreign) ? String(value).toUpperCase() : String(value))
    case 'hash':
      return text(foreign, isChosen(foreign) ? `sha256:${String(value).slice(7).toUpperCase()}` : String(value))
    case 'dec128':
      return text(foreign, isChosen(foreign) ? String(value).replace(/^(-?)/, '$10') : String(value))
    case 'text':
      return text(foreign, String(value))
    case 'unit':
      return nothing(foreign)
    case 'option':
      if (value === null) foreign.out.push(isChosen(foreign) ? 0xf7 : 0xf6)
      else spell(foreign, type.inner, value)
      return
    case 'list':
    case 'set': {
      const items = value as readonly Value[]
      const order = type.kind === 'set' ? shuffled(foreign, [...items, ...items]) : items
      return container(
        foreign,
        4,
        order.map((item) => () => spell(foreign, type.item, item)),
      )
    }
    default:
      return spellEntries(foreign, type, value)
  }
}

function spellBytes(foreign: Foreign, bytes: Uint8Array): void {
  const style = choose(foreign, 4)
  if (style === 0) {
    const items = [...bytes].map((byte) => () => integer(foreign, BigInt(byte)))
    return container(foreign, 4, items)
  }
  if (style === 1 && bytes.every((byte) => byte < 0x80)) return text(foreign, String.fromCharCode(...bytes))
  if (style === 2) {
    foreign.out.push(0x5f)
    for (const part of [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]) {
      head(foreign, 2, BigInt(part.length))
      foreign.out.push(...part)
    }
    foreign.out.push(0xff)
    return
  }
  head(foreign, 2, BigInt(bytes.length))
  foreign.out.push(...bytes)
}

type Entries = Extract<TypeExpr, { kind: 'map' | 'record' | 'variant' }>

function spellEntries(foreign: Foreign, type: Entries, value: Value): void {
  if (type.kind === 'map') {
    const entries = shuffled(foreign, [...(value as ReadonlyMap<string, Value>)])
    const parts = entries.map(([key, item]) => () => {
      spell(foreign, { kind: type.key }, key)
      spell(foreign, type.value, item)
    })
    return container(foreign, 5, parts)
  }
  const members = value as { readonly [name: string]: Value } // records and variants are objects
  if (type.kind === 'record') {
    const present = [...type.fields].filter(([name, field]) => {
      const isAbsent = resolveType(field, foreign.table).kind === 'option' && members[name] === null
      return !(isAbsent && isChosen(foreign))
    })
    const parts = shuffled(foreign, present).map(([name, field]) => () => {
      text(foreign, name)
      spell(foreign, field, members[name] ?? null)
    })
    return container(foreign, 5, parts)
  }
  spellVariant(foreign, type.arms, members)
}

function spellVariant(
  foreign: Foreign,
  arms: ReadonlyMap<string, TypeExpr>,
  members: { readonly [name: string]: Value },
): void {
  const tag = String(members['$tag'])
  const arm = arms.get(tag) ?? { kind: 'unit' }
  const unit = resolveType(arm, foreign.table).kind === 'unit'
  const payload = (): void => (unit ? nothing(foreign) : spell(foreign, arm, members['$value'] ?? null))
  const style = choose(foreign, 3)
  if (style === 0 && unit) return text(foreign, tag)
  // A one-key map whose key is $tag would be read as the canonical form.
  if (style === 1 && tag !== '$tag') {
    return container(foreign, 5, [() => (text(foreign, tag), payload())])
  }
  const parts = [(): void => (text(foreign, '$tag'), text(foreign, tag))]
  if (!unit || isChosen(foreign)) parts.push(() => (text(foreign, '$value'), payload()))
  container(foreign, 5, shuffled(foreign, parts))
}
