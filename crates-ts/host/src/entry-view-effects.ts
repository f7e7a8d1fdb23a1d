/** What an entry says of plans, effects and proposals, as people read it (spec/journal.cddl). */
import { formatHash } from '@aos/cbor'
import type { Data } from '@aos/cbor'
import { RECEIPT_STATUSES } from '@aos/effects'
import { GOVERNANCE_CHANGES } from '@aos/kernel'
import type { DecodedItem } from '@aos/kernel'

/** A receipt as an entry shows it. */
export interface ReceiptView {
  readonly intent: string | undefined
  readonly adapter: string | undefined
  readonly status: string | undefined
  readonly cost: Readonly<Record<string, number>>
}

const OUTCOMES = ['allow', 'deny', 'park']
const STEPS = ['done', 'skipped', 'waiting']
const CHANGES = ['released', 'rejected', 'cancelled', 'requeued', 'orphaned', 'dead', 'revoked']

/** Of the command of a `receipt` entry. */
export function viewReceipt(command: Data | undefined): ReceiptView | undefined {
  if (!(command instanceof Map)) return undefined
  const fields: ReadonlyMap<Data, Data> = command
  const status = fields.get(6)
  const cost = fields.get(8)
  return {
    intent: hashOf(fields.get(2)),
    adapter: textOf(fields.get(5)),
    status: typeof status === 'number' ? RECEIPT_STATUSES[status] : undefined,
    cost:
      cost instanceof Map ? Object.fromEntries([...cost].map(([name, amount]) => [String(name), Number(amount)])) : {},
  }
}

/** A derived item about plans, effects or proposals; undefined members are absent. */
export function viewEffectItem({ fields }: DecodedItem): Readonly<Record<string, unknown>> {
  const text = (key: number): string | undefined => textOf(fields.get(key))
  const hash = (key: number): string | undefined => hashOf(fields.get(key))
  switch (fields.get(0)) {
    case 4:
      return {
        item: 'decision',
        effect: text(1),
        outcome: OUTCOMES[Number(fields.get(2))],
        grant: text(4),
        policy: text(5),
        rule: fields.get(6),
        code: text(7),
      }
    case 5:
      return {
        item: 'intent',
        intent: hash(1),
        adapter: text(5),
        ...viewOrigin(fields.get(6)),
        parked: fields.get(7) === 1,
      }
    case 6:
      return { item: 'plan_step', instance: text(1), step: text(2), status: STEPS[Number(fields.get(3))] }
    case 7:
      return { item: 'plan_ended', instance: text(1), code: text(3), step: text(4) }
    case 8:
      return { item: 'settled', intent: hash(1), status: text(2), code: text(4) }
    case 10:
      return { item: 'plan_started', instance: text(1), plan: text(2) }
    case 11:
      return { item: 'intent_change', intent: hash(1), change: CHANGES[Number(fields.get(2))], code: text(3) }
    case 12: {
      const change = GOVERNANCE_CHANGES[Number(fields.get(2))]
      return { item: 'governance', proposal: Number(fields.get(1)), change, hash: hash(3), text: text(4) }
    }
    default:
      return { item: 'unknown', type: fields.get(0) }
  }
}

function viewOrigin(origin: Data | undefined): Readonly<Record<string, unknown>> {
  if (!Array.isArray(origin)) return {}
  const [kind, name, step] = origin as readonly Data[] // an array of Data, as decode makes them
  return kind === 0 ? { instance: name, step } : { reducer: name }
}

function textOf(data: Data | undefined): string | undefined {
  return typeof data === 'string' ? data : undefined
}

function hashOf(data: Data | undefined): string | undefined {
  return data instanceof Uint8Array ? formatHash(data) : undefined
}
