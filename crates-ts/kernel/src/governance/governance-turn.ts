/** Proposals, and what comes into force, in a turn (spec/17-governance.md, "Change"): what ingress and internal effects do to them. */
import { hashBytes } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { GovernanceReport } from '../api.ts'
import type { Intent } from '../intents/intent.ts'
import { KERNEL_ADAPTER } from '../intents/intent.ts'
import type { Turn } from '../turn.ts'
import type { Catalog } from '../catalog.ts'
import { writeGovernance } from './governance-item.ts'
import type { GovernanceChange } from './governance-item.ts'
import type { ManifestChange } from './manifest-change.ts'
import type { Proposal } from './proposal.ts'
import type { Watch } from './watch.ts'

/** Intents whose calls have begun, which are left alone; undefined: nobody knows. */
export type InFlight = ReadonlySet<Hash> | undefined

/** The part of one turn that knows governance. */
export class GovernanceTurn {
  readonly #turn: Turn
  readonly #report: GovernanceReport[] = []

  constructor(turn: Turn) {
    this.#turn = turn
  }

  get report(): readonly GovernanceReport[] {
    return this.#report
  }

  /** A proposal as this turn sees it. */
  get(number: number): Proposal | undefined {
    return this.#turn.overlay.governance.get(number)
  }

  /** The number of the next proposal. */
  get next(): number {
    return this.#turn.overlay.governance.next
  }

  /** Puts a proposal into the state, and writes what happened to it. */
  put(proposal: Proposal, change: GovernanceChange, more: { readonly hash?: Hash; readonly text?: string } = {}): void {
    this.#turn.overlay.governance.put(proposal)
    this.note(proposal.number, change, more)
  }

  /** Writes the item. */
  note(proposal: number, change: GovernanceChange, more: { readonly hash?: Hash; readonly text?: string } = {}): void {
    const { hash, text } = more
    this.#turn.nextItem()
    this.#turn.input.writer?.item((writer) => {
      writeGovernance(writer, { proposal, change, hash: hash === undefined ? undefined : hashBytes(hash), text })
    })
    this.#report.push({ proposal, change, hash, text })
  }

  /**
   * Puts another manifest in force: for the gate from here on, for everything else from the next height on. What waits for an approval is judged again, and so are
   * open intents that are not in flight (G8). Costs a walk through all intents.
   */
  putInForce(
    change: ManifestChange,
    options: { readonly inFlight: InFlight; readonly watch: Watch | undefined },
  ): void {
    const { governance } = this.#turn.overlay
    governance.change = change
    governance.watch = options.watch
    this.#turn.widen()
    this.review(change.catalog, options.inFlight)
  }

  /** Judges again what has not been performed yet. */
  review(catalog: Catalog, inFlight: InFlight): void {
    const { overlay, effects } = this.#turn
    let isLeft = false
    for (const intent of overlay.effects.intents()) {
      if (intent.status === 'parked') effects.rejudge(intent, catalog, { isApproved: false })
      else if (intent.status === 'open' && this.#isReviewable(intent, inFlight)) effects.review(intent, catalog)
      else if (intent.status === 'open' && inFlight === undefined) isLeft = true
    }
    overlay.governance.needsReview = isLeft
  }

  /** Nobody else has a timer. */
  #isReviewable(intent: Intent, inFlight: InFlight): boolean {
    return intent.adapter === KERNEL_ADAPTER || (inFlight !== undefined && !inFlight.has(intent.hash))
  }
}
