/** What is admitted, and what each kind of ingress does (K13, K14; spec/06-kernel.md, "Ingress"). */
import { NO_AUTH, NO_BLOBS, admitted, baseParts, changeNothing, sortBlobs } from './admission-common.ts'
import type { Admitted, AdmissionPorts } from './admission-common.ts'
import { admitEngine, admitGenesis, admitKey, admitManifest } from './admission-control.ts'
import { admitEffect, doDueWork } from './admission-effects.ts'
import type { EventIngress, Ingress, SnapshotRootIngress, Stamp } from './ingress.ts'
import { checkTime } from './clock.ts'
import { KIND_NUMBER } from './codes.ts'
import { encodeClock, encodeSnapshotRoot } from './commands.ts'
import { admitGovernance } from './governance/admit-governance.ts'
import type { IngressParts } from './entry-writer.ts'
import { kernelError } from './errors.ts'
import { LIMITS } from './limits.ts'
import { routeEvent } from './routing.ts'

import type { WorldState } from './state.ts'

/** Admits or throws the AosError of the refusal; changes nothing. */
export function admit(
  ports: AdmissionPorts,
  state: WorldState,
  { ingress, stamp }: { readonly ingress: Ingress; readonly stamp: Stamp },
): Admitted {
  if (ingress.kind === 'genesis') return admitGenesis(ports, state, ingress)
  if (state.id === undefined) throw kernelError('kernel.no_genesis', `expected genesis first, found ${ingress.kind}`)
  checkTime(state, ingress, stamp)
  switch (ingress.kind) {
    case 'event':
      return admitEvent(state, ingress)
    case 'manifest':
      return admitManifest(ports, state, ingress)
    case 'key':
      return admitKey(ports, state, ingress)
    case 'engine':
      return admitEngine(ports, state, ingress)
    case 'clock':
      return admitted({ parts: { ...baseParts(ingress), command: encodeClock(ingress) } })
    case 'tick':
      return admitted({
        parts: baseParts(ingress),
        prepare: state.hasGate ? (turn) => doDueWork(state, turn) : undefined,
      })
    case 'snapshot_cut':
      needSnapshots(state)
      return admitted({
        parts: baseParts(ingress),
        apply: (height) => {
          state.lastCut = height
        },
      })
    case 'snapshot_root':
      return admitSnapshotRoot(state, ingress)
    case 'governance':
      return admitGovernance(ports, state, { ingress, logicalNowNs: laterOf(stamp.nowNs, state.logicalNowNs) })
    case 'receipt':
    case 'start':
    case 'cancel':
    case 'requeue':
    case 'signal':
    case 'approval': {
      const { prepare, ...parts } = admitEffect(ports, state, ingress)
      return admitted({ parts: { ...baseParts(ingress), ...parts }, prepare })
    }
  }
}

function laterOf(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}

function needSnapshots(state: WorldState): void {
  if (state.hasSnapshots) return
  throw kernelError('kernel.no_snapshots', 'the engine of this world has no snapshots', {
    path: ['kind'],
    hint: 'run `aos upgrade`',
  })
}

function admitSnapshotRoot(state: WorldState, ingress: SnapshotRootIngress): Admitted {
  needSnapshots(state)
  if (ingress.cut !== state.lastCut) {
    const newest = state.lastCut === undefined ? 'there is none' : `the newest is at height ${state.lastCut}`
    throw kernelError('kernel.no_cut', `expected the newest cut, found ${ingress.cut}; ${newest}`, { path: ['cut'] })
  }
  return admitted({ parts: { ...baseParts(ingress), command: encodeSnapshotRoot(ingress) } })
}

function admitEvent(state: WorldState, ingress: EventIngress): Admitted {
  const { schema, value, key } = ingress
  const codec = state.catalog.codec(schema)
  if (codec === undefined) {
    throw kernelError('kernel.unknown_schema', `the manifest in force lists no schema ${schema}`, { path: ['schema'] })
  }
  if (value.length > LIMITS.eventBytesMax) {
    throw kernelError('kernel.too_large', `an event may have ${LIMITS.eventBytesMax} bytes, found ${value.length}`, {
      path: ['value'],
    })
  }
  codec.validate(value)
  const event = { schema, value, key }
  const deliveries = routeEvent(state.catalog, event, 0)
  if (key !== undefined && deliveries.length === 0) checkFreeKey(key)
  // Written out: this is the way of every event.
  const parts: IngressParts = {
    kindNumber: KIND_NUMBER.event,
    principal: ingress.principal,
    auth: NO_AUTH,
    trace: ingress.trace,
    idempotencyKey: ingress.idempotencyKey,
    blobs: ingress.blobs === undefined ? NO_BLOBS : sortBlobs(ingress.blobs),
    schema,
    value,
    key,
    command: undefined,
  }
  const forPlans = state.hasGate ? event : undefined
  return {
    parts,
    deliveries,
    event: forPlans,
    prepare: undefined,
    manifest: undefined,
    engine: undefined,
    apply: changeNothing,
  }
}

function checkFreeKey(key: Uint8Array): void {
  if (key.length > LIMITS.keyBytesMax) {
    throw kernelError('kernel.too_large', `a key may have ${LIMITS.keyBytesMax} bytes, found ${key.length}`, {
      path: ['key'],
    })
  }
  throw kernelError('kernel.key_unexpected', 'no route of this event takes a key', { path: ['key'] })
}
