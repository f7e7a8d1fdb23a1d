/** `aos bench`: the benches of the checkout, bundled beside the command. */
import { AosError } from '@aos/cbor'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'

interface BenchRow {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly spread: number
  readonly bar?: number
  readonly holds?: boolean
}

/** The door of bench/. */
interface BenchDoor {
  readonly BENCH_NAMES: readonly string[]
  readonly runBenches: (
    names: readonly string[],
    options: { readonly root: string; readonly onBench: (name: string) => void },
  ) => Promise<readonly BenchRow[]>
}

/** The figures inform; a bar that does not hold does not change the exit code. */
export async function bench(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const root = resolve(context.assets, '..', '..', '..')
  const door = await loadBenches(context, root)
  const names = args.list('name')
  const unknown = names.find((name) => !door.BENCH_NAMES.includes(name))
  if (unknown !== undefined) {
    throw new AosError('cli.unknown_bench', `expected one of ${door.BENCH_NAMES.join(', ')}, found ${unknown}`)
  }
  const onBench = (name: string): void => {
    if (!context.quiet) context.stderr.write(`bench ${name}\n`)
  }
  const data = await door.runBenches(names, { root, onBench })
  return { data, text: data.map((row) => rowText(context, row)).join('\n') }
}

async function loadBenches(context: CommandContext, root: string): Promise<BenchDoor> {
  const bundle = resolve(context.assets, '..', 'bench.mjs')
  if (!existsSync(bundle) || !existsSync(resolve(root, 'bench'))) {
    throw new AosError('cli.no_checkout', `expected the benches in ${bundle}`, {
      hint: 'run `npm run build` in the checkout',
    })
  }
  return (await import(pathToFileURL(bundle).href)) as BenchDoor // bench/index.ts, bundled beside this file
}

function rowText(context: CommandContext, row: BenchRow): string {
  const holds =
    row.holds === undefined ? '' : row.holds ? context.style.good(' holds') : context.style.bad(' does not hold')
  const bar = row.bar === undefined ? '' : `  bar ${row.bar}${holds}`
  const value = row.value.toLocaleString('en', { maximumSignificantDigits: 4 })
  return `${row.name.padEnd(34)} ${value.padStart(12)} ${row.unit.padEnd(10)} ±${Math.round(row.spread * 50)} %${bar}`
}
