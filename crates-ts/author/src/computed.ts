/**
 * What stands behind a term: its JSON, and its type as far as it is known, so that members can be reached by name and
 * constants beside it have its sort.
 */
import { AosError } from '@aos/cbor'
import type { AirType } from './air-type.ts'
import type { ExprJson } from './expression-json.ts'
import { operation } from './expression-json.ts'

/** A type, one of several, a record or list of these, or one that nobody knows. */
export type ComputedType =
  | AirType
  | { readonly kind: 'merged'; readonly types: readonly AirType[] }
  | { readonly kind: 'parts'; readonly fields: { readonly [name: string]: ComputedType } }
  | { readonly kind: 'items'; readonly item: ComputedType }
  | { readonly kind: 'unknown' }

/** An expression that was built. */
export interface Computed {
  readonly json: ExprJson
  readonly type: ComputedType
}

const COMPUTED: unique symbol = Symbol('computed')

/** Nobody knows. */
export const UNKNOWN: ComputedType = { kind: 'unknown' }

/** What a value was built of; undefined for constants and everything that is no term. */
export function computedOf(value: unknown): Computed | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as { readonly [COMPUTED]?: Computed })[COMPUTED] // only `makeTerm` gives objects such a member
}

/** The term of an expression. The caller says which type TypeScript has for it. */
export function makeTerm<T>(computed: Computed): T {
  const handler: ProxyHandler<object> = {
    get: (_target, name) => {
      if (name === COMPUTED) return computed
      if (typeof name === 'string' && !CONVERSIONS.has(name)) return makeTerm(memberOf(computed, name))
      throw new AosError('author.not_a_value', `${shown(computed)} has no value before the plan runs`, {
        hint: 'compute with operators such as concat, eq and add; compare by guards',
      })
    },
    set: (_target, name) => {
      throw new AosError('author.not_a_value', `${shown(computed)} cannot be changed: ${String(name)}`)
    },
  }
  return new Proxy({}, handler) as T // its members are those of the type that the caller names
}

/** What the language asks of an object that stands where a text or number is expected. */
const CONVERSIONS: ReadonlySet<string> = new Set(['toString', 'valueOf', 'toJSON', 'then'])

/** The term of a reference, such as `@plan.input`. */
export function reference<T>(text: string, type: ComputedType): T {
  return makeTerm<T>({ json: { ref: text }, type })
}

/** The member of a record or variant. Throws `author.unknown_member`. */
export function memberOf(computed: Computed, name: string): Computed {
  const type = memberType(computed.type, name)
  if (type === undefined) {
    const known = memberNames(computed.type)
    const found = known.length === 0 ? 'has no members' : `has ${known.join(', ')}`
    throw new AosError('author.unknown_member', `${shown(computed)} has no member ${name}; it ${found}`)
  }
  const { ref } = computed.json
  const json = typeof ref === 'string' && !name.includes('.') ? { ref: `${ref}.${name}` } : partOf(computed.json, name)
  return { json, type }
}

function partOf(json: ExprJson, name: string): ExprJson {
  return operation('get', json, { text: name })
}

/** Without the names on the way to it. */
export function resolved(type: ComputedType): Exclude<ComputedType, { readonly kind: 'schema' }> {
  return type.kind === 'schema' ? resolved(type.type) : type
}

function memberType(type: ComputedType, name: string): ComputedType | undefined {
  const plain = resolved(type)
  switch (plain.kind) {
    case 'record':
    case 'parts':
      return ownMember<ComputedType>(plain.fields, name)
    case 'variant':
      if (name === '$tag') return { kind: 'text' }
      return name === '$value' ? oneOf(Object.values(plain.arms)) : undefined
    case 'merged':
      return oneOf(plain.types.flatMap((each) => memberType(each, name) ?? []))
    case 'unknown':
      return plain
    default:
      return undefined
  }
}

/** `fields` is the author's: it may have any keys, and inherits none. */
function ownMember<V>(fields: { readonly [name: string]: V }, name: string): V | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

/** One of these; undefined when there is none. */
export function oneOf(types: readonly ComputedType[]): ComputedType | undefined {
  const [first, second] = types
  if (second === undefined) return first
  return { kind: 'merged', types: types.flatMap(typesIn) }
}

function typesIn(type: ComputedType): readonly AirType[] {
  switch (type.kind) {
    case 'merged':
      return type.types
    case 'unknown':
    case 'parts':
    case 'items':
      return []
    default:
      return [type]
  }
}

function memberNames(type: ComputedType): readonly string[] {
  const plain = resolved(type)
  switch (plain.kind) {
    case 'record':
    case 'parts':
      return Object.keys(plain.fields)
    case 'variant':
      return ['$tag', '$value']
    case 'merged':
      return [...new Set(plain.types.flatMap(memberNames))]
    default:
      return []
  }
}

/** How messages call it. */
export function shown({ json }: Computed): string {
  return typeof json['ref'] === 'string' ? json['ref'] : JSON.stringify(json)
}
