/** The item of `derived` about a proposal (K6; spec/journal.cddl, "governance"). Holds nothing that is salted. */
import type { CborWriter, HashBytes } from '@aos/cbor'
import { ITEM } from '../codes.ts'

/** What happened. The order is format: new ones go to the end. */
export const GOVERNANCE_CHANGES = [
  'proposed',
  'shadowed',
  'approved',
  'rejected',
  'withdrawn',
  'applied',
  'reverted',
  'revert_failed',
  'kept',
] as const

/** One of these. */
export type GovernanceChange = (typeof GOVERNANCE_CHANGES)[number]

/** What stands in the item. */
export interface GovernanceItem {
  readonly proposal: number
  readonly change: GovernanceChange
  /** Of the patch, the report or the manifest. */
  readonly hash: HashBytes | undefined
  /** An authority, a code, or who decided. */
  readonly text: string | undefined
}

/** A map with ascending integer keys; what is undefined is left out. */
export function writeGovernance(writer: CborWriter, item: GovernanceItem): void {
  writer.map(3 + (item.hash === undefined ? 0 : 1) + (item.text === undefined ? 0 : 1))
  writer.uint(0)
  writer.uint(ITEM.governance)
  writer.uint(1)
  writer.uint(item.proposal)
  writer.uint(2)
  writer.uint(GOVERNANCE_CHANGES.indexOf(item.change))
  if (item.hash !== undefined) {
    writer.uint(3)
    writer.bytes(item.hash)
  }
  if (item.text !== undefined) {
    writer.uint(4)
    writer.text(item.text)
  }
}
