/** Which open intents are in flight: their calls may have begun, so a change leaves them alone (spec/17-governance.md, "Change"). */
import type { Hash } from '@aos/cbor'
import type { GovernanceIngress, World } from '@aos/kernel'
import { readMarks } from '../dispatch/dispatch-log.ts'
import type { HostWorld } from '../host-world.ts'

/** Of a world that nobody performs effects for now: what the dispatch log has marked. Without a log that can be relied on, everything. */
export function inFlightOf({ kernel, folder, id }: Pick<HostWorld, 'kernel' | 'folder' | 'id'>): readonly Hash[] {
  const open = openIntents(kernel)
  if (open.length === 0) return open
  const marks = readMarks(folder.dispatchLog, id)
  return marks === undefined ? open : open.filter((hash) => marks.has(hash))
}

/** Intents whose calls are a host's to make, in the order of emission. */
export function openIntents(kernel: World): readonly Hash[] {
  const open = [...kernel.listIntents()].filter(({ status, dueNs }) => status === 'open' && dueNs === undefined)
  return open.map(({ hash }) => hash)
}

/** What a host says after a change that did not know what was in flight. */
export function reviewIngress(inFlight: readonly Hash[]): GovernanceIngress {
  return {
    kind: 'governance',
    principal: 'host:dispatch',
    command: { op: 'review', inFlight },
    blobs: [],
    auth: [],
  }
}
