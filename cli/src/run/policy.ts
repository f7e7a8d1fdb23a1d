/** `aos policy explain`: what the gate decided and by what, as it stands in the entry (G7; spec/11-gate.md). */
import { formatDefinition, isJsonArray, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AosError } from '@aos/cbor'
import { viewEntry } from '@aos/host'
import type { Definitions, EntryView, OpenedFolder } from '@aos/host'
import { usage } from '../arguments.ts'
import type { Arguments } from '../arguments.ts'
import type { CommandContext, CommandResult, Style } from '../context.ts'
import { embedNode } from '../json-node.ts'
import { toJsonText } from '../json-text.ts'
import { withFolder } from '../world.ts'
import { definitionsBefore, mayBeCompacted, needHead, viewAt } from './journal.ts'

/** By the hash of an intent, a height, or the id of an event: every decision of that entry, or the one of that intent. */
export async function policyExplain(context: CommandContext, args: Arguments): Promise<CommandResult> {
  const text = args.text('intent')
  return withFolder(context, args, async (opened) => {
    const found = findEntry(opened, text)
    const { view, index } = found
    const decisions = view.derived
      .filter((item) => item['item'] === 'decision' && (index === undefined || item['index'] === index))
      .map((item) => explain(item, definitionsBefore(opened, view.height)))
    if (decisions.length === 0) {
      throw new AosError('host.unknown_intent', `height ${view.height} holds no decision`, {
        hint: 'see `aos journal show`',
      })
    }
    const lines = decisions.flatMap((decision) => decisionLines(context.style, decision))
    const data = { height: view.height, time: view.time, decisions }
    return { data, text: [`height ${view.height}, ${view.time}`, ...lines].join('\n') }
  })
}

interface Found {
  readonly view: EntryView
  /** Of the decision; undefined: all of the entry. */
  readonly index: number | undefined
}

function findEntry(opened: OpenedFolder, text: string): Found {
  const head = needHead(opened)
  const atHeight = /^(?:sha256:[0-9a-f]{64}:)?([0-9]{1,15})(?:\.[0-9]+)?$/.exec(text)?.[1]
  if (atHeight !== undefined) {
    const height = Number(atHeight)
    if (height <= head.height) return { view: viewAt(opened, height), index: undefined }
    throw new AosError('host.bad_height', `the journal ends at height ${head.height}, found ${height}`)
  }
  if (!/^(sha256:)?[0-9a-f]{64}$/.test(text)) throw usage(`expected an intent, a height or an event id, found ${text}`)
  const hash: string = text.startsWith('sha256:') ? text : `sha256:${text}`
  const { journal } = opened.store
  for (const batch of journal.readHeaders({ from: 0 })) {
    for (const record of batch) {
      if (record.isCompacted) continue
      const view = viewEntry(record, undefined)
      const intent = view.derived.find((item) => item['item'] === 'intent' && item['intent'] === hash)
      if (intent !== undefined) return { view, index: decisionOf(view, intent) }
    }
  }
  if (journal.firstWhole > 0) throw mayBeCompacted(`intent ${hash}`, journal.firstWhole)
  throw new AosError('host.unknown_intent', `the journal has no intent ${hash}`, {
    hint: 'an effect that was denied has none: name the height of its entry, or its event',
  })
}

/** The decision stands right before its intent. */
function decisionOf(view: EntryView, intent: Readonly<Record<string, unknown>>): number | undefined {
  const before = view.derived.filter(
    (item) => item['item'] === 'decision' && Number(item['index']) < Number(intent['index']),
  )
  return Number(before.at(-1)?.['index'])
}

type Decision = Readonly<Record<string, unknown>> & { readonly matched: unknown }

/** With the grant and the rule as they stood in the definitions that were in force. */
function explain(item: Readonly<Record<string, unknown>>, definitions: Definitions | undefined): Decision {
  const { item: _item, ...members } = item
  const policy = definitions?.policies.get(String(item['policy']))
  const rule = typeof item['rule'] === 'number' ? item['rule'] : undefined
  const node = policy === undefined || rule === undefined ? undefined : ruleOf(policy, rule)
  return { ...members, matched: embedNode(node) }
}

function ruleOf(policy: NonNullable<ReturnType<Definitions['policies']['get']>>, rule: number): JsonNode | undefined {
  const node = parseJson(formatDefinition(policy, { lens: 'sugar', indent: 0 }))
  const rules = isJsonObject(node) ? node.get('rules') : undefined
  return rules !== undefined && isJsonArray(rules) ? rules[rule] : undefined
}

function decisionLines(style: Style, decision: Decision): readonly string[] {
  const lines = Object.entries(decision)
    .filter(([name, value]) => value !== undefined && name !== 'index' && name !== 'matched')
    .map(([name, value]) => `  ${style.dim(name.padEnd(10))} ${String(value)}`)
  return [
    `decision ${String(decision['index'])}`,
    ...lines,
    ...(decision.matched === undefined ? [] : [`  ${style.dim('matched'.padEnd(10))} ${toJsonText(decision.matched)}`]),
  ]
}
