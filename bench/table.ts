/** Rows as text: for a terminal, and as Markdown. */
import type { BenchRow } from './measure.ts'

/** Text attributes of the terminal; of no width. */
export interface TableStyle {
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

/** A cell of a table: its text, and what is done to it once it has its width. */
export interface Cell {
  readonly text: string
  readonly paint?: (text: string) => string
}

/** A column: its heading, and the side on which its cells stand. */
export interface Column {
  readonly heading: string
  readonly align: 'left' | 'right'
}

/** Four significant digits, thousands apart. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 4 })
}

/** `82,000..85,000 (4 %)`; nothing for a figure that was taken once. */
export function formatSpread({ min, max, spread, rounds }: BenchRow): string {
  return rounds === 1 ? '' : `${formatNumber(min)}..${formatNumber(max)} (${Math.round(spread * 100)} %)`
}

/** `at least 100,000`; nothing without a bar. */
export function formatBar({ bar, bar_is: is }: BenchRow): string {
  return bar === undefined ? '' : `${is === 'at_most' ? 'at most' : 'at least'} ${formatNumber(bar)}`
}

function holdsText({ holds }: BenchRow): string {
  return holds === undefined ? '' : holds ? 'yes' : 'no'
}

const ROW_COLUMNS: readonly Column[] = [
  { heading: 'figure', align: 'left' },
  { heading: 'unit', align: 'left' },
  { heading: 'median', align: 'right' },
  { heading: 'spread', align: 'left' },
  { heading: 'bar', align: 'left' },
  { heading: 'holds', align: 'left' },
]

/** The rows of a run for a terminal: the table, what must be known of single rows, and which bars hold. */
export function rowsText(rows: readonly BenchRow[], style: TableStyle): string {
  const notes = notesOf(rows)
  const cells = rows.map((row): readonly Cell[] => [
    { text: `${row.name}${markOf(row, notes)}` },
    { text: row.unit },
    { text: formatNumber(row.value) },
    { text: formatSpread(row), paint: style.dim },
    { text: formatBar(row) },
    { text: holdsText(row), paint: row.holds === false ? style.bad : style.good },
  ])
  const lines = [layOut(ROW_COLUMNS, cells, style), ...notes.map((note, index) => `[${index + 1}] ${note}`)]
  const summary = barsText(rows)
  if (summary !== '') lines.push(summary)
  return lines.join('\n')
}

/** Which bars hold: one sentence, empty when no row has a bar. */
export function barsText(rows: readonly BenchRow[]): string {
  const judged = rows.filter(({ holds }) => holds !== undefined)
  const short = judged.filter(({ holds }) => holds === false).map(({ name }) => name)
  if (judged.length === 0) return ''
  const held = `${judged.length - short.length} of ${judged.length} bars hold`
  return short.length === 0 ? held : `${held}; short of theirs: ${short.join(', ')}`
}

/** The rows as a table in Markdown, notes below it. */
export function rowsMarkdown(rows: readonly BenchRow[]): string {
  const notes = notesOf(rows)
  const lines = rows.map((row) =>
    [
      `\`${row.name}\`${markOf(row, notes)}`,
      row.unit,
      formatNumber(row.value),
      formatSpread(row),
      formatBar(row),
      holdsText(row),
    ].join(' | '),
  )
  const head = [
    '| figure | unit | median | min..max (spread) | bar | holds |',
    '| --- | --- | ---: | --- | --- | --- |',
  ]
  const below = notes.map((note, index) => `[${index + 1}] ${note}`)
  return [...head, ...lines.map((line) => `| ${line} |`), ...(below.length === 0 ? [] : ['', below.join('  \n')])].join(
    '\n',
  )
}

/** Each note once, in the order of the rows. */
function notesOf(rows: readonly BenchRow[]): readonly string[] {
  return [...new Set(rows.flatMap(({ note }) => note ?? []))]
}

function markOf({ note }: BenchRow, notes: readonly string[]): string {
  return note === undefined ? '' : ` [${notes.indexOf(note) + 1}]`
}

/** Columns as wide as their widest cell, two spaces apart, no space at the end of a line. */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  style: Pick<TableStyle, 'dim'>,
): string {
  const heading = columns.map(({ heading: text }): Cell => ({ text, paint: style.dim }))
  const widths = columns.map((_, index) => Math.max(...[heading, ...rows].map((cells) => widthOf(cells[index]))))
  const line = (cells: readonly Cell[]): string => {
    const last = cells.findLastIndex(({ text }) => text !== '')
    return cells
      .slice(0, last + 1)
      .map((cell, index) => {
        const align = columns[index]?.align ?? 'left'
        return pad(cell, align, index === last && align === 'left' ? 0 : (widths[index] ?? 0))
      })
      .join('  ')
  }
  return [heading, ...rows].map(line).join('\n')
}

function widthOf(cell: Cell | undefined): number {
  return cell?.text.length ?? 0
}

function pad({ text, paint }: Cell, align: Column['align'], width: number): string {
  const padded = align === 'left' ? text.padEnd(width) : text.padStart(width)
  return paint === undefined || text === '' ? padded : padded.replace(text, () => paint(text))
}
