/** `aos journal tail [--follow]`. */
import { loadDefinitions, summarizeJournal, viewEntry } from '@aos/host'
import type { Definitions, OpenedFolder } from '@aos/host'
import { isAosError } from '@aos/cbor'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { entryDocument, entryLine } from '../entry-text.ts'
import { toJsonText } from '../json-text.ts'
import { withFolder } from '../world.ts'
import { needHead } from './journal.ts'

const POLL_MS = 500

/** With --follow the entries are an endless stream: text, or with --json one document a line. */
export async function journalTail(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const count = args.optionalHeight('count') ?? 0
  const first = await withFolder(context, args, async (opened) => {
    const head = needHead(opened)
    return { next: head.height + 1, entries: readEntries(context, opened, Math.max(0, head.height + 1 - count)) }
  })
  if (!args.flag('follow')) {
    const data = { entries: first.entries.map(({ document }) => document) }
    return { data, text: first.entries.map(({ line }) => line).join('\n') }
  }
  write(context, first.entries)
  let next = first.next
  for (;;) {
    await sleep(POLL_MS)
    const more = await readMore(context, args, next)
    write(context, more)
    next += more.length
  }
}

interface Shown {
  readonly document: unknown
  readonly line: string
}

/** The folder is opened only for a moment, so that others can write; while one of them holds it, nothing is shown. */
async function readMore(context: CommandContext, args: Arguments, from: number): Promise<readonly Shown[]> {
  try {
    return await withFolder(context, args, async (opened) =>
      (opened.store.journal.head?.height ?? -1) < from ? [] : readEntries(context, opened, from),
    )
  } catch (error) {
    if (isAosError(error) && error.code === 'store.locked') return []
    throw error
  }
}

function readEntries(context: CommandContext, opened: OpenedFolder, from: number): readonly Shown[] {
  const shown: Shown[] = []
  const definitions = inForce(opened)
  for (const batch of opened.store.journal.read({ from })) {
    for (const record of batch) {
      const view = viewEntry(record, definitions)
      shown.push({ document: entryDocument(view), line: entryLine(context.style, view) })
    }
  }
  return shown
}

function inForce(opened: OpenedFolder): Definitions | undefined {
  const { manifestHash } = summarizeJournal(opened.store.journal)
  return manifestHash === undefined ? undefined : loadDefinitions(manifestHash, opened.readContent)
}

function write(context: CommandContext, entries: readonly Shown[]): void {
  for (const { document, line } of entries) context.stdout.write(`${context.json ? toJsonText(document) : line}\n`)
}
