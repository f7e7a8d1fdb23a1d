/** `aos push`. */
import { push as pushFolder, readSyncFile } from '@aos/host'
import type { Change, PushReport } from '@aos/host'
import { formatPath } from '@aos/cbor'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { EXIT } from '../exit-code.ts'
import { makeModuleBuilder } from '../module-builder.ts'
import { findWorld, withSigningWorld } from '../world.ts'
import { syncBeside } from '../workspaces/sync-beside.ts'
import { describeSynced, wishOf } from '../workspaces/sync-folders.ts'
import { installTestkit } from '../editor-files.ts'
import { installWorldTypes } from '../world-files.ts'

/** `aos push`: puts the folder's definitions in force, compiling what has to be. */
export async function push(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const pushed = await pushDefinitions(context, args)
  const { syncFile } = findWorld(context, args)
  if (readSyncFile(syncFile).workspaces.length === 0) return pushed
  const wish = wishOf(args, 'push')
  const synced = await syncBeside(context, args, wish)
  const data = { ...pushed.data, workspaces: synced }
  return { ...pushed, data, text: [pushed.text, ...synced.map((each) => describeSynced(each, wish))].join('\n') }
}

interface Pushed extends CommandResult {
  readonly data: Readonly<Record<string, unknown>>
  readonly text: string
}

function pushDefinitions(context: CommandContext, args: Arguments): Promise<Pushed> {
  return withSigningWorld(context, args, async (host) => {
    const report = await pushFolder(host, {
      builder: makeModuleBuilder(context),
      dryRun: args.flag('dry-run'),
      forceBuild: args.flag('force-build'),
      overwrite: args.flag('overwrite'),
      message: args.optionalText('message'),
      onProgress: (line) => {
        context.progress.report(line)
      },
    })
    if (!args.flag('dry-run')) {
      installTestkit(context, host.folder.root)
      await installWorldTypes(context, host.folder.root)
    }
    const { outcome, manifest, height, changes } = report
    const warnings = report.warnings.map((warning) => ({ ...warning, path: formatPath(warning.path) }))
    const data = {
      outcome,
      changed: changes.length > 0,
      manifest_hash: manifest,
      height,
      world: report.world,
      changes,
      warnings,
      owner_key_made: report.ownerKeyMade,
      by: BY[outcome],
      proposal: report.proposal,
      authority: report.authority,
    }
    return { data, text: describe(context, report), exit: outcome === 'proposed' ? EXIT.held : EXIT.ok }
  })
}

/** By which authority it is in force, or waits to be. */
const BY: Readonly<Partial<Record<PushReport['outcome'], string>>> = { pushed: 'owner', proposed: 'proposal' }

function describe(context: CommandContext, report: PushReport): string {
  const lines = report.changes.map((change) => changeLine(context, change))
  if (report.outcome === 'unchanged')
    return `nothing changed: ${report.manifest} is in force since height ${report.height}`
  if (report.outcome === 'dry_run') return [...lines, `would put ${report.manifest} in force`].join('\n')
  if (report.ownerKeyMade !== undefined) {
    lines.unshift(`made your owner key ${report.ownerKeyMade} (mode 0600); keep a copy of it`)
  }
  const height = `height ${context.style.bold(String(report.height))}`
  if (report.outcome === 'proposed') {
    const said = `${height}: the world has approvers, so this is proposal ${report.proposal}; it ${report.authority} what the world may do`
    return [...lines, said, `next: aos gov shadow ${report.proposal}`].join('\n')
  }
  return [...lines, `${height}: ${report.manifest} is in force, by the owner's key`].join('\n')
}

const SIGNS: Readonly<Record<Change['change'], string>> = { add: '+', change: '~', remove: '-' }

function changeLine(context: CommandContext, change: Change): string {
  const sign = SIGNS[change.change]
  const shown =
    change.change === 'add' ? context.style.good(sign) : change.change === 'remove' ? context.style.bad(sign) : sign
  return `${shown} ${change.kind} ${change.name}`
}
