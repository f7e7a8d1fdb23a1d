/** Numbers of the journal format (K4, K6; spec/journal.cddl). They are never reused. */
import type { DeliveryOutcome } from './api.ts'
import type { IngressKind } from './ingress.ts'

/** K4: the number under which a kind stands in the header of an entry. Numbers are never reused. */
export const KIND_NUMBER: Readonly<Record<IngressKind, number>> = {
  event: 0,
  tick: 2,
  genesis: 3,
  manifest: 4,
  key: 8,
  clock: 12,
  engine: 15,
  receipt: 1,
  start: 5,
  cancel: 6,
  requeue: 7,
  approval: 9,
  signal: 11,
  snapshot_cut: 13,
  snapshot_root: 14,
  governance: 10,
}

const KIND_NAMES: readonly (readonly [number, string])[] = [
  [0, 'event'],
  [1, 'receipt'],
  [2, 'tick'],
  [3, 'genesis'],
  [4, 'manifest'],
  [5, 'start'],
  [6, 'cancel'],
  [7, 'requeue'],
  [8, 'key'],
  [9, 'approval'],
  [10, 'governance'],
  [11, 'signal'],
  [12, 'clock'],
  [13, 'snapshot_cut'],
  [14, 'snapshot_root'],
  [15, 'engine'],
  [16, 'adopt'],
]

/** Every kind of the format, also those that this release does not admit. */
export const ENTRY_KINDS: ReadonlyMap<number, string> = new Map(KIND_NAMES)

/** K6: numbers of derived items in entries; format, like those of kinds. */
export const ITEM = { delivery: 0, raised: 1, moduleUse: 2, turnLimit: 3, migration: 9, governance: 12 } as const

/** In entries an outcome is its index in this list, so the order is format: new ones go to the end. */
export const OUTCOMES: readonly DeliveryOutcome[] = [
  'ok',
  'out_of_fuel',
  'stack_overflow',
  'trap',
  'bad_output',
  'effect_undeclared',
  'effect_denied',
  'too_many_effects',
  'migration_failed',
]

/** Which limit ended a turn and dropped what it wrote (K8); the item of the entry names it. */
export type TurnBound = 'fuel' | 'items' | 'bytes'
