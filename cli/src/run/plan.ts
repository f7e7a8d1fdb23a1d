/** `aos plan start|ls|show|cancel` (spec/10-plans.md). */
import { parseJson } from '@aos/air'
import { AosError } from '@aos/cbor'
import { localPrincipal, valueFromNode } from '@aos/host'
import type { HostWorld } from '@aos/host'
import type { InstanceReport, TurnResult } from '@aos/kernel'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult } from '../context.ts'
import { settleEffects } from '../daemon/effects.ts'
import { effectsDocument, effectsLines, exitCodeOfEffects, instanceDocument, instanceLine } from '../effects-text.ts'
import { EXIT } from '../exit-code.ts'
import { readArgumentText } from '../input.ts'
import { withWorld } from '../world.ts'

/** `aos plan start`: one instance, from its input in either lens. */
export async function planStart(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const value = parseJson(await readArgumentText(context, args.text('value')))
  return withWorld(context, args, async (host) => {
    const plan = args.text('plan')
    const definition = host.definitions.plans.get(plan)
    if (definition === undefined) throw unknownPlan(host, plan)
    const input = valueFromNode(host.definitions, definition.input, value)
    const reply = await host.send({ kind: 'start', principal: localPrincipal(), plan, input })
    return describe(context, args, { host, reply })
  })
}

/** `aos plan ls`: what runs, in the order of the start. */
export async function planLs(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const instances = await host.read((kernel) => [...kernel.listInstances()])
    const text = instances.map((instance) => instanceLine(context.style, instance)).join('\n')
    return { data: { instances: instances.map(instanceDocument) }, text: text === '' ? 'no plan is running' : text }
  })
}

/** `aos plan show`: the steps of one that runs. */
export async function planShow(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const id = args.text('instance')
    const instance = await host.read((kernel) => findInstance(kernel.listInstances(), id))
    const lines = instance.steps.map(({ id: step, op, status }) => `  ${step.padEnd(24)} ${op.padEnd(14)} ${status}`)
    const head = `${context.style.bold(instance.id)} ${instance.plan}, for ${instance.principal}`
    return { data: instanceDocument(instance), text: [head, ...lines].join('\n') }
  })
}

/** `aos plan cancel`: ends one that runs with the code `cancelled`. */
export async function planCancel(context: CommandContext, args: Arguments): Promise<CommandResult> {
  return withWorld(context, args, async (host) => {
    const instance = args.text('instance')
    const reply = await host.send({ kind: 'cancel', principal: localPrincipal(), instance })
    if (reply.kind === 'refused') throw reply.error
    return { data: { height: reply.height, instance }, text: `height ${reply.height}: cancelled ${instance}` }
  })
}

async function describe(
  context: CommandContext,
  args: Arguments,
  { host, reply }: { readonly host: HostWorld; readonly reply: TurnResult },
): Promise<CommandResult> {
  if (reply.kind === 'refused') throw reply.error
  if (reply.kind === 'duplicate') throw new AosError('cli.internal', 'a start has no idempotency key')
  const { height, outcome, effects } = reply
  const document = effectsDocument(effects, host.definitions)
  const waited = await settleEffects(context, args, host)
  const [instance] = effects.started
  const lines = [`height ${context.style.bold(String(height))}: started ${instance ?? 'nothing'}`]
  lines.push(...effectsLines(context.style, effects).filter((line) => line !== `  started ${instance ?? ''}`))
  if (waited === 'waiting') lines.push('  not everything was done in the time given')
  const exit = outcome === 'turn_limit' ? EXIT.budget : exitCodeOfEffects(effects)
  return { data: { height, instance, outcome, ...document, waited }, text: lines.join('\n'), exit }
}

function findInstance(instances: Iterable<InstanceReport>, id: string): InstanceReport {
  for (const instance of instances) if (instance.id === id) return instance
  throw new AosError('host.unknown_instance', `no plan is running as ${id}`, { hint: 'see `aos plan ls`' })
}

function unknownPlan(host: HostWorld, plan: string): AosError {
  const known = [...host.definitions.plans.keys()]
  return new AosError('host.unknown_plan', `the manifest has no plan ${plan}`, {
    hint: known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`,
  })
}
