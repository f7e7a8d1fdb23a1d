/** What a comparison of states says (spec/23-authority.md, "State"). */
import type { Acceptance, DiffItem } from '../diff/port.ts'

/** What holds values of the base that the next set has to do with. */
export type StateSubject =
  /** The cells of a reducer. */
  | 'state'
  /** The keys of its cells. */
  | 'key'
  /** An event that a plan of the base raises. */
  | 'raised'
  /** An event that a plan of the base awaits. */
  | 'awaited'
  /** The parameters of an effect that a plan of the base asks for. */
  | 'asked'

/** `accepted`: every value is one of the other schema. `migrated`: a module leads on. The others cannot come into force where values are there. */
export type StateVerdict = 'accepted' | 'migrated' | 'needs_migration' | 'refused'

/** A schema that means something else in the next set than in the base. */
export interface StateItem {
  readonly subject: StateSubject
  /** A reducer, an event schema, or an effect kind. */
  readonly name: string
  /** The names of the schemas; absent where there is none. */
  readonly before?: string
  readonly after?: string
  readonly verdict: StateVerdict
  /** The module that `migrations` names. */
  readonly module?: string
  /** Where the types differ, with references followed. */
  readonly fields: readonly DiffItem[]
  /** Why it is not `accepted`, or of a migration why it does not take what there is. */
  readonly because?: Exclude<Acceptance, { readonly verdict: 'yes' }>
}

/** What a change asks of the values that are there. */
export interface StateReport {
  /** The gravest of the items; `accepted` when there is none. */
  readonly verdict: StateVerdict
  /** In order of `StateSubject`, then of name. */
  readonly items: readonly StateItem[]
}
