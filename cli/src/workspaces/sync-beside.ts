/** The part of a push or pull that is about workspaces: here, or by the daemon that holds the world (spec/22-sync.md, "The sync file"). */
import { isJsonArray } from '@aos/air'
import { AosError } from '@aos/cbor'
import type { ControlClient, ControlRequest } from '@aos/host'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, HeldWorld } from '../context.ts'
import { isRecord } from '../record.ts'
import { findDaemon, withWorld } from '../world.ts'
import { surroundingsOf, syncFolders } from './sync-folders.ts'
import type { SyncWish, SyncedFolder } from './sync-folders.ts'

/** The verbs of the control socket (spec/15-control.md, "Verbs"). */
const VERBS: ReadonlyMap<string, SyncWish['direction']> = new Map([
  ['push workspaces', 'push'],
  ['pull workspaces', 'pull'],
])

/** Nothing of it is signed, so that whoever holds the world does it. Throws what `syncFolders` throws. */
export async function syncBeside(
  context: CommandContext,
  args: Arguments,
  wish: SyncWish,
): Promise<readonly SyncedFolder[]> {
  const client = await findDaemon(context, args)
  if (client === undefined) return withWorld(context, args, (host) => syncFolders(host, wish, surroundingsOf(context)))
  try {
    return await askDaemon(context, client, wish)
  } finally {
    client.close()
  }
}

async function askDaemon(
  context: CommandContext,
  client: ControlClient,
  { direction, prune, dryRun, message }: SyncWish,
): Promise<readonly SyncedFolder[]> {
  const answer = await client.ask({
    verb: `${direction} workspaces`,
    args: { prune, 'dry-run': dryRun, ...(message === undefined ? {} : { message }) },
    progress: (line) => {
      context.progress.report(line)
    },
  })
  if (!answer.ok) throw answer.error ?? new AosError('control.failed', 'the daemon gave no reason')
  const rows = isRecord(answer.data) ? answer.data['workspaces'] : undefined
  if (!Array.isArray(rows)) throw new AosError('control.failed', 'the daemon does not say what it did')
  return (rows as readonly unknown[]).map(readRow)
}

/** What the daemon does; undefined for another verb. Throws `cli.usage`, and what `syncFolders` throws. */
export async function serveSync(
  context: CommandContext & { readonly held: HeldWorld },
  { verb, args }: Pick<ControlRequest, 'verb' | 'args'>,
): Promise<{ readonly workspaces: readonly SyncedFolder[] } | undefined> {
  const direction = VERBS.get(verb)
  if (direction === undefined) return undefined
  if (isJsonArray(args)) throw usage(`${verb}: expected options by their names`)
  const message = args.get('message')
  if (message !== undefined && typeof message !== 'string') throw usage('message: expected a text')
  const flag = (name: string): boolean => args.get(name) === true
  const wish = { direction, prune: flag('prune'), dryRun: flag('dry-run'), message }
  return { workspaces: await syncFolders(context.held.host, wish, surroundingsOf(context)) }
}

function readRow(row: unknown): SyncedFolder {
  const members = isRecord(row) ? row : {}
  const texts = (name: string): readonly string[] => {
    const value = members[name]
    return Array.isArray(value) ? value.map(String) : []
  }
  return {
    workspace: String(members['workspace']),
    dir: String(members['dir']),
    version: Number(members['version']),
    written: texts('written'),
    removed: texts('removed'),
    kept: texts('kept'),
    ignored: texts('ignored'),
    annotated: texts('annotated'),
    pinned: members['pinned'] === true,
  }
}
