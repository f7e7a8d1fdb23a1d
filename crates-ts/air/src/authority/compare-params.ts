/**
 * Parameters of grants of built-in capabilities, by what their enforcers make of them (spec/23-authority.md, "Parameters";
 * spec/11-gate.md, "Built-in enforcers").
 */
import type { ErrorPath } from '@aos/cbor'
import type { Authority, CapGrant, Literal } from '../plan-model.ts'
import { compareAmounts } from './items.ts'

/** What is known of one parameter: how an item of a list covers another, or that a number bounds, or that a text stands for itself. */
type Meaning =
  | { readonly kind: 'items'; readonly covers: (item: string, other: string) => boolean }
  | { readonly kind: 'bound' }
  | { readonly kind: 'value' }

const EXACTLY: Meaning = { kind: 'items', covers: (item, other) => item === other }
const FOLDED: Meaning = { kind: 'items', covers: (item, other) => fold(item) === fold(other) }
const HOSTS: Meaning = { kind: 'items', covers: (item, other) => foldHost(item) === foldHost(other) }
const PATHS: Meaning = { kind: 'items', covers: (prefix, other) => isUnder(other, prefix) }
const PREFIXES: Meaning = { kind: 'items', covers: (prefix, other) => other.startsWith(prefix) }

/** By capability, then by parameter. One that is not here is unknown. */
const MEANINGS: ReadonlyMap<string, ReadonlyMap<string, Meaning>> = new Map(
  Object.entries({
    'sys/query@1': { scope: { kind: 'value' } },
    'sys/timer@1': {},
    'sys/blob@1': { namespaces: EXACTLY },
    'sys/secret@1': {},
    'sys/http.out@1': { hosts: HOSTS, schemes: FOLDED, methods: EXACTLY, ports: EXACTLY, path_prefixes: PATHS },
    'sys/llm.basic@1': { providers: EXACTLY, models: EXACTLY, max_tokens: { kind: 'bound' }, tools_allow: EXACTLY },
    'sys/workspace@1': { workspaces: EXACTLY, path_prefixes: PATHS, ops: EXACTLY },
    'sys/governance@1': { ops: EXACTLY, def_kinds: EXACTLY, name_prefixes: PREFIXES, manifest_sections: EXACTLY },
  } satisfies Readonly<Record<string, Readonly<Record<string, Meaning>>>>).map(
    ([cap, params]): readonly [string, ReadonlyMap<string, Meaning>] => [cap, new Map(Object.entries(params))],
  ),
)

/** What happened to one parameter. */
export interface ParamChange {
  readonly path: ErrorPath
  readonly change: Authority
  readonly reason: string
}

/** True when the parameters of the capability are known. */
export function isKnownCap(cap: string): boolean {
  return MEANINGS.has(cap)
}

/** The parameters of a capability whose meaning is known. */
export function parametersOf(cap: string): readonly string[] {
  return [...(MEANINGS.get(cap)?.keys() ?? [])]
}

/** Every parameter that is different. Both are literals in normal form of the type of the capability. */
export function compareParams(cap: string, before: Literal, after: Literal): readonly ParamChange[] {
  const known = MEANINGS.get(cap)
  if (known === undefined || before.kind !== 'record' || after.kind !== 'record') return [unknownChange([])]
  return [...known].flatMap(([name, meaning]): readonly ParamChange[] => {
    const [was, is] = [before.fields.get(name), after.fields.get(name)]
    if (was === undefined || is === undefined) return [unknownChange([name])]
    return compareParam(meaning, was, is).map((change) => ({ ...change, path: [name, ...change.path] }))
  })
}

function unknownChange(path: ErrorPath): ParamChange {
  return { path, change: 'widens', reason: 'what this parameter does is not known' }
}

function compareParam(meaning: Meaning, was: Literal, is: Literal): readonly ParamChange[] {
  if (isAbsent(was)) {
    return isAbsent(is) ? [] : [{ path: [], change: 'narrows', reason: 'it was not constrained' }]
  }
  if (isAbsent(is)) return [{ path: [], change: 'widens', reason: 'it is not constrained any more' }]
  switch (meaning.kind) {
    case 'items':
      return compareItems(meaning.covers, itemsOf(was), itemsOf(is))
    case 'bound':
      return compareBounds(amountOf(was), amountOf(is))
    case 'value':
      if (textOf(was) !== undefined && textOf(was) === textOf(is)) return []
      return [{ path: [], change: 'widens', reason: 'it has another value' }]
  }
}

function compareItems(
  covers: (item: string, other: string) => boolean,
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): readonly ParamChange[] {
  if (before === undefined || after === undefined) return [unknownChange([])]
  const uncovered = (items: readonly string[], by: readonly string[]): string | undefined =>
    items.find((item) => !by.some((other) => covers(other, item)))
  const more = uncovered(after, before)
  if (more !== undefined) return [{ path: [], change: 'widens', reason: `${JSON.stringify(more)} was not allowed` }]
  const less = uncovered(before, after)
  if (less !== undefined) {
    return [{ path: [], change: 'narrows', reason: `${JSON.stringify(less)} is not allowed any more` }]
  }
  if (before.length === after.length && before.every((item, index) => item === after[index])) return []
  return [{ path: [], change: 'keeps', reason: 'it says the same in other words' }]
}

function compareBounds(before: bigint | undefined, after: bigint | undefined): readonly ParamChange[] {
  if (before === undefined || after === undefined) return [unknownChange([])]
  const change = compareAmounts(before, after)
  return change === 'keeps' ? [] : [{ path: [], change, reason: `the bound was ${before} and is ${after}` }]
}

/** The items of a parameter of a grant; undefined when it constrains nothing. */
export function namesIn({ params }: CapGrant, parameter: string): readonly string[] | undefined {
  const found = params.kind === 'record' ? params.fields.get(parameter) : undefined
  return found === undefined ? undefined : itemsOf(found)
}

function isAbsent(literal: Literal): boolean {
  return literal.kind === 'constant' && literal.sort === 'null'
}

function itemsOf(literal: Literal): readonly string[] | undefined {
  if (literal.kind !== 'list' && literal.kind !== 'set') return undefined
  const items = literal.items.map((item) => textOf(item) ?? amountOf(item)?.toString())
  const known = items.filter((item) => item !== undefined)
  return known.length === items.length ? known : undefined
}

function textOf(literal: Literal): string | undefined {
  return literal.kind === 'constant' && typeof literal.value === 'string' ? literal.value : undefined
}

function amountOf(literal: Literal): bigint | undefined {
  if (literal.kind !== 'constant') return undefined
  const { value } = literal
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : undefined
}

/** ASCII only, as the enforcer folds. */
function fold(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** An IPv6 address may stand without its brackets; without a colon nothing in brackets is one. */
function foldHost(host: string): string {
  const folded = fold(host)
  return folded.startsWith('[') && folded.endsWith(']') && folded.includes(':') ? folded.slice(1, -1) : folded
}

/** As the enforcers of paths judge: `/a` has `/a` and `/a/b`, not `/ab`. */
function isUnder(path: string, prefix: string): boolean {
  if (prefix === '') return true
  if (!path.startsWith(prefix)) return false
  return path.length === prefix.length || prefix.endsWith('/') || path.charAt(prefix.length) === '/'
}
