/** A journal entry as a document and as text. */
import type { EntryView } from '@aos/host'
import type { Style } from './context.ts'
import { toJsonText } from './json-text.ts'
import { embedAny } from './json-node.ts'

/** For `data`: values keep every digit. */
export function entryDocument(view: EntryView): unknown {
  return {
    ...view,
    value: embedAny(view.value),
    key: embedAny(view.key),
    derived: view.derived.map((item) => ({ ...item, value: embedAny(item['value']), key: embedAny(item['key']) })),
  }
}

/** One line, for lists. */
export function entryLine(style: Style, view: EntryView): string {
  const what = view.schema === undefined ? view.kind : `${view.schema} ${textOf(view.value)}`
  const deliveries = view.derived.filter((item) => item['item'] === 'delivery')
  const outcomes = deliveries.map((item) => {
    const outcome = String(item['outcome'])
    const key = item['key'] === undefined ? '' : ` ${textOf(item['key'])}`
    return `${String(item['reducer'])}${key} ${outcome === 'ok' ? style.good(outcome) : style.bad(outcome)}`
  })
  const then = outcomes.length === 0 ? '' : ` -> ${outcomes.join(', ')}`
  return `${style.bold(String(view.height).padStart(8))}  ${view.time}  ${what}${then}`
}

/** Everything, a line per member. */
export function entryText(style: Style, view: EntryView): string {
  const { derived, value, key, ...members } = view
  const lines = Object.entries(members)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${style.dim(name.padEnd(16))} ${typeof member === 'string' ? member : textOf(member)}`)
  if (value !== undefined) lines.push(`${style.dim('value'.padEnd(16))} ${textOf(value)}`)
  if (key !== undefined) lines.push(`${style.dim('key'.padEnd(16))} ${textOf(key)}`)
  for (const item of derived) {
    const parts = Object.entries(item)
      .filter(([name, member]) => member !== undefined && name !== 'index' && name !== 'item')
      .map(([name, member]) => `${name} ${typeof member === 'string' ? member : textOf(member)}`)
    lines.push(`${style.dim(`  [${String(item['index'])}]`)} ${String(item['item'])}: ${parts.join(', ')}`)
  }
  return lines.join('\n')
}

function textOf(value: unknown): string {
  return toJsonText(embedAny(value))
}
