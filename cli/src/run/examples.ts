/** `aos examples`: worlds of the checkout, made, fed, checked and replayed. */
import { AosError } from '@aos/cbor'
import { ensureOwnerKey, openWorld, push, replayJournal, resolveKeyFolder, worldFolderAt } from '@aos/host'
import type { HostWorld } from '@aos/host'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { counterExample } from '../examples/counter.ts'
import type { Example, ExampleRun, ExampleWork } from '../examples/example.ts'
import { flightsExample } from '../examples/flights.ts'
import { migrationExample } from '../examples/migration.ts'
import { safeUpgradeExample } from '../examples/safe-upgrade.ts'
import { storyExample } from '../examples/story-example.ts'
import { EXIT } from '../exit-code.ts'
import { makeModuleBuilder } from '../module-builder.ts'

const EXAMPLES: readonly Example[] = [
  counterExample,
  storyExample('01-hello-timer'),
  storyExample('02-blob-echo'),
  storyExample('03-fetch-notify'),
  storyExample('04-aggregator'),
  storyExample('05-chain-comp'),
  safeUpgradeExample,
  storyExample('07-llm-summarizer'),
  storyExample('08-retry-backoff'),
  storyExample('09-workspaces'),
  flightsExample,
  storyExample('11-approval'),
  storyExample('12-self-upgrade'),
  migrationExample,
  storyExample('14-notes'),
]

/** What `demo` shows. */
const TOUR: ReadonlySet<string> = new Set(['00-counter', '10-flights', '11-approval'])

/** `aos examples`: runs examples in folders that are thrown away; without a name it lists them. */
export async function examples(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const names = args.list('name')
  if (names.length === 0) {
    const data = EXAMPLES.map(({ name }) => ({ name }))
    return { data, text: [...EXAMPLES.map(({ name }) => name), '', 'aos examples NAME… | all | demo'].join('\n') }
  }
  const checkout = findExamples(context)
  const chosen = names.flatMap((name) => chooseExamples(name))
  const place = makePlace(context, args.optionalText('keep'))
  try {
    const tour = names.includes('demo')
    const done: ExampleReport[] = []
    for (const example of chosen) {
      const setting = { place, checkout, forceBuild: args.flag('force-build') }
      const report = await runExample(context, example, setting)
      if (!context.json) context.stdout.write(`${reportText(context, report)}\n`)
      done.push(report)
    }
    const data = done.map(({ name, ok, seconds, height, root, problem, world }) => {
      const kept = place.temporary ? undefined : world
      return { name, ok, seconds: round(seconds), height, root, problem, world: kept }
    })
    const text = tour ? whatNext(context, place).join('\n') : ''
    return { data, text, exit: done.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed }
  } finally {
    if (place.temporary) rmSync(place.folder, { recursive: true, force: true })
  }
}

const RATED_MIN = 1000

interface Place {
  readonly folder: string
  readonly keyFolder: string
  /** Goes away with its keys when the command ends. */
  readonly temporary: boolean
}

interface ExampleReport {
  readonly name: string
  readonly ok: boolean
  readonly seconds: number
  readonly height: number
  readonly root: string
  /** What is not as it must be. */
  readonly problem: string | undefined
  readonly world: string
  readonly lines: readonly string[]
}

function chooseExamples(name: string): readonly Example[] {
  if (name === 'all') return EXAMPLES
  if (name === 'demo') return EXAMPLES.filter((example) => TOUR.has(example.name))
  const found = EXAMPLES.find((example) => example.name === name || example.name.replace(/^\d+-/, '') === name)
  if (found !== undefined) return [found]
  const known = EXAMPLES.map((example) => example.name).join(', ')
  throw new AosError('cli.unknown_example', `expected all, demo or one of ${known}, found ${name}`)
}

function findExamples(context: CommandContext): string {
  const folder = resolve(context.assets, '..', '..', '..', 'examples')
  if (existsSync(folder)) return folder
  throw new AosError('cli.no_checkout', `expected the examples in ${folder}`, {
    hint: 'run the command of the checkout',
  })
}

function makePlace(context: CommandContext, keep: string | undefined): Place {
  if (keep === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'aos-examples-'))
    return { folder, keyFolder: join(folder, 'keys'), temporary: true }
  }
  const folder = resolve(context.cwd, keep)
  mkdirSync(folder, { recursive: true })
  return {
    folder,
    keyFolder: resolveKeyFolder(context.environment, { root: folder, keys: undefined }),
    temporary: false,
  }
}

interface Setting {
  readonly place: Place
  readonly checkout: string
  readonly forceBuild: boolean
}

async function runExample(context: CommandContext, example: Example, setting: Setting): Promise<ExampleReport> {
  const started = performance.now()
  const world = join(setting.place.folder, example.name)
  if (existsSync(world)) {
    throw new AosError('host.not_empty', `${world} is there already`, { hint: 'choose another folder for --keep' })
  }
  const source = join(setting.checkout, example.name)
  cpSync(source, world, { recursive: true, filter: (path) => basename(path) !== '.aos' })
  ensureOwnerKey(setting.place.keyFolder)
  const work = await example.begin({ source, world })
  try {
    return await runWork(context, { name: example.name, work, world, started }, setting)
  } finally {
    await work.close?.()
  }
}

interface Begun {
  readonly name: string
  readonly work: ExampleWork
  readonly world: string
  readonly started: number
}

async function runWork(context: CommandContext, begun: Begun, setting: Setting): Promise<ExampleReport> {
  const { name, world } = begun
  const host = await openWorld(worldFolderAt(world), { environment: { AOS_KEY_DIR: setting.place.keyFolder } })
  const progress = (line: string): void => {
    context.progress.report(`${name}: ${line}`)
  }
  const builder = makeModuleBuilder(context)
  try {
    await push(host, {
      builder,
      dryRun: false,
      forceBuild: setting.forceBuild,
      message: undefined,
      onProgress: progress,
    })
    return await feedAndCheck(begun, { host, builder, progress })
  } finally {
    context.progress.done()
    await host.close()
  }
}

async function feedAndCheck({ name, work, world, started }: Begun, run: ExampleRun): Promise<ExampleReport> {
  const fed = await work.feed(run)
  const wrong = await work.check(run)
  const replayed = replayAll(run)
  const { report, seconds } = replayed
  const differs =
    report.firstDifference === undefined ? undefined : `replay differs at height ${report.firstDifference.height}`
  const problem = wrong ?? differs
  return {
    name,
    ok: problem === undefined,
    seconds: (performance.now() - started) / 1000,
    height: run.host.kernel.head?.height ?? 0,
    root: report.root,
    problem,
    world,
    lines: [
      ...(await work.tell(run)),
      `${fed.events} events sent, each durable before it counted${rate(fed.events, fed.seconds)}`,
      `${report.entries} entries derived again and compared${rate(report.entries, seconds)}`,
      `log root ${report.root}`,
    ],
  }
}

function replayAll(run: ExampleRun): { readonly report: ReturnType<typeof replayJournal>; readonly seconds: number } {
  const { host }: { readonly host: HostWorld } = run
  const started = performance.now()
  const onProgress = (height: number): void => {
    run.progress(`replaying height ${height}`)
  }
  const report = replayJournal(host, { to: undefined, verify: true, onProgress })
  return { report, seconds: (performance.now() - started) / 1000 }
}

/** Nothing for so few that the rate says nothing. */
function rate(count: number, seconds: number): string {
  if (count < RATED_MIN) return ''
  return `: ${Math.round(count / Math.max(seconds, 1e-6)).toLocaleString('en')} a second`
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}

function reportText(context: CommandContext, report: ExampleReport): string {
  const { style } = context
  const verdict = report.ok ? style.good('ok') : style.bad(`failed: ${report.problem ?? ''}`)
  const head = `${style.bold(report.name)} ${verdict} in ${report.seconds.toFixed(1)} s`
  return [head, ...report.lines.map((line) => `  ${line}`)].join('\n')
}

function whatNext(context: CommandContext, place: Place): readonly string[] {
  const { bold } = context.style
  const kept = place.temporary
    ? []
    : [`The worlds are in ${place.folder}: try \`aos state ls demo/FlightStats@1\` in 10-flights.`]
  return [
    '',
    'What to try next (with node_modules/.bin on your PATH):',
    `  ${bold('aos init my-world && cd my-world && aos push')}   a world of your own; change reducers/ and push again`,
    `  ${bold('aos examples demo --keep DIR')}                   the same, and the worlds stay`,
    `  ${bold('aos --help')}                                     every command`,
    ...kept,
  ]
}
