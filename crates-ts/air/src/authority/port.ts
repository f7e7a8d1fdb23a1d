/** What a comparison of authority says (spec/23-authority.md, "Rules"). */
import type { ErrorPath } from '@aos/cbor'
import type { Authority } from '../plan-model.ts'

/** The rule of the specification by which an item is judged; its number is stable. */
export type AuthorityRule =
  'A2' | 'A3' | 'A4' | 'A5' | 'A6' | 'A7' | 'A8' | 'A9' | 'A10' | 'A11' | 'A12' | 'A13' | 'A14'

/** What an item is about. */
export type AuthoritySection =
  | 'effects'
  | 'caps'
  | 'grants'
  | 'policy'
  | 'secrets'
  | 'plans'
  | 'modules'
  | 'bindings'
  | 'approvers'
  | 'approvals'
  | 'limits'
  | 'schemas'
  | 'policies'
  | 'module_bindings'
  | 'routing'
  | 'triggers'
  | 'migrations'
  | 'manifest'

/** One thing that is different, and what that does to what the world may do. */
export interface AuthorityItem {
  readonly section: AuthoritySection
  /** Of an effect its kind, of a grant, approver, plan, module or definition its name; otherwise of the section. */
  readonly name: string
  /** Within it, when not the whole of it is meant. */
  readonly path?: ErrorPath
  readonly change: Authority
  readonly rule: AuthorityRule
  /** It is about who approves, and so about what the rules in force judge: those of the base, never those of the change. */
  readonly approval?: true
  /** One sentence for people; nothing may compare it. */
  readonly reason: string
}

/** What a change does to authority. */
export interface AuthorityReport {
  /** The widest of the items; `keeps` when there is none. */
  readonly verdict: Authority
  /** True when an item is about who approves. */
  readonly approval: boolean
  /** By sections in the order of `AuthoritySection`, then by name and path. */
  readonly items: readonly AuthorityItem[]
}
