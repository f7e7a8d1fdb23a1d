/** What whoever decides should know first (spec/24-shadow-report.md, "Findings"). */
import type { PassedBound } from './bounds.ts'
import type { FindingCode, FindingSeverity, ShadowFinding, ShadowReport } from './report.ts'

/** A report without its findings, and what stopped the run. */
export interface FindingGround {
  readonly report: Omit<ShadowReport, 'findings'>
  readonly bound: PassedBound | undefined
  /** Why the candidate could not be put in force; at the fork, and at the head. */
  readonly blocked: { readonly fork: string | undefined; readonly head: string | undefined }
}

/** Errors first, then warnings, then the rest; within these by code. */
export function findFindings(ground: FindingGround): readonly ShadowFinding[] {
  const found = [...ofRun(ground), ...ofDifferences(ground), ...ofHead(ground)]
  const rank = ({ severity, code }: ShadowFinding): string => `${SEVERITIES.indexOf(severity)} ${code}`
  return found.sort((left, right) => (rank(left) < rank(right) ? -1 : rank(left) > rank(right) ? 1 : 0))
}

const SEVERITIES: readonly FindingSeverity[] = ['error', 'warning', 'info']

function finding(code: FindingCode, severity: FindingSeverity, message: string): ShadowFinding {
  return { code, severity, message }
}

const BOUND_MESSAGES: Readonly<Record<PassedBound, string>> = {
  fuel_limit: 'the candidate used far more fuel than the base: the run was ended',
  entries_limit: 'seeds and answers of the script led to more and more entries: the run was ended',
  time_limit: 'the time for the run was over: it was ended, and another one may come further',
}

function ofRun({ report, bound, blocked }: FindingGround): readonly ShadowFinding[] {
  const { stretch, entries } = report
  const found: ShadowFinding[] = []
  if (bound !== undefined) {
    found.push(finding(bound, 'error', `${BOUND_MESSAGES[bound]} at height ${stretch.reached}`))
  }
  if (blocked.fork !== undefined) {
    const why = `the change could not have come into force at the beginning of the stretch: ${blocked.fork}`
    found.push(finding('cannot_fork', 'warning', `${why}; no history was run`))
  }
  if (stretch.reason === 'compacted') {
    found.push(finding('stretch_compacted', 'info', 'what came before the stretch was compacted'))
  }
  const unused = entries.passed.find(({ why }) => why === 'not_there')
  if (unused !== undefined) {
    const message = `${unused.count} recorded entries are about intents or plans that the candidate does not have`
    found.push(finding('receipts_unused', 'info', message))
  }
  return found
}

function ofDifferences({ report }: FindingGround): readonly ShadowFinding[] {
  const { deliveries, refusals, turns, plans, unanswered, authority } = report
  const found: ShadowFinding[] = []
  const add = (code: FindingCode, severity: FindingSeverity, count: number, message: string): void => {
    if (count > 0) found.push(finding(code, severity, `${count} ${message}`))
  }
  add('turn_limit', 'error', turns.items.filter(({ to }) => to === 'turn_limit').length, 'turns pass a bound')
  add('deliveries_fail', 'error', deliveries.items.filter(({ to }) => to !== 'ok' && to !== 'none').length, 'deliveries fail that did not, or fail otherwise') // prettier-ignore
  add('refusals', 'warning', refusals.total, 'recorded entries would have been refused')
  add('plans_fail', 'warning', plans.items.filter(({ from, to }) => to.status === 'failed' && from.status !== 'failed').length, 'plans fail that did not') // prettier-ignore
  add('open_intents', 'info', unanswered.total, 'effects appear that nothing answered')
  if (authority.verdict === 'widens') {
    found.push(finding('authority_widens', 'warning', 'the change widens what the world may do'))
  }
  return found
}

function ofHead({ report, blocked }: FindingGround): readonly ShadowFinding[] {
  const { migrations, inFlight } = report
  const found: ShadowFinding[] = []
  if (blocked.head !== undefined) {
    found.push(finding('cannot_apply', 'error', `the change cannot be applied as things are: ${blocked.head}`))
  }
  const { total } = migrations.failed
  if (total > 0) {
    const message = `${total} of ${migrations.cells} cells cannot be brought on`
    found.push(finding('migration_failed', 'error', message))
  }
  if (!migrations.isWhole) {
    found.push(finding('rehearsal_limit', 'error', `only ${migrations.cells} cells were tried`))
  }
  const denied = inFlight.items.filter(({ to }) => to === 'denied').length
  if (denied > 0) found.push(finding('in_flight_denied', 'warning', `${denied} open effects would be denied`))
  return found
}
