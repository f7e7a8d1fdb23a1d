/**
 * Shows a run in bench/README.md and bench/results. Without a file the pages are made again of the run that they show.
 * Run: node cli/bin/aos.mjs bench --json > run.json && npx tsx --conditions=@aos/source bench/write-figures.ts run.json
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { barsBlock, replaceBlock, resultsPage } from './figures-pages.ts'
import { parseRun } from './run-document.ts'

const here = import.meta.dirname
const kept = join(here, 'results/figures.json')
const text = readFileSync(process.argv[2] ?? kept, 'utf8')
const run = parseRun(text)
const charts = readdirSync(join(here, 'results')).filter((name) => name.endsWith('.svg'))
const readme = join(here, 'README.md')
const pages = [
  [kept, `${JSON.stringify(JSON.parse(text), null, 2)}\n`],
  [join(here, 'results/README.md'), resultsPage(run, charts.sort())],
  [readme, replaceBlock(readFileSync(readme, 'utf8'), barsBlock(run))],
] as const
for (const [path, content] of pages) writeFileSync(path, content)
console.log(`${run.rows.length} rows, ${charts.length} charts`)
