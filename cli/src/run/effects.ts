/** `aos effects ls|requeue`, `aos approvals ls` (spec/11-gate.md, "Intents"). */
import { parseHash } from '@aos/cbor'
import { localPrincipal } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { IntentStatus } from '@aos/kernel'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { settleEffects } from '../daemon/effects.ts'
import { intentDocument, intentLine } from '../effects-text.ts'
import { withWorld } from '../world.ts'
import { proposalLine } from './gov-read.ts'

const STATUSES: readonly IntentStatus[] = ['open', 'parked', 'dead']

/** `aos effects ls`: intents that nothing has come of yet, in the order of emission; with `--wait` as they are afterwards. */
export async function effectsLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const asked = STATUSES.filter((status) => args.flag(status))
  return withWorld(context, args, async (host) => {
    const waited = await settleEffects(context, args, host)
    const { intents, text } = await listIntents(context, host, asked.length === 0 ? STATUSES : asked)
    return { data: { intents, waited }, text }
  })
}

/** `aos approvals ls`: what waits for a person: parked intents, and proposals that are open. */
export async function approvalsLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const { intents, text } = await listIntents(context, host, ['parked'])
    const open = [...host.kernel.listProposals()].filter(({ status }) => status === 'open')
    const ids = intents.map(({ intent }) => String(intent)).join('\n')
    const proposals = open.map(({ number, authority, report, approvals }) => ({
      proposal: number,
      authority,
      report_hash: report?.hash,
      approvals: approvals.length,
    }))
    const lines = open.map((proposal) => `proposal ${proposalLine(context.style, host, proposal)}`)
    const all = lines.length === 0 ? text : [...(intents.length === 0 ? [] : [text]), ...lines].join('\n')
    return { data: { intents, proposals }, text: args.flag('ids') ? ids : all }
  })
}

interface ListedIntents {
  readonly intents: readonly Readonly<Record<string, unknown>>[]
  readonly text: string
}

async function listIntents(
  context: CommandContext,
  host: HostWorld,
  statuses: readonly IntentStatus[],
): Promise<ListedIntents> {
  const found = await host.read((kernel) => [...kernel.listIntents()].filter(({ status }) => statuses.includes(status)))
  const { definitions } = host
  const lines = found.map((intent) => intentLine(context.style, definitions, intent))
  const intents = found.map((intent) => intentDocument(definitions, intent))
  return { intents, text: lines.length === 0 ? 'there is none' : lines.join('\n') }
}

/** `aos effects requeue`: a dead intent is tried again. */
export async function effectsRequeue(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const intent = hashArgument(args.text('intent'))
  return withWorld(context, args, async (host) => {
    const reply = await host.send({ kind: 'requeue', principal: localPrincipal(), intent })
    if (reply.kind === 'refused') throw reply.error
    const waited = await settleEffects(context, args, host)
    return { data: { height: reply.height, intent, waited }, text: `height ${reply.height}: ${intent} is open again` }
  })
}

/** The hash of an intent, with or without `sha256:`. Throws `cli.usage`. */
export function hashArgument(text: string): ReturnType<typeof parseHash> {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(text)) return parseHash(text.startsWith('sha256:') ? text : `sha256:${text}`)
  throw usage(`expected the hash of an intent, found ${text}`)
}
