/** The pages that show a run: made of its JSON, so that no figure is typed by hand. */
import { machineText } from './machine.ts'
import type { RunDocument } from './run-document.ts'
import { barsText, rowsMarkdown } from './table.ts'

const BEGIN = '<!-- figures: made by bench/write-figures.ts -->'
const END = '<!-- figures: end -->'

/** `bench/results/README.md`: every row, and the charts that lie beside it (names of files). */
export function resultsPage({ rows, machine }: RunDocument, charts: readonly string[]): string {
  const lines = [
    '# Figures of one run',
    '',
    'Made by `bench/write-figures.ts` of [figures.json](figures.json), which `aos bench --json` printed. Do not edit.',
    '',
    machineText(machine).replace('\n', '  \n'),
    '',
    rowsMarkdown(rows),
    '',
    barsText(rows),
  ]
  if (charts.length > 0) {
    lines.push('', '## Charts', '', 'Drawn by `aos bench scaling`, each with its own machine line.')
    lines.push(...charts.flatMap((chart) => ['', `![${chart.replace('.svg', '')}](${chart})`]))
  }
  return `${lines.join('\n').trimEnd()}\n`
}

/** The part of `bench/README.md` between its two marks: the rows that have a bar. */
export function barsBlock({ rows, machine }: RunDocument): string {
  const judged = rows.filter(({ bar }) => bar !== undefined)
  return [machineText(machine).replace('\n', '  \n'), '', rowsMarkdown(judged)].join('\n')
}

/** The text with another block between the marks. Throws RangeError when it has not each mark once, in order. */
export function replaceBlock(text: string, block: string): string {
  const [before, rest, ...more] = text.split(BEGIN)
  const [, after, ...others] = rest?.split(END) ?? []
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new RangeError(`expected ${BEGIN} and then ${END}, each once`)
  }
  return `${before}${BEGIN}\n${block}\n${END}${after}`
}
