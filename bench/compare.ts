/** A run beside an earlier one: what changed, and by more than the figures vary anyway. */
import { loadWarning, machineDifferences } from './machine.ts'
import type { MachineFacts } from './machine.ts'
import type { BenchRow } from './measure.ts'
import type { BaseRow, BaseRun } from './run-document.ts'
import { formatNumber, layOut } from './table.ts'
import type { Column, TableStyle } from './table.ts'

/** A row beside its base. */
export interface ComparedRow extends BenchRow {
  /** Median of the earlier run; absent when that has no such figure. */
  readonly base?: number
  /** (now − base) / base; absent when the base is zero and the figure is not. */
  readonly change?: number
  /** True when the medians are further apart than each run's largest and smallest figures. */
  readonly outside?: boolean
}

/** Each row beside the base row of the same name and unit. */
export function compareRows(base: readonly BaseRow[], rows: readonly BenchRow[]): readonly ComparedRow[] {
  return rows.map((row) => {
    const before = base.find(({ name, unit }) => name === row.name && unit === row.unit)
    return before === undefined ? row : { ...row, ...difference(before, row) }
  })
}

function difference(base: BaseRow, row: BenchRow): Pick<ComparedRow, 'base' | 'change' | 'outside'> {
  const distance = row.value - base.value
  const width = Math.max(widthOf(base), widthOf(row))
  const change = distance === 0 ? 0 : distance / Math.abs(base.value)
  return {
    base: base.value,
    ...(Number.isFinite(change) ? { change: Number(change.toPrecision(4)) } : {}),
    outside: Math.abs(distance) > width,
  }
}

/** How far the figures of a run lie apart: `spread` is relative to the median. */
function widthOf({ value, spread }: Pick<BaseRow, 'value' | 'spread'>): number {
  return Math.abs(value * spread)
}

/** Names of base rows that this run should have had, because it ran their bench, and has not. */
export function missingRows(base: readonly BaseRow[], run: { readonly rows: readonly BenchRow[] }): readonly string[] {
  const benches = new Set(run.rows.map(({ name }) => benchOf(name)))
  const here = new Set(run.rows.map(({ name }) => name))
  return base.map(({ name }) => name).filter((name) => benches.has(benchOf(name)) && !here.has(name))
}

function benchOf(name: string): string {
  return name.split('.')[0] ?? name
}

const COLUMNS: readonly Column[] = [
  { heading: 'figure', align: 'left' },
  { heading: 'unit', align: 'left' },
  { heading: 'base', align: 'right' },
  { heading: 'now', align: 'right' },
  { heading: 'change', align: 'right' },
  { heading: 'beside both spreads', align: 'left' },
]

/** The comparison for a terminal. */
export function comparisonText(
  base: BaseRun,
  run: { readonly rows: readonly ComparedRow[]; readonly machine: MachineFacts },
  style: TableStyle,
): string {
  const cells = run.rows.map(({ name, unit, value, base: before, change, outside }) => [
    { text: name },
    { text: unit },
    { text: before === undefined ? 'none' : formatNumber(before) },
    { text: formatNumber(value) },
    { text: change === undefined ? '' : formatChange(change) },
    outside === true ? { text: 'outside' } : { text: outside === undefined ? '' : 'within', paint: style.dim },
  ])
  const missing = missingRows(base.rows, run)
  const lines = [layOut(COLUMNS, cells, style)]
  if (missing.length > 0) lines.push(`only in the base: ${missing.join(', ')}`)
  const load = base.machine === undefined ? undefined : loadWarning(base.machine)
  if (load !== undefined) lines.push(`of the base: ${load}`)
  const differences = base.machine === undefined ? [] : machineDifferences(base.machine, run.machine)
  if (differences.length > 0) lines.push(`the base is of another machine (${differences.join('; ')})`)
  return lines.join('\n')
}

/** `+3.1 %`. */
function formatChange(change: number): string {
  return `${change < 0 ? '' : '+'}${(change * 100).toFixed(1)} %`
}
