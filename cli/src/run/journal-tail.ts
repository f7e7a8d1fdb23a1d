/** `aos journal tail [--follow]`. */
import { loadDefinitions, manifestAt, viewEntry } from '@aos/host'
import type { Definitions, OpenedFolder } from '@aos/host'
import { isAosError, parseHash } from '@aos/cbor'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { entryDocument, entryLine } from '../entry-text.ts'
import { toJsonText } from '../json-text.ts'
import { findWorld, withFolder } from '../world.ts'
import { needHead } from './journal.ts'

const POLL_MS = 250

/** With --follow the entries are an endless stream: text, or with --json one document a line. */
export async function journalTail(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const count = args.optionalHeight('count') ?? 0
  const first = await withFolder(context, args, async (opened) => {
    const head = needHead(opened)
    const from = Math.max(0, head.height + 1 - count)
    const before = from === 0 ? undefined : definitionsAt(opened, from - 1)
    return { next: head.height + 1, ...readEntries(context, opened, from, before) }
  })
  if (!args.flag('follow')) {
    const data = { entries: first.entries.map(({ document }) => document) }
    return { data, text: first.entries.map(({ line }) => line).join('\n') }
  }
  write(context, first.entries)
  const journal = join(findWorld(context, args).store, 'journal')
  let { next, definitions } = first
  for (let seen = fingerprint(journal); ;) {
    await sleep(POLL_MS)
    if (context.held?.signal.aborted === true) return { data: undefined, text: '' }
    const now = fingerprint(journal)
    if (now === seen) continue
    const more = await readMore(context, args, { next, definitions })
    if (more === undefined) continue
    write(context, more.entries)
    next += more.entries.length
    definitions = more.definitions
    seen = now
  }
}

/** undefined while a writer holds the folder. */
async function readMore(
  context: CommandContext,
  args: Arguments,
  from: { readonly next: number; readonly definitions: Definitions | undefined },
): Promise<Batch | undefined> {
  try {
    return await withFolder(context, args, async (opened) => readEntries(context, opened, from.next, from.definitions))
  } catch (error) {
    if (isAosError(error) && error.code === 'store.locked') return undefined
    throw error
  }
}

/** Changes when something was appended. Looking at it takes no lock, so that others can write in between. */
function fingerprint(journal: string): string {
  return readdirSync(journal)
    .map((name) => {
      const { mtimeMs, size } = statSync(join(journal, name))
      return `${name} ${size} ${mtimeMs}`
    })
    .join('\n')
}

interface Shown {
  readonly document: unknown
  readonly line: string
}

interface Batch {
  readonly entries: readonly Shown[]
  /** In force after the last of them. */
  readonly definitions: Definitions | undefined
}

/** Entries are shown with the definitions given, and from a manifest on with those that it puts in force. */
function readEntries(
  context: CommandContext,
  opened: OpenedFolder,
  from: number,
  given: Definitions | undefined,
): Batch {
  const entries: Shown[] = []
  let definitions = given
  const { journal } = opened.store
  if ((journal.head?.height ?? -1) < from) return { entries, definitions }
  for (const batch of journal.readHeaders({ from })) {
    for (const record of batch) {
      // Of those there is nothing to show.
      if (record.isCompacted) continue
      const view = viewEntry(record, definitions)
      entries.push({ document: entryDocument(view), line: entryLine(context.style, view) })
      if (view.manifest !== undefined) definitions = loadDefinitions(parseHash(view.manifest), opened.readContent)
    }
  }
  return { entries, definitions }
}

function definitionsAt(opened: OpenedFolder, height: number): Definitions | undefined {
  const manifestHash = manifestAt(opened, height)
  return manifestHash === undefined ? undefined : loadDefinitions(manifestHash, opened.readContent)
}

function write(context: CommandContext, entries: readonly Shown[]): void {
  for (const { document, line } of entries) context.stdout.write(`${context.json ? toJsonText(document) : line}\n`)
}
