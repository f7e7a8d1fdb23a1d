/** The journal of an example as a story: what came in, what the gate said, what went out, what came back. */
import { viewEntry } from '@aos/host'
import type { EntryView, HostWorld } from '@aos/host'
import { toJsonText } from '../json-text.ts'
import { embedAny } from '../json-node.ts'

const HASH_DIGITS = 8
const VALUE_CHARACTERS_MAX = 96
/** Kinds of entries that come before the story. */
const SETTING_UP: readonly string[] = ['genesis', 'key', 'engine', 'manifest']

/** A line for what came in at each height, and indented lines for what followed. Definitions are those in force now. */
export function tellJournal(host: HostWorld): readonly string[] {
  const lines: string[] = []
  let hasBegun = false
  for (const batch of host.store.journal.read({ from: 0 })) {
    for (const record of batch) {
      const view = viewEntry(record, host.definitions)
      hasBegun ||= !SETTING_UP.includes(view.kind)
      if (hasBegun) lines.push(...tellEntry(view))
    }
  }
  return lines
}

function tellEntry(view: EntryView): readonly string[] {
  const steps = new Map<string, string[]>()
  const lines = [`${String(view.height).padStart(3)}  ${tellIngress(view)}`]
  for (const item of view.derived) {
    if (item['item'] === 'plan_step') {
      const instance = textOf(item['instance'])
      const told = `${textOf(item['step'])}${item['status'] === 'done' ? '' : ` ${textOf(item['status'])}`}`
      const known = steps.get(instance)
      if (known !== undefined && lines.at(-1) === stepsLine(instance, known)) lines.pop()
      else steps.set(instance, [])
      const all = [...(steps.get(instance) ?? []), told]
      steps.set(instance, all)
      lines.push(stepsLine(instance, all))
      continue
    }
    const line = tellItem(item)
    if (line !== undefined) lines.push(`       ${line}`)
  }
  return lines
}

function stepsLine(instance: string, steps: readonly string[]): string {
  return `       plan ${instance}: ${steps.join(', ')}`
}

function tellIngress(view: EntryView): string {
  switch (view.kind) {
    case 'event':
      return `event ${view.schema ?? ''} ${shortened(view.value)}`
    case 'receipt': {
      const { intent, adapter, status, cost } = view.receipt ?? {}
      const spent = Object.entries(cost ?? {}).map(([name, amount]) => `${amount} ${name}`)
      const signer = shortHash(view.signed_by?.[0])
      return `receipt for ${shortHash(intent)}: ${adapter ?? ''} says ${status ?? ''} (${spent.join(', ')}), signed by ${signer}`
    }
    case 'approval':
      return `answer of a person, signed by ${shortHash(view.signed_by?.[0])}`
    case 'governance':
      return `about a proposal, signed by ${shortHash(view.signed_by?.[0])}`
    case 'clock':
      return `clock set to ${view.set_ns ?? ''} ns`
    case 'tick':
      return 'tick: what is due'
    default:
      return view.kind
  }
}

function tellItem(item: Readonly<Record<string, unknown>>): string | undefined {
  const text = (name: string): string => textOf(item[name])
  switch (item['item']) {
    case 'delivery':
      return `${text('reducer')}${item['key'] === undefined ? '' : ` ${shortened(item['key'])}`} ran: ${text('outcome')}`
    case 'migration': {
      const key = item['key'] === undefined ? '' : ` ${shortened(item['key'])}`
      return `${text('reducer')}${key} is brought on from generation ${text('from')} to ${text('to')}: ${text('outcome')}`
    }
    case 'raised':
      return `raised ${text('schema')} ${shortened(item['value'])}`
    case 'plan_started':
      return `plan ${text('instance')} starts`
    case 'plan_ended':
      return `plan ${text('instance')} ends${item['code'] === undefined ? '' : `: ${text('code')}`}`
    case 'decision':
      return tellDecision(item)
    case 'intent': {
      const state = item['parked'] === true ? 'waits for a person' : `is for ${text('adapter')}`
      return `intent ${shortHash(item['intent'])} ${state}`
    }
    case 'settled':
      return `intent ${shortHash(item['intent'])} is settled: ${text('status')}${item['code'] === undefined ? '' : `, ${text('code')}`}`
    case 'intent_change':
      return `intent ${shortHash(item['intent'])} is ${text('change')}`
    case 'governance': {
      const said = item['text'] === undefined ? '' : ` (${text('text').replace(/^[0-9a-f]{64}$/, shortHash)})`
      return `proposal ${text('proposal')} is ${text('change')}${said}`
    }
    case 'turn_limit':
      return `the turn went beyond its bound of ${text('bound')}`
    default:
      return undefined
  }
}

function tellDecision(item: Readonly<Record<string, unknown>>): string {
  const text = (name: string): string => textOf(item[name])
  const outcome = text('outcome') === 'park' ? 'held' : `${text('outcome')}ed`.replace('denyed', 'denied')
  const rule = item['rule'] === undefined ? '' : `, rule ${text('rule')} of ${text('policy')}`
  const code = item['code'] === undefined ? '' : `: ${text('code')}`
  return `gate: ${text('effect')} ${outcome} (grant ${text('grant')}${rule})${code}`
}

function shortHash(hash: unknown): string {
  return textOf(hash)
    .replace(/^sha256:/, '')
    .slice(0, HASH_DIGITS)
}

function shortened(value: unknown): string {
  const text = toJsonText(embedAny(value))
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX - 1)}…`
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
