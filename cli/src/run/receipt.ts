/** `aos receipt ls|show|submit` (spec/12-receipts.md). */
import { AosError } from '@aos/cbor'
import { entryKind, viewEntry } from '@aos/host'
import type { EntryView, OpenedFolder } from '@aos/host'
import { KIND_NUMBER } from '@aos/kernel'
import type { Arguments } from '../arguments.ts'
import { usage } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { makeEffects } from '../daemon/effects.ts'
import { entryDocument, entryText } from '../entry-text.ts'
import { readArgumentText } from '../input.ts'
import { withFolder, withWorld } from '../world.ts'
import { hashArgument } from './effects.ts'
import { mayBeCompacted, viewAt } from './journal.ts'

/** `aos receipt ls`: the last receipts of the journal, oldest first. */
export async function receiptLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const count = args.optionalHeight('count') ?? 0
  if (count < 1) throw usage('count: expected a number from 1')
  return withFolder(context, args, async (opened) => {
    const found: EntryView[] = []
    for (const view of receiptEntries(opened)) {
      found.push(view)
      if (found.length > count) found.shift()
    }
    const receipts = found.map(({ height, time, principal, receipt }) => ({ height, time, principal, ...receipt }))
    const lines = receipts.map(
      ({ height, time, intent, adapter, status }) =>
        `${context.style.bold(String(height).padStart(8))}  ${time}  ${String(intent)} ${String(status)} by ${String(adapter)}`,
    )
    return { data: { receipts }, text: lines.length === 0 ? 'there is none' : lines.join('\n') }
  })
}

/** `aos receipt show`: the entry with the receipt of an intent, payload and signature included. */
export async function receiptShow(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const intent = hashArgument(args.text('intent'))
  return withFolder(context, args, async (opened) => {
    for (const { height, receipt } of receiptEntries(opened)) {
      if (receipt?.intent !== intent) continue
      const view = viewAt(opened, height)
      return { data: entryDocument(view), text: entryText(context.style, view) }
    }
    const { firstWhole } = opened.store.journal
    if (firstWhole > 0) throw mayBeCompacted(`receipt for ${intent}`, firstWhole)
    throw new AosError('host.unknown_intent', `the journal has no receipt for ${intent}`, {
      hint: 'see `aos effects ls` for what is open',
    })
  })
}

/** `aos receipt submit`: one that was signed elsewhere. */
export async function receiptSubmit(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const text = await readArgumentText(context, args.text('file'))
  return withWorld(context, args, async (host) => {
    // Verifies and submits; it performs nothing, for it is not started.
    const effects = context.held?.effects ?? makeEffects(host, { environment: context.environment })
    const reply = await effects.submitReceipt(text)
    if (reply.kind === 'refused') throw reply.error
    const settled = reply.kind === 'accepted' ? reply.effects.settled : []
    const lines = settled.map(
      ({ intent, status, code }) => `  ${intent} ${status}${code === undefined ? '' : ` ${code}`}`,
    )
    return { data: { height: reply.height, settled }, text: [`height ${reply.height}`, ...lines].join('\n') }
  })
}

function* receiptEntries(opened: OpenedFolder): Generator<EntryView> {
  const { journal } = opened.store
  if (journal.head === undefined) return
  for (const batch of journal.readHeaders({ from: 0 })) {
    for (const record of batch) {
      if (!record.isCompacted && entryKind(record.bytes) === KIND_NUMBER.receipt) yield viewEntry(record, undefined)
    }
  }
}
