/** Which part of the history is run again (spec/24-shadow-report.md, "Stretch"). */
import { AosError } from '@aos/cbor'
import type { HostWorld } from '../host-world.ts'
import { snapshotNotes } from '../snapshots/open-newest.ts'
import type { StretchReason } from './report.ts'

/** A stretch that can be asked for; `from - 1` is where the forks begin. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly reason: StretchReason
}

/** The last so many entries, or those since the manifest in force came into force. Throws `host.bad_height` for a `from` that is not among these. */
export function chooseStretch(
  host: HostWorld,
  facts: {
    readonly head: number
    readonly baseHeight: number
    readonly from: number | undefined
    readonly entriesMax: number
  },
): Stretch {
  const { head, baseHeight, from, entriesMax } = facts
  if (from !== undefined) {
    if (Number.isSafeInteger(from) && from > baseHeight && from <= head + 1) return { from, to: head, reason: 'given' }
    throw new AosError(
      'host.bad_height',
      `a shadow run begins between the heights ${baseHeight + 1} and ${head + 1}, found ${from}`,
      { hint: `what came before height ${baseHeight} ran under another manifest` },
    )
  }
  const last = head + 1 - entriesMax
  const chosen: Stretch =
    last > baseHeight + 1
      ? { from: last, to: head, reason: 'last_entries' }
      : { from: baseHeight + 1, to: head, reason: 'since_change' }
  const whole = firstFork(host) + 1
  return chosen.from < whole ? { from: Math.min(whole, head + 1), to: head, reason: 'compacted' } : chosen
}

/** The lowest height whose state can be read. */
function firstFork(host: HostWorld): number {
  const { firstWhole } = host.store.journal
  if (firstWhole === 0) return 0
  const cuts = snapshotNotes(host.store).map(({ cut }) => cut)
  return Math.min(...cuts.filter((cut) => cut >= firstWhole - 1), host.store.journal.head?.height ?? 0)
}
