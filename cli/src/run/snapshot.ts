/** `aos snapshot create|ls|verify`. */
import { AosError } from '@aos/cbor'
import { decodeSnapshot, walkSnapshot } from '@aos/kernel'
import type { SnapshotPiece } from '@aos/kernel'
import { snapshotNotes } from '@aos/host'
import type { OpenedFolder } from '@aos/host'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withFolder, withWorld } from '../world.ts'

type Note = ReturnType<typeof snapshotNotes>[number]

/** `aos snapshot create`: cuts one now, and tells its root when that is durable. */
export async function snapshotCreate(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    if (host.kernel.head === undefined) {
      throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
    }
    const { cut, rootHeight, root } = await host.createSnapshot()
    const text = `${root}\nof height ${cut}, claimed at height ${rootHeight}`
    return { data: { cut, height: rootHeight, root }, text }
  })
}

/** `aos snapshot ls`: the newest first, as far as they are known. */
export async function snapshotLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withFolder<CommandResult>(context, args, (opened) => {
    const snapshots = snapshotNotes(opened.store).map((note) => describe(opened, note))
    const lines = snapshots.map(
      ({ cut, height, root, cells, readable }) =>
        `${root}  of height ${cut}, claimed at ${height}, ${readable ? `${cells} cells` : context.style.bad('cannot be read')}`,
    )
    return Promise.resolve({ data: { snapshots }, text: lines.length === 0 ? 'no snapshot yet' : lines.join('\n') })
  })
}

function describe({ readContent }: OpenedFolder, { cut, rootHeight, root }: Note) {
  try {
    const { cells } = decodeSnapshot(readContent(root))
    const count = [...cells.values()].reduce((sum, table) => sum + table.count, 0)
    return { cut, height: rootHeight, root, cells: count, readable: true }
  } catch (error) {
    if (!(error instanceof AosError)) throw error
    return { cut, height: rootHeight, root, cells: 0, readable: false }
  }
}

/** `aos snapshot verify`: reads back every piece of one, and compares each with its hash and the counts with one another. */
export async function snapshotVerify(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const cut = args.optionalHeight('cut')
  return withFolder<CommandResult>(context, args, (opened) => {
    const note = findSnapshot(opened, cut)
    const counts: Record<SnapshotPiece['kind'], number> = { record: 0, node: 0, state: 0, value: 0 }
    const seen = new Set<string>()
    let bytes = 0
    const skips = (hash: string): boolean => seen.has(hash)
    const data = { cut: note.cut, height: note.rootHeight, root: note.root }
    try {
      for (const piece of walkSnapshot({ get: opened.readContent }, note.root, skips)) {
        if (piece.kind === 'state' || piece.kind === 'value') seen.add(piece.hash)
        counts[piece.kind] += 1
        bytes += piece.bytes.length
        context.progress.report(`reading: ${counts.node} nodes, ${counts.state} states`)
      }
    } catch (error) {
      if (!(error instanceof AosError)) throw error
      const problem = { code: error.code, message: error.message }
      const text = `${context.style.bad('damaged')}: ${error.message}`
      return Promise.resolve({ data: { ok: false, ...data, problem }, text, exit: 1 })
    }
    const { node: nodes, state: states, value: records } = counts
    const text = `${context.style.good('ok')}: ${nodes} nodes, ${states} states, ${bytes} bytes, of height ${note.cut}\nroot ${note.root}`
    return Promise.resolve({ data: { ok: true, ...data, nodes, states, records, bytes }, text })
  })
}

/** The snapshot of a cut, or the newest. Throws `host.no_snapshot`. */
export function findSnapshot(opened: Pick<OpenedFolder, 'store'>, cut: number | undefined): Note {
  const notes = snapshotNotes(opened.store)
  const found = cut === undefined ? notes[0] : notes.find((note) => note.cut === cut)
  if (found !== undefined) return found
  const wanted = cut === undefined ? 'the world has no snapshot yet' : `no snapshot was cut at height ${cut}`
  throw new AosError('host.no_snapshot', wanted, { hint: 'see `aos snapshot ls`; make one with `aos snapshot create`' })
}
