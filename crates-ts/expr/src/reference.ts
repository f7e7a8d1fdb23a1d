/** References: `@root` or `@root.field.field` (spec/09-expressions.md, "References"). */
import { exprError } from './errors.ts'
import { textValue } from './value.ts'
import type { ExprValue } from './value.ts'

/** `@plan.input`, `@event`, `@now` of a plan; `@params`, `@grant`, `@principal` of a policy; `@world` of a probation. */
export type PlainRoot = 'input' | 'event' | 'now' | 'params' | 'grant' | 'principal' | 'world'

/** Where a reference starts. */
export type ReferenceRoot =
  | { readonly kind: PlainRoot }
  /** `@var:NAME`. */
  | { readonly kind: 'var'; readonly name: string }
  /** `@step:ID`, and `@receipt:ID` of an `await_receipt` step. */
  | { readonly kind: 'step' | 'receipt'; readonly id: string }

/** A root and the members from there to what is meant. */
export interface Reference {
  readonly root: ReferenceRoot
  /** Fields of records, text keys of maps, `$tag` and `$value` of variants. */
  readonly path: readonly string[]
}

const NAMED = /^@(var|step|receipt):([^.]+)(?:\.(.+))?$/s
const PLAIN = /^@(plan\.input|event|now|params|grant|principal|world)(?:\.(.+))?$/s

/** Throws `expr.bad_reference`. */
export function parseReference(text: string): Reference {
  const named = NAMED.exec(text)
  if (named !== null) {
    const [, kind, name = '', rest] = named
    const path = pathOf(rest, text)
    if (kind === 'var') return { root: { kind, name }, path }
    return { root: { kind: kind === 'step' ? 'step' : 'receipt', id: name }, path }
  }
  const plain = PLAIN.exec(text)
  const kind = plain === null ? undefined : ROOTS.get(plain[1] ?? '')
  if (plain === null || kind === undefined) throw badReference(text)
  return { root: { kind }, path: pathOf(plain[2], text) }
}

const ROOTS: ReadonlyMap<string, PlainRoot> = new Map<string, PlainRoot>([
  ['plan.input', 'input'],
  ['event', 'event'],
  ['now', 'now'],
  ['params', 'params'],
  ['grant', 'grant'],
  ['principal', 'principal'],
  ['world', 'world'],
])

function pathOf(rest: string | undefined, text: string): readonly string[] {
  if (rest === undefined) return []
  const path = rest.split('.')
  if (path.includes('')) throw badReference(text)
  return path
}

function badReference(text: string): Error {
  return exprError(
    'expr.bad_reference',
    `expected @plan.input, @event, @now, @params, @grant, @principal, @world, @var:NAME, @step:ID or @receipt:ID and fields after dots, found ${JSON.stringify(text.slice(0, 80))}`,
  )
}

/** Throws `expr.missing_field` and `expr.type_mismatch`. */
export function walkPath(value: ExprValue, path: readonly string[]): ExprValue {
  let at = value
  for (const name of path) at = memberOf(at, name)
  return at
}

/** A field of a record, the value of a text key, or a part of a variant. */
export function memberOf(value: ExprValue, name: string): ExprValue {
  const found = findMember(value, name)
  if (found !== undefined) return found
  throw exprError('expr.missing_field', `a ${value.sort} has no ${JSON.stringify(name.slice(0, 80))}`)
}

/** undefined when it is not there. Throws `expr.type_mismatch` for a value that has no members. */
export function findMember(value: ExprValue, name: string): ExprValue | undefined {
  switch (value.sort) {
    case 'record':
      return value.fields.get(name)
    case 'map':
      return value.entries.find(({ key }) => key.sort === 'text' && key.value === name)?.value
    case 'variant':
      if (name === '$tag') return textValue('text', value.tag)
      return name === '$value' ? value.value : undefined
    default:
      throw exprError('expr.type_mismatch', `expected a record, a map or a variant, found a ${value.sort}`)
  }
}
