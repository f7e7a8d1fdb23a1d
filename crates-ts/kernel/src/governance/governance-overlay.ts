/** What a turn has done to proposals and to what is in force; nothing of it counts before `merge` (K8). */
import type { GovernanceState } from './governance-state.ts'
import type { ManifestChange } from './manifest-change.ts'
import type { Proposal } from './proposal.ts'
import type { Watch } from './watch.ts'

/** The turn's own changes in front of the state. */
export class GovernanceOverlay {
  readonly #state: GovernanceState
  readonly #proposals = new Map<number, Proposal>()
  #next: number
  /** Puts another manifest in force from the next height on; one at most in a turn. */
  change: ManifestChange | undefined
  /** Of that change. */
  watch: Watch | undefined
  needsReview: boolean

  constructor(state: GovernanceState) {
    this.#state = state
    this.#next = state.nextProposal
    this.needsReview = state.needsReview
  }

  get(number: number): Proposal | undefined {
    return this.#proposals.get(number) ?? this.#state.proposals.get(String(number))
  }

  get next(): number {
    return this.#next
  }

  put(proposal: Proposal): void {
    this.#proposals.set(proposal.number, proposal)
    this.#next = Math.max(this.#next, proposal.number + 1)
  }

  merge(): void {
    const state = this.#state
    for (const [number, proposal] of this.#proposals) state.proposals.set(String(number), proposal)
    state.nextProposal = this.#next
    state.needsReview = this.needsReview
    // Whatever was watched before gives way to what comes into force now.
    if (this.change !== undefined) state.watch = this.watch
  }
}
