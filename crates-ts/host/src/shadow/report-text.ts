/** A report for people: lines of text (spec/24-shadow-report.md, "Report"). Not normative. */
import type { Listed, PlanState, ShadowEffect, ShadowReport, Verdict } from './report.ts'

/** Findings first, then what differs; without a newline at the end of a line. */
export function shadowReportText(report: ShadowReport): string[] {
  return [...headText(report), ...findingsText(report), ...authorityText(report), ...differencesText(report), ...headChangesText(report)] // prettier-ignore
}

function headText({ proposal, stretch, entries, fuel, costs }: ShadowReport): string[] {
  const { from, to, reached, seeds } = stretch
  const count = Math.max(0, Math.min(to, reached) - from + 1)
  const ran = count === 0 ? 'no history was run' : `heights ${from} to ${Math.min(to, reached)} (${count} entries)`
  const passed = entries.passed.map(({ why, count: of }) => `, ${of} passed over (${why})`).join('')
  return [
    `proposal ${proposal}: ${ran}${seeds === 0 ? '' : `, ${seeds} events on top`}`,
    `  ${entries.submitted} entries given${passed}, ${entries.refused} refused, ${entries.scripted} answers by the script`,
    `  fuel ${fuel.from} -> ${fuel.to}`,
    ...costs.map(({ dimension, from: before, to: after }) => `  ${dimension} ${before} -> ${after}`),
  ]
}

function findingsText({ findings }: ShadowReport): string[] {
  if (findings.length === 0) return ['findings: none']
  return ['findings:', ...findings.map(({ severity, code, message }) => `  ${severity} ${code}: ${message}`)]
}

function authorityText({ authority }: ShadowReport): string[] {
  return [
    `authority ${authority.verdict}`,
    ...authority.items.map(({ change, section, name, path, reason }) => {
      const where = path === undefined ? '' : `.${path.join('.')}`
      return `  ${change} ${section} ${name}${where}: ${reason}`
    }),
  ]
}

function differencesText(report: ShadowReport): string[] {
  return [
    ...list('decisions that flip', report.decisions, ({ height, effectKind, origin, from, to }) => `${height} ${effectKind} by ${origin}: ${verdictText(from)} -> ${verdictText(to)}`), // prettier-ignore
    ...list('effects that appear', report.appearing, effectText),
    ...list('effects that vanish', report.vanishing, effectText),
    ...list('effects that nothing answered', report.unanswered, effectText),
    ...list('plans that end otherwise', report.plans, ({ instance, from, to }) => `${instance}: ${planText(from)} -> ${planText(to)}`), // prettier-ignore
    ...list(`cells that differ, of ${report.cellsTouched} touched`, report.cells, ({ reducer, key, from, to }) => `${cellText(reducer, key)}: ${from ?? 'none'} -> ${to ?? 'none'}`), // prettier-ignore
    ...list('deliveries that end otherwise', report.deliveries, ({ height, reducer, key, from, to, note }) => `${height} ${cellText(reducer, key)}: ${from} -> ${to}${note === undefined ? '' : ` (${note})`}`), // prettier-ignore
    ...list('entries refused', report.refusals, ({ height, kind, schema, code }) => `${height} ${schema ?? kind}: ${code}`), // prettier-ignore
    ...list('turns that end otherwise', report.turns, ({ height, from, to }) => `${height}: ${from} -> ${to}`),
  ]
}

function headChangesText({ migrations, inFlight, endings }: ShadowReport): string[] {
  const { cells, failed, fuel, isWhole } = migrations
  const tried = isWhole ? `all ${cells}` : `only ${cells}`
  return [
    ...(cells === 0 ? [] : [`migrations: ${tried} cells tried, ${failed.total} failed, fuel ${fuel}`]),
    ...list('cells that cannot be brought on', failed, ({ reducer, key, outcome, note }) => `${cellText(reducer, key)}: ${outcome}${note === undefined ? '' : ` (${note})`}`), // prettier-ignore
    ...list('open effects, if it were applied now', inFlight, ({ intent, effectKind, origin, to, code }) => `${to}${code === undefined ? '' : ` ${code}`}: ${effectKind} by ${origin}, ${intent}`), // prettier-ignore
    ...list('plans that would end at once', endings, ({ instance, code }) => `${instance}: ${code}`),
  ]
}

function list<T>(title: string, { total, items }: Listed<T>, show: (item: T) => string): string[] {
  if (total === 0) return []
  const left = total - items.length
  return [`${title}: ${total}`, ...items.map((item) => `  ${show(item)}`), ...(left > 0 ? [`  and ${left} more`] : [])]
}

function effectText({ height, effectKind, origin, intent }: ShadowEffect): string {
  return `${height} ${effectKind} by ${origin}, ${intent}`
}

function verdictText({ outcome, code, policy, rule }: Verdict): string {
  const by = policy === undefined || rule === undefined ? '' : ` by ${policy} rule ${rule}`
  return `${outcome}${code === undefined ? '' : ` ${code}`}${by}`
}

function planText({ status, code, step }: PlanState): string {
  return [status, ...(code === undefined ? [] : [code]), ...(step === undefined ? [] : [`at ${step}`])].join(' ')
}

function cellText(reducer: string, key: string | undefined): string {
  return key === undefined ? reducer : `${reducer} ${key}`
}
