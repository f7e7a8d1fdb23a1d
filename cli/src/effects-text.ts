/** Plans, intents and decisions as documents and as text (spec/10-plans.md, spec/11-gate.md). */
import { formatJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { isAosError, toHex } from '@aos/cbor'
import { valueToNode } from '@aos/host'
import type { Definitions } from '@aos/host'
import type { DecisionReport, EffectsReport, InstanceReport, IntentReport } from '@aos/kernel'
import type { Style } from './context.ts'
import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { embedNode } from './json-node.ts'

/** For `data`. */
export function intentDocument(definitions: Definitions, intent: IntentReport): Readonly<Record<string, unknown>> {
  const { hash, effectKind, status, adapter, grant, height, index, principal, dueNs } = intent
  return {
    intent: hash,
    effect: effectKind,
    status,
    adapter,
    grant,
    height,
    index,
    ...originDocument(definitions, intent),
    principal,
    params: embedNode(paramsNode(definitions, intent)),
    idempotency_key: toHex(intent.idempotencyKey),
    orphan: intent.isOrphan ? true : undefined,
    due_ns: dueNs === undefined ? undefined : String(dueNs),
  }
}

function originDocument(definitions: Definitions, { origin }: IntentReport): Readonly<Record<string, unknown>> {
  if (origin.kind === 'plan') return { instance: origin.instance, step: origin.step }
  const { reducer, key } = origin
  const keySchema = definitions.modules.get(reducer)?.keySchema
  if (key === undefined || keySchema === undefined) return { reducer }
  return { reducer, cell: embedNode(valueToNode(definitions, keySchema, key)) }
}

/** Undefined when the definitions in force have another schema for the kind than the intent was emitted with. */
function paramsNode(definitions: Definitions, { effectKind, params }: IntentReport): JsonNode | undefined {
  const effect = [...definitions.effects.values()].find((each) => each.effectKind === effectKind)
  if (effect === undefined) return undefined
  try {
    return valueToNode(definitions, effect.paramsSchema, params)
  } catch (error) {
    if (isAosError(error)) return undefined
    throw error
  }
}

/** One line. */
export function intentLine(style: Style, definitions: Definitions, intent: IntentReport): string {
  const { hash, effectKind, status, adapter, origin, height } = intent
  const from = origin.kind === 'plan' ? `${origin.instance} ${origin.step}` : origin.reducer
  const node = paramsNode(definitions, intent)
  const params = node === undefined ? '' : ` ${shortened(formatJson(node))}`
  return `${hash} ${style.bold(status)} ${effectKind} by ${adapter}, height ${height}, from ${from}${params}`
}

const SHOWN_MAX = 120

function shortened(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`
}

/** For `data`. */
export function instanceDocument({ id, plan, principal, steps }: InstanceReport): Readonly<Record<string, unknown>> {
  return {
    instance: id,
    plan,
    principal,
    steps: steps.map(({ id: step, op, status, deadlineNs }) => ({
      step,
      op,
      status,
      deadline_ns: deadlineNs === undefined ? undefined : String(deadlineNs),
    })),
  }
}

/** One line. */
export function instanceLine(style: Style, { id, plan, steps }: InstanceReport): string {
  const waiting = steps.filter(({ status }) => status === 'waiting').map(({ id: step, op }) => `${step} (${op})`)
  return `${style.bold(id)} ${plan}, waits at ${waiting.length === 0 ? 'nothing' : waiting.join(', ')}`
}

/** What a turn did to plans and intents, for `data` of whatever started it. */
export function effectsDocument(effects: EffectsReport, definitions: Definitions): Readonly<Record<string, unknown>> {
  return {
    intents: effects.emitted.map((intent) => ({
      ...intentDocument(definitions, intent),
      settled: settledInTurn(effects, intent),
    })),
    decisions: effects.decisions.map(decisionDocument),
    started: effects.started,
    ended: effects.ended,
  }
}

/** How an intent ended that the kernel performed in the same turn. */
function settledInTurn({ settled }: EffectsReport, { hash }: IntentReport): string | undefined {
  return settled.find(({ intent }) => intent === hash)?.status
}

function decisionDocument(decision: DecisionReport): Readonly<Record<string, unknown>> {
  const { index, effectKind, outcome, code, grant, policy, rule, reason } = decision
  return { index, effect: effectKind, outcome, code, grant, policy, rule, reason }
}

/** A line for each thing that the turn did. */
export function effectsLines(style: Style, effects: EffectsReport): readonly string[] {
  return [
    ...effects.started.map((instance) => `  started ${instance}`),
    ...effects.decisions.map((decision) => decisionLine(style, decision)),
    ...effects.emitted.map((intent) => {
      const settled = settledInTurn(effects, intent)
      return `  intent ${intent.hash} ${settled === undefined ? intent.status : `settled ${settled}`}`
    }),
    ...effects.ended.map(({ instance, code, step }) =>
      code === undefined ? `  ended ${instance}` : `  ended ${instance} ${style.bad(code)} at ${step ?? 'the start'}`,
    ),
  ]
}

function decisionLine(
  style: Style,
  { effectKind, outcome, code, grant, policy, rule, reason }: DecisionReport,
): string {
  const shown =
    outcome === 'allow' ? style.good(outcome) : outcome === 'deny' ? style.bad(outcome) : style.bold(outcome)
  const by = [
    grant === undefined ? undefined : `grant ${grant}`,
    policy === undefined ? undefined : `${policy} rule ${rule ?? 'none'}`,
    code,
    reason,
  ].filter((part) => part !== undefined)
  return `  ${shown} ${effectKind}${by.length === 0 ? '' : ` (${by.join(', ')})`}`
}

/** The worst of what the gate said: denied, held, over a budget. */
export function exitCodeOfEffects(effects: EffectsReport): ExitCode {
  let worst: ExitCode = EXIT.ok
  for (const { outcome, code } of effects.decisions) {
    const exit =
      outcome === 'allow'
        ? EXIT.ok
        : outcome === 'park'
          ? EXIT.held
          : code === 'budget.exceeded'
            ? EXIT.budget
            : EXIT.denied
    if (exit > worst) worst = exit
  }
  return worst
}
