/** `aos status`. */
import type { DefModule } from '@aos/air'
import { diskUse, recoveryCost } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { IntentStatus } from '@aos/kernel'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withWorld } from '../world.ts'

/** `aos status`: the world at a glance, and how long it took to open. */
export async function status(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const started = performance.now()
  return withWorld(context, args, async (host) => {
    const openedMs = Math.round(performance.now() - started)
    const { kernel } = host
    const head = await host.read(({ head: at }) => at)
    const disk = diskUse(host.folder)
    const height = head?.height ?? null
    const { modules, manifest } = kernel.manifestHash === undefined ? NOTHING : host.definitions
    const reducers = [...modules]
      .filter(([, module]: readonly [string, DefModule]) => module.moduleKind === 'reducer')
      .map(([name]) => ({ name, cells: kernel.countCells(name) }))
    const work = workOf(host)
    const recovery = recoveryOf(host)
    const data = {
      world: kernel.id ?? null,
      folder: host.folder.root,
      height,
      entries: height === null ? 0 : height + 1,
      manifest_hash: kernel.manifestHash ?? null,
      manifest_height: kernel.manifestHash === undefined ? null : kernel.manifestHeight,
      engine_digest: kernel.engineDigest,
      schemas: manifest.schemas.length,
      routes: manifest.routes.length,
      reducers,
      ...work,
      recovery,
      disk: { journal_bytes: disk.journal, content_bytes: disk.content },
      key_folder: host.keyFolder,
      opened_ms: openedMs,
      daemon: context.held?.daemon ?? null,
    }
    const lines = [
      `world     ${data.world ?? 'no genesis yet; run `aos push`'}`,
      `folder    ${data.folder}`,
      `head      ${height === null ? 'none' : `height ${height}`}`,
      `manifest  ${data.manifest_hash ?? 'none'}${data.manifest_height === null ? '' : ` since height ${data.manifest_height}`}`,
      ...reducers.map(({ name, cells }) => `reducer   ${name}, ${cells} ${cells === 1 ? 'cell' : 'cells'}`),
      `disk      ${megabytes(disk.journal)} journal, ${megabytes(disk.content)} content`,
      ...workLines(work),
      ...(data.daemon === null ? [] : [`daemon    process ${data.daemon.pid} since ${data.daemon.since}`]),
      recoveryLine(recovery),
      ...(context.held === undefined ? [`opened in ${openedMs} ms`] : []),
    ]
    return { data, text: lines.join('\n') }
  })
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

interface Recovery {
  /** What opening would take at worst, reckoned for a slow machine. */
  readonly worst_ms: number
  readonly bound_ms: number
  /** What it would derive again. */
  readonly entries: number
  /** What it would take from a checkpoint before that. */
  readonly changes: number
  readonly snapshot: { readonly height: number; readonly root: string } | null
}

function recoveryOf(host: HostWorld): Recovery {
  const { kernel, snapshot } = host
  return {
    worst_ms: Math.ceil(recoveryCost(kernel)),
    bound_ms: host.bounds.recoveryMs,
    entries: kernel.recovery.entries,
    changes: kernel.recovery.changes,
    snapshot: snapshot === undefined ? null : { height: snapshot.cut, root: snapshot.root },
  }
}

function recoveryLine({ worst_ms: worst, bound_ms: bound, entries, changes, snapshot }: Recovery): string {
  const what = changes === 0 ? `${entries} entries` : `${entries} entries behind a checkpoint of ${changes} changes`
  const since = snapshot === null ? 'no snapshot yet' : `snapshot of height ${snapshot.height}`
  return `recovery  at worst ${worst} ms for ${what} (${since}; bound ${bound} ms)`
}

const NOTHING = { modules: new Map<string, never>(), manifest: { schemas: [], routes: [] } } as const

function countCells(cells: Iterable<unknown>): number {
  let count = 0
  for (const _ of cells) count += 1
  return count
}

interface Work {
  /** Intents that somebody has to do something about. */
  readonly open_work: number
  readonly intents: Readonly<Record<IntentStatus, number>>
  readonly running_plans: number
  /** Of the next timer or deadline, in logical time. */
  readonly next_due_ns: string | null
}

function workOf({ kernel }: HostWorld): Work {
  const intents = { open: 0, parked: 0, dead: 0 }
  for (const { status } of kernel.listIntents()) intents[status] += 1
  const { nextDueNs } = kernel
  return {
    open_work: intents.open + intents.parked + intents.dead,
    intents,
    running_plans: countCells(kernel.listInstances()),
    next_due_ns: nextDueNs === undefined ? null : String(nextDueNs),
  }
}

function workLines({ intents, running_plans: plans, next_due_ns: due }: Work): readonly string[] {
  const { open, parked, dead } = intents
  return [
    ...(open + parked + dead === 0 ? [] : [`intents   ${open} open, ${parked} parked, ${dead} dead`]),
    ...(plans === 0 ? [] : [`plans     ${plans} running`]),
    ...(due === null ? [] : [`due       ${new Date(Number(BigInt(due) / 1_000_000n)).toISOString()}`]),
  ]
}
