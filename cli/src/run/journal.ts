/** `aos journal head|show`. */
import { AosError, formatHash } from '@aos/cbor'
import { addNotes, callsOfEntry, loadDefinitions, manifestAt, snapshotNotes, viewEntry } from '@aos/host'
import type { Definitions, EntryView, OpenedFolder } from '@aos/host'
import type { Arguments } from '../arguments.ts'
import { usage } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { entryDocument, entryText } from '../entry-text.ts'
import { withFolder } from '../world.ts'

/** `aos journal head`: the last entry, and the root of the log over all of them. */
export async function journalHead(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withFolder(context, args, async (opened) => {
    const head = needHead(opened)
    const { size: entries, root: logRoot } = opened.store.logHead()
    const manifestHash = manifestAt(opened, head.height)
    const [newest] = snapshotNotes(opened.store)
    const data = {
      height: head.height,
      entries,
      manifest_hash: manifestHash ?? null,
      head_hash: formatHash(head.leaf),
      log_root: logRoot,
      ...(newest === undefined ? {} : { snapshot: { height: newest.cut, root: newest.root } }),
    }
    const lines = [
      `height    ${context.style.bold(String(data.height))}`,
      `manifest  ${data.manifest_hash ?? 'none'}`,
      `head      ${data.head_hash}`,
      `log root  ${data.log_root} over ${data.entries} entries`,
      ...(newest === undefined ? [] : [`snapshot  ${newest.root} of height ${newest.cut}`]),
    ]
    return { data, text: lines.join('\n') }
  })
}

/** `aos journal show`: one entry with everything that can be read in it. */
export async function journalShow(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const height = args.optionalHeight('height')
  if (height === undefined) throw usage('height is missing')
  return withFolder(context, args, async (opened) => {
    const head = needHead(opened)
    if (height > head.height)
      throw new AosError('host.bad_height', `the journal ends at height ${head.height}, found ${height}`)
    const shown = viewAt(opened, height)
    const onProgress = (at: number): void => {
      context.progress.report(`replaying: height ${at} of ${height}`)
    }
    const view = args.flag('notes') ? addNotes(shown, callsOfEntry(opened, height, onProgress)) : shown
    return { data: entryDocument(view), text: entryText(context.style, view) }
  })
}

/** The entry with the definitions that were in force when it was written. Throws `journal.compacted`, `host.bad_height`. */
export function viewAt(opened: OpenedFolder, height: number): EntryView {
  const { journal } = opened.store
  // Read first: bytes of a record are valid only until the next batch.
  const definitions = definitionsBefore(opened, height)
  for (const batch of journal.readHeaders({ from: height, to: height })) {
    for (const record of batch) if (!record.isCompacted) return viewEntry(record, definitions)
  }
  if (height < journal.firstWhole) throw entryIsGone(height, journal.firstWhole)
  throw new AosError('host.bad_height', `the journal has no height ${height}`)
}

/** Nobody can tell whether it was in what was dropped. */
export function mayBeCompacted(what: string, compactedBelow: number): AosError {
  const message = `the journal has no ${what} from height ${compactedBelow} on; what was before was compacted`
  return new AosError('journal.compacted', message, { details: { compacted_below: compactedBelow } })
}

function entryIsGone(height: number, compactedBelow: number): AosError {
  const what = `the journal was compacted at height ${compactedBelow}: of the entry of height ${height} only the header is here`
  return new AosError('journal.compacted', what, {
    details: { compacted_below: compactedBelow },
    hint: 'the entry is in the archive that was written then, if there is one',
  })
}

/** In force when the entry of this height was made; undefined for genesis. */
export function definitionsBefore(opened: OpenedFolder, height: number): Definitions | undefined {
  if (height === 0) return undefined
  const manifestHash = manifestAt(opened, height - 1)
  return manifestHash === undefined ? undefined : loadDefinitions(manifestHash, opened.readContent)
}

/** Throws `host.no_genesis`. */
export function needHead(opened: OpenedFolder): NonNullable<OpenedFolder['store']['journal']['head']> {
  const { head } = opened.store.journal
  if (head !== undefined) return head
  throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
}
