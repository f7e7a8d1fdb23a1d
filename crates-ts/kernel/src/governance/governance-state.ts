/**
 * Proposals and what changes have left behind, as part of the world's state (spec/17-governance.md, "State"):
 *
 *   proposals    number -> proposal
 *   next         number of the next one
 *   upcasters    (event schema, fingerprint) -> what leads on from that form
 *   watch        the change that is on probation
 *   review       whether open intents have to be judged again, because what was in force changed without naming those in flight
 */
import { Collection, TEXT_KEYS } from '../collections/collection.ts'
import type { NodeStore } from '../collections/node-store.ts'
import { PROPOSAL_RECORDS, UPCASTER_RECORDS } from '../snapshot/governance-records.ts'
import type { StateRoots } from '../state.ts'
import type { Proposal } from './proposal.ts'
import type { Upcaster } from './upcast.ts'
import type { Watch } from './watch.ts'

/** Everything about governance that entries decide. */
export interface GovernanceState {
  /** By number, decimal. */
  readonly proposals: Collection<Proposal>
  nextProposal: number
  readonly upcasters: Collection<Upcaster>
  /** The change that is on probation. */
  watch: Watch | undefined
  needsReview: boolean
}

/** Of a world in which nothing was ever proposed, or of a snapshot. */
export function makeGovernanceState(nodes: NodeStore, { collection }: StateRoots): GovernanceState {
  return {
    proposals: new Collection(nodes, { keys: TEXT_KEYS, records: PROPOSAL_RECORDS }, collection('proposals')),
    nextProposal: 1,
    upcasters: new Collection(nodes, { keys: TEXT_KEYS, records: UPCASTER_RECORDS }, collection('upcasters')),
    watch: undefined,
    needsReview: false,
  }
}
