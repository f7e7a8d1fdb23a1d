/** `aos event send`. */
import { formatJson, parseJson } from '@aos/air'
import { localPrincipal, valueToNode } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { StepReport, TurnResult } from '@aos/kernel'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { settleEffects } from '../daemon/effects.ts'
import { effectsDocument, effectsLines, exitCodeOfEffects } from '../effects-text.ts'
import { makeEvent } from '../event-text.ts'
import { exitCodeOfTurn } from '../exit-code.ts'
import { makeHeldClockWarning } from '../held-clock.ts'
import { readArgumentText } from '../input.ts'
import { embedNode } from '../json-node.ts'
import { withWorld } from '../world.ts'

/** One event, or with --ndjson a stream of them. */
export async function eventSend(context: CommandContext, args: Arguments): Promise<CommandResult> {
  if (args.flag('ndjson')) {
    const { eventStream } = await import('./event-stream.ts')
    return eventStream(context, args)
  }
  for (const only of ['envelope', 'acks']) if (args.flag(only)) throw usage(`--${only} goes with --ndjson`)
  const schema = args.text('schema')
  const text = await readArgumentText(context, args.text('value'))
  const idempotencyKey = args.optionalText('idempotency-key')
  const key = args.optionalText('key')
  const value = parseJson(text)
  return withWorld(context, args, async (host) => {
    const event = makeEvent(host, { schema, value, key, idempotencyKey }, localPrincipal())
    const reply = await host.send(event)
    makeHeldClockWarning(context, host)()
    const waited = await settleEffects(context, args, host)
    return describe(context, { host, waited }, reply)
  })
}

interface Sent {
  readonly host: HostWorld
  readonly waited: 'quiet' | 'waiting' | undefined
}

function describe(context: CommandContext, { host, waited }: Sent, reply: TurnResult): CommandResult {
  if (reply.kind === 'refused') throw reply.error
  if (reply.kind === 'duplicate') {
    const data = {
      height: reply.height,
      event_id: `${host.id}:${reply.height}.0`,
      outcome: 'duplicate',
      steps: [],
      intents: [],
      decisions: [],
      waited,
    }
    return { data, text: `height ${reply.height}: sent before, counted once` }
  }
  const steps = reply.steps.map((step) => ({
    reducer: step.reducer,
    key: embedNode(keyNode(host, step)),
    outcome: step.outcome,
    fuel: step.fuel,
    note: step.note,
  }))
  const data = {
    height: reply.height,
    event_id: `${host.id}:${reply.height}.0`,
    outcome: reply.outcome,
    steps,
    raised: reply.raised.map(({ schema, index }) => ({ schema, event_id: `${host.id}:${reply.height}.${index}` })),
    ...effectsDocument(reply.effects, host.definitions),
    waited,
  }
  const lines = [
    `height ${context.style.bold(String(reply.height))}${reply.outcome === 'ok' ? '' : ` ${reply.outcome}`}`,
  ]
  for (const step of reply.steps) lines.push(stepLine(context, host, step))
  for (const raised of reply.raised) lines.push(`  raised ${raised.schema}`)
  lines.push(...effectsLines(context.style, reply.effects))
  if (waited === 'waiting') lines.push('  not everything was done in the time given')
  const exit = Math.max(exitCodeOfTurn(reply.outcome, reply.steps), exitCodeOfEffects(reply.effects))
  return { data, text: lines.join('\n'), exit }
}

function keyNode(host: HostWorld, step: StepReport): ReturnType<typeof valueToNode> | undefined {
  const keySchema = host.definitions.modules.get(step.reducer)?.keySchema
  return step.key === undefined || keySchema === undefined
    ? undefined
    : valueToNode(host.definitions, keySchema, step.key)
}

function stepLine(context: CommandContext, host: HostWorld, step: StepReport): string {
  const node = keyNode(host, step)
  const key = node === undefined ? '' : ` ${formatJson(node)}`
  const outcome = step.outcome === 'ok' ? context.style.good('ok') : context.style.bad(step.outcome)
  return `  ${step.reducer}${key} ${outcome}, fuel ${step.fuel}${step.note === undefined ? '' : ` (${step.note})`}`
}
