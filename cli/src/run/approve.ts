/** `aos approve|reject`: an approver's answer to a parked intent, signed here (G7; spec/12-receipts.md, "Approval statement"). */
import { parseDuration } from '@aos/air'
import { answerIntent } from '@aos/host'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { withSigningWorld } from '../world.ts'
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
  return withSigningWorld(context, args, async (world) => {
    const height = await answerIntent(world, { intent, decision, goodForNs })
    return { data: { height, intent, decision }, text: `height ${height}: ${decision} ${intent}` }
  })
}
