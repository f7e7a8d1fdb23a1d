/** What goes over, or would, as people and programs are told. */
import { MANIFEST, bytesItem } from './items.ts'

/** One line of a pull: a definition, a part of the manifest, or the bytes of a module. */
export interface ItemChange {
  readonly change: 'add' | 'change' | 'remove'
  /** `schema`, `plan`, …; `manifest` with the name of a part; `wasm` with that of a module. */
  readonly kind: string
  readonly name: string
  /** Where it stands or stood. */
  readonly file: string | undefined
}

/** Items of one direction: what each side says, by item, and where. */
export interface DescribeOptions {
  readonly items: readonly string[]
  readonly before: (item: string) => boolean
  readonly after: (item: string) => boolean
  readonly fileOf: (item: string) => string | undefined
}

/** Without what goes without saying: a definition is listed, and a module has bytes. */
export function describeItems({ items, before, after, fileOf }: DescribeOptions): readonly ItemChange[] {
  return withoutImplied(items).map((item) => {
    const { kind, name } = shownItem(item)
    const change = before(item) ? (after(item) ? 'change' : 'remove') : after(item) ? 'add' : 'change'
    return { change, kind, name, file: fileOf(item) }
  })
}

/** As people read them: the first few, and how many more there are. */
export function listItems(items: readonly string[]): string {
  const shown = withoutImplied(items).map((item) => {
    const { kind, name } = shownItem(item)
    return `${kind} ${name}`
  })
  const more = shown.length > 3 ? ` and ${shown.length - 3} more` : ''
  return shown.slice(0, 3).join(', ') + more
}

function shownItem(item: string): Pick<ItemChange, 'kind' | 'name'> {
  const [first = '', ...rest] = item.split(' ')
  return { kind: first.replace(/^def/, ''), name: rest.join(' ') }
}

/** A definition that comes is listed, too. */
export function withoutImplied(items: readonly string[]): readonly string[] {
  const all = new Set(items)
  return items.filter((item) => !isImplied(item, all))
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['schemas', 'defschema'],
  ['modules', 'defmodule'],
  ['plans', 'defplan'],
  ['effects', 'defeffect'],
  ['caps', 'defcap'],
  ['policies', 'defpolicy'],
  ['secrets', 'defsecret'],
])

function isImplied(item: string, all: ReadonlySet<string>): boolean {
  const [first, second = '', name] = item.split(' ')
  if (first !== MANIFEST) return item === bytesItem(second) && all.has(`defmodule ${second}`)
  if (name !== undefined) return all.has(`${KINDS.get(second) ?? ''} ${name}`)
  return second === 'routing' && [...all].some((other) => other.startsWith(`${MANIFEST} events `))
}
