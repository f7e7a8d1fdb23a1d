/** `aos approve|reject`: an approver's answer to a parked intent, signed here (G7; spec/12-receipts.md, "Approval statement"). */
import { parseDuration } from '@aos/air'
import { AosError } from '@aos/cbor'
import { answerIntent } from '@aos/host'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { settleEffects, waitMs } from '../daemon/effects.ts'
import { isRecord } from '../record.ts'
import { findDaemon, withSigningWorld, withWorld } from '../world.ts'
import { hashArgument } from './effects.ts'

/** `aos approve`: releases it; the gate judges it again. */
export async function approve(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return answer(context, args, 'approve')
}

/** `aos reject`: it is denied with `approval.rejected`. */
export async function reject(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return answer(context, args, 'reject')
}

async function answer(
  context: CommandContext,
  args: Arguments,
  decision: 'approve' | 'reject',
): Promise<CommandResult> {
  const intent = hashArgument(args.text('id'))
  const text = args.text('expires')
  const goodForNs = parseDuration(text)
  if (goodForNs === undefined || goodForNs <= 0n) throw usage(`--expires: expected a duration, found ${text}`)
  waitMs(args)
  const height = await withSigningWorld(context, args, (world) => answerIntent(world, { intent, decision, goodForNs }))
  const waited = await settleAfterwards(context, args)
  const late = waited === 'waiting' ? '\n  not everything was done in the time given' : ''
  return { data: { height, intent, decision, waited }, text: `height ${height}: ${decision} ${intent}${late}` }
}

/** With `--wait` as `aos effects ls --wait` does: a daemon that holds the world is asked, else it is done here. */
async function settleAfterwards(context: CommandContext, args: Arguments): Promise<'quiet' | 'waiting' | undefined> {
  const wait = args.optionalText('wait')
  if (wait === undefined) return undefined
  const client = await findDaemon(context, args)
  if (client === undefined) return withWorld(context, args, (host) => settleEffects(context, args, host))
  try {
    const answer = await client.ask({ verb: 'effects ls', args: { wait } })
    if (!answer.ok) throw answer.error ?? new AosError('control.failed', 'the daemon gave no reason')
    return isRecord(answer.data) && answer.data['waited'] === 'quiet' ? 'quiet' : 'waiting'
  } finally {
    client.close()
  }
}
