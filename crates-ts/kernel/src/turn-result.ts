/** What a turn came to, as whoever submitted it is told. */
import type { HashBytes } from '@aos/cbor'
import type { GovernanceReport, TurnResult } from './api.ts'
import { EMPTY_KEY } from './cells/cell.ts'
import { NOTHING_DONE } from './turn-effects.ts'
import type { TurnEnd } from './turn.ts'

/** The answer to an ingress that became an entry. */
export type Accepted = Extract<TurnResult, { readonly kind: 'accepted' }>

/** A turn that ran, and its entry. */
export interface Performed {
  readonly end: TurnEnd
  readonly probation: GovernanceReport | undefined
  readonly leaf: HashBytes
  /** Absent: none was made. */
  readonly entry: Uint8Array | undefined
  /** It is, byte for byte, what was recorded. */
  readonly isRecorded: boolean
}

/** A turn whose bound was passed has done nothing. */
export function accepted(height: number, { end, probation, leaf, entry }: Performed): Accepted {
  const limited = end.bound !== undefined
  const governance = limited ? [] : end.governance
  return {
    kind: 'accepted',
    height,
    leaf,
    entry: entry ?? EMPTY_KEY,
    outcome: limited ? 'turn_limit' : 'ok',
    steps: end.steps,
    migrations: limited ? [] : end.migrations,
    raised: limited ? [] : end.raised,
    effects: limited ? NOTHING_DONE : end.effects,
    governance: probation === undefined ? governance : [...governance, probation],
  }
}
