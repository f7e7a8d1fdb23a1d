/** `aos bench`: the benches of the checkout, bundled beside the command. */
import { AosError } from '@aos/cbor'
import { readText } from '@aos/host'
import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'

/** Rows and machine are printed as they come. */
interface BenchRun {
  readonly machine: unknown
  readonly rows: readonly unknown[]
}

interface BaseRun {
  readonly rows: readonly unknown[]
}

interface RunOptions {
  readonly root: string
  readonly rounds: number | undefined
  readonly isFull: boolean
  readonly isTrial: boolean
  readonly onBench: (name: string) => void
  readonly onFile: (path: string) => void
  readonly onStep: (what: string) => void
}

/** The door of bench/. */
interface BenchDoor {
  readonly BENCH_NAMES: readonly string[]
  readonly runBenches: (names: readonly string[], options: RunOptions) => Promise<BenchRun>
  /** Throws RangeError. */
  readonly parseBase: (text: string) => BaseRun
  readonly compareRows: (base: readonly unknown[], rows: readonly unknown[]) => readonly unknown[]
  readonly runText: (run: BenchRun, base: BaseRun | undefined, style: CommandContext['style']) => string
}

const ROUNDS_MAX = 1000

/** The figures inform; a bar that does not hold does not change the exit code. What was asked is checked before anything runs. */
export async function bench(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const root = resolve(context.assets, '..', '..', '..')
  const rounds = roundsOf(args)
  const isFull = args.flag('full') || context.environment['AOS_BENCH_FULL'] === '1'
  const isTrial = args.flag('trial')
  if (isFull && isTrial) throw usage('--trial: expected it without --full, which asks for the largest sizes')
  const door = await loadBenches(context, root)
  const names = args.list('name')
  const unknown = names.find((name) => !door.BENCH_NAMES.includes(name))
  if (unknown !== undefined) {
    throw new AosError('cli.unknown_bench', `expected one of ${door.BENCH_NAMES.join(', ')}, found ${unknown}`)
  }
  const base = readBase(context, door, args.optionalText('compare'))
  const tell = (line: string): void => {
    if (!context.quiet) context.stderr.write(`${line}\n`)
  }
  const run = await door.runBenches(names, {
    root,
    rounds,
    isFull,
    isTrial,
    onBench: (name) => {
      tell(`bench ${name}`)
    },
    onFile: (path) => {
      tell(`wrote ${relative(context.cwd, path)}`)
    },
    onStep: (what) => {
      tell(`  ${what}`)
    },
  })
  const data = base === undefined ? run.rows : door.compareRows(base.rows, run.rows)
  return { data, meta: { machine: run.machine }, text: door.runText(run, base, context.style) }
}

function roundsOf(args: Arguments): number | undefined {
  const rounds = args.optionalHeight('rounds')
  if (rounds !== undefined && (rounds < 1 || rounds > ROUNDS_MAX)) {
    throw usage(`--rounds: expected a number from 1 to ${ROUNDS_MAX}, found ${rounds}`)
  }
  return rounds
}

/** Throws `cli.bad_base`, and `host.file` when there is nothing to read. */
function readBase(context: CommandContext, door: BenchDoor, path: string | undefined): BaseRun | undefined {
  if (path === undefined) return undefined
  const file = resolve(context.cwd, path)
  const text = readText(file)
  try {
    return door.parseBase(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new AosError('cli.bad_base', `${file} is not an earlier run: ${error.message}`, {
      cause: error,
      hint: 'make one with `aos bench --json > base.json`',
    })
  }
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
