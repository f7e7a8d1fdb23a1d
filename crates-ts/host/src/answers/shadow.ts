/** A plan has a proposal run in the shadow (spec/17-governance.md, "From inside"; spec/14-dispatch.md, "The host as an adapter"). */
import type { Manifest, Value } from '@aos/air'
import type { Hash } from '@aos/cbor'
import { loadDefinitions } from '../definitions.ts'
import type { Definitions } from '../definitions.ts'
import { shadowProposal } from '../governance/shadow-proposal.ts'
import { SHADOW_BOUNDS } from '../shadow/bounds.ts'
import type { ShadowEffect, ShadowReport } from '../shadow/report.ts'
import type { HostAnswer } from './host-adapter.ts'

/** Within what a call has unless a binding says otherwise, so that a long run ends with a report. */
const TIME_MS = 20_000

/** What the host answers of governance, by kind. */
export const GOVERNANCE_ANSWERS: readonly (readonly [string, HostAnswer])[] = [['governance.shadow', shadow]]

/** Runs beside the world, then says the hash of the report as anybody with the host's key would: not from within a turn, so nothing waits for itself. */
async function shadow(...[params, { signal }, { host, steps }]: Parameters<HostAnswer>): Promise<Value> {
  const { proposal_id: proposal } = params as { readonly proposal_id: number } // sys/GovShadowParams@1
  const { slice } = steps(signal)
  const { report } = await shadowProposal(host, { proposal, bounds: { timeMs: TIME_MS }, slice, signal })
  const base = loadDefinitions(report.base, host.readContent)
  return receiptOf(report, base, loadDefinitions(report.candidate, host.readContent))
}

/** Lists are as long as those of the report. */
function receiptOf(report: ShadowReport, base: Definitions, candidate: Definitions): Value {
  const capTypes = new Map([...candidate.effects.values()].map(({ effectKind, capType }) => [effectKind, capType]))
  const ended = report.plans.items.filter(({ to }) => to.status === 'ok')
  return {
    proposal_id: report.proposal,
    manifest_hash: report.candidate,
    predicted_effects: report.appearing.items.map(({ effectKind, intent }) => ({
      kind: effectKind,
      cap: capTypes.get(effectKind) ?? '',
      intent_hash: intent,
      params_json: null,
    })),
    pending_receipts: report.unanswered.items.map((effect) => pendingOf(effect)),
    plan_results: ended.map(({ instance }) => {
      const { plan, id } = instanceOf(instance)
      return { plan, plan_id: id, output_schema: candidate.plans.get(plan)?.output ?? '' }
    }),
    ledger_deltas: [
      ...deltas('capability', grantsOf(base.manifest), grantsOf(candidate.manifest)),
      ...deltas('policy', policiesOf(base.manifest), policiesOf(candidate.manifest)),
    ].slice(0, SHADOW_BOUNDS.listedMax),
  }
}

/** Who asks is `HEIGHT/PLAN STEP`, or a reducer without such a height before it. */
function pendingOf({ origin, intent }: ShadowEffect): Value {
  const [name = ''] = origin.split(' ')
  const { plan, id } = /^\d+\//.test(name) ? instanceOf(name) : { plan: null, id: 0 }
  return { intent_hash: intent, plan_id: id, plan }
}

/** Of `HEIGHT/PLAN` or `HEIGHT/PLAN#N`. */
function instanceOf(name: string): { readonly id: number; readonly plan: string } {
  const slash = name.indexOf('/')
  return { id: Number(name.slice(0, slash)), plan: name.slice(slash + 1).replace(/#\d+$/, '') }
}

function grantsOf({ grants }: Manifest): ReadonlyMap<string, string> {
  return new Map(grants.map(({ name, ...grant }) => [name, JSON.stringify(grant, plain)]))
}

function policiesOf({ policies }: Manifest): ReadonlyMap<string, Hash> {
  return new Map(policies.map(({ name, hash }) => [name, hash]))
}

function deltas(
  ledger: 'capability' | 'policy',
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly Value[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names.flatMap((name) => {
    const [from, to] = [before.get(name), after.get(name)]
    if (from === to) return []
    const change = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    return [{ ledger: { $tag: ledger }, name, change: { $tag: change } }]
  })
}

/** For comparing only. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Map ? [...(value as ReadonlyMap<unknown, unknown>)] : value
}
