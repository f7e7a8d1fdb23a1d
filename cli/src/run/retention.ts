/** `aos journal compact` and `aos blob gc`: dropping what nobody needs (spec/16-snapshots.md, "Retention"). */
import { collectGarbage, compactJournal } from '@aos/host'
import type { CompactJournalReport } from '@aos/host'
import { resolve } from 'node:path'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import { shareOf } from '../context.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withFolder, withWorld } from '../world.ts'

/** `aos journal compact`: cuts old segments to their headers. */
export async function journalCompact(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const before = args.optionalHeight('before')
  if (before === undefined) throw usage('say up to where: --before HEIGHT')
  const given = args.optionalText('archive')
  const archive = given === undefined ? undefined : resolve(context.cwd, given)
  return withFolder(context, args, async (opened) => {
    const report = await compactJournal(opened, {
      before,
      archive,
      onProgress: (what) => {
        context.progress.report(what)
      },
    })
    const { compactedBelow, segments, bytesBefore, bytesAfter, archivedBytes, snapshots, anchor } = report
    // Without segments to cut nothing was archived either.
    const file = segments === 0 ? undefined : archive
    const data = {
      before,
      compacted_below: compactedBelow,
      segments,
      bytes_before: bytesBefore,
      bytes_after: bytesAfter,
      snapshots: snapshots.map(({ cut, rootHeight, root }) => ({ cut, height: rootHeight, root })),
      anchor: { file: anchor.path, values: anchor.count, bytes: anchor.bytes },
      ...(file === undefined ? {} : { archive: { file, bytes: archivedBytes } }),
    }
    return { data, text: compactText(report, file) }
  })
}

function compactText({ compactedBelow, ...report }: CompactJournalReport, archive: string | undefined): string {
  const { segments, bytesBefore, bytesAfter, snapshots, anchor } = report
  const stand = snapshots.map(({ cut }) => cut).join(' and ')
  return [
    segments === 0
      ? 'nothing to drop: no segment that is whole ends below that height'
      : `${segments} segments were cut to their headers: ${bytesBefore} bytes before, ${bytesAfter} now`,
    compactedBelow === 0 ? 'all entries are whole' : `below height ${compactedBelow} only headers are left`,
    `the snapshots of heights ${stand} stand for it; ${anchor.count} values of theirs, ${anchor.bytes} bytes, are copied to ${anchor.path}`,
    ...(archive === undefined ? [] : [`the entries are in ${archive}, ${report.archivedBytes} bytes`]),
  ].join('\n')
}

/** `aos blob gc`: marks what is needed, removes the rest. */
export async function blobGc(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const dryRun = args.flag('dry-run')
  return withWorld(context, args, async (host) => {
    const report = await collectGarbage(host, { dryRun, ...shareOf(context.held) })
    const { live, dead, bytesLive, bytesDead, bytesFreed, snapshots } = report
    const data = {
      dry_run: dryRun,
      live,
      dead,
      bytes_live: bytesLive,
      bytes_dead: bytesDead,
      bytes_freed: bytesFreed,
      snapshots: snapshots.map(({ cut, rootHeight, root }) => ({ cut, height: rootHeight, root })),
    }
    const lines = [
      `${live} values, ${bytesLive} bytes, are needed`,
      `${dead} values, ${bytesDead} bytes, are not`,
      dryRun ? `about ${bytesFreed} bytes would be freed` : `${bytesFreed} bytes were freed`,
    ]
    return { data, text: lines.join('\n') }
  })
}
