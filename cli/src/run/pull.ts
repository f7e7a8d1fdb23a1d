/** `aos pull`. */
import { pullDefinitions, readSyncFile } from '@aos/host'
import type { ItemChange, PullReport, PulledModule } from '@aos/host'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { makeModuleBuilder } from '../module-builder.ts'
import { findWorld, withSigningWorld } from '../world.ts'
import { installWorldTypes } from '../world-files.ts'
import { syncBeside } from '../workspaces/sync-beside.ts'
import { describeSynced, wishOf } from '../workspaces/sync-folders.ts'

/** `aos pull`: brings what is in force, and then the workspaces that aos.sync.json names, into the folder. */
export async function pull(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const pulled = await pullHere(context, args)
  const { syncFile } = findWorld(context, args)
  if (readSyncFile(syncFile).workspaces.length === 0) return pulled
  const wish = wishOf(args, 'pull')
  const synced = await syncBeside(context, args, wish)
  const data = { ...pulled.data, workspaces: synced }
  return { data, text: [pulled.text, ...synced.map((each) => describeSynced(each, wish))].join('\n') }
}

interface Pulled extends CommandResult {
  readonly data: Readonly<Record<string, unknown>>
  readonly text: string
}

function pullHere(context: CommandContext, args: Arguments): Promise<Pulled> {
  return withSigningWorld(context, args, async (host) => {
    const report = await pullDefinitions(host, {
      builder: makeModuleBuilder(context),
      dryRun: args.flag('dry-run'),
      overwrite: args.flag('overwrite'),
      modules: args.flag('modules'),
      onProgress: (line) => {
        context.progress.report(line)
      },
    })
    if (!args.flag('dry-run')) await installWorldTypes(context, host.folder.root)
    const { outcome, manifest, height, changes, kept, modules, files } = report
    const data = {
      outcome,
      dry_run: args.flag('dry-run'),
      manifest_hash: manifest,
      height,
      changes,
      kept,
      modules,
      files,
      workspaces: [],
    }
    return { data, text: describe(context, report) }
  })
}

function describe(context: CommandContext, report: PullReport): string {
  const { outcome, changes, kept, modules, files, manifest, height } = report
  const named = new Set(changes.map(({ file }) => file))
  const others = files.filter(({ file }) => !named.has(file))
  const lines = [
    ...changes.map((change) => changeLine(context, change)),
    ...others.map(({ change, file }) => `${signOf(context, change)} ${file}`),
  ]
  const what = `${manifest}, in force since height ${height}`
  const isInStep = kept.length === 0 && modules.every(({ state }) => state === 'stored')
  if (outcome === 'unchanged')
    lines.push(`${isInStep ? 'nothing changed: the folder has' : 'nothing to bring of'} ${what}`)
  else lines.push(`${outcome === 'dry_run' ? 'would bring' : 'brought'} ${counted(files.length, 'file')}: ${what}`)
  const told = outcome === 'unchanged' ? modules.filter(({ state }) => state !== 'stored') : modules
  return [...lines, ...keptLines(context, kept, modules), ...told.flatMap(moduleLines)].join('\n')
}

/** What stays other than it is in force. */
function keptLines(
  context: CommandContext,
  kept: readonly ItemChange[],
  modules: readonly PulledModule[],
): readonly string[] {
  const built = modules
    .filter(({ state }) => state === 'kept')
    .map(({ name, source }): ItemChange => ({ change: 'change', kind: 'module', name, file: source }))
  const all = [...kept, ...built]
  if (all.length === 0) return []
  return ['only the folder has this; `aos push` brings it:', ...all.map((each) => `  ${changeLine(context, each)}`)]
}

function moduleLines({ name, state, source, problem }: PulledModule): readonly string[] {
  const why = problem === undefined ? [] : [`${name} cannot be built: ${problem.message} [${problem.code}]`]
  if (state === 'differs') {
    return [...why, `${name} is not what ${source ?? 'the folder'} builds; \`aos pull --modules\` brings it as a file`]
  }
  if (state === 'stored')
    return [`the bytes of ${name} lie in the world only; \`aos pull --modules\` brings them as a file`]
  return why
}

const SIGNS: Readonly<Record<ItemChange['change'], string>> = { add: '+', change: '~', remove: '-' }

function changeLine(context: CommandContext, { change, kind, name, file }: ItemChange): string {
  const where = file === undefined ? '' : context.style.dim(` (${file})`)
  return `${signOf(context, change)} ${kind} ${name}${where}`
}

function signOf({ style }: CommandContext, change: ItemChange['change']): string {
  if (change === 'add') return style.good(SIGNS.add)
  return change === 'remove' ? style.bad(SIGNS.remove) : SIGNS.change
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
