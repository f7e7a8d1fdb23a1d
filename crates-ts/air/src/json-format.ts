/** Writing JSON (spec/03-air.md, "JSON text"). */
import { isJsonArray, isJsonNumber, isJsonObject, type JsonNode } from './json.ts'

/** How JSON is laid out; the values are the same in every layout. */
export interface FormatJsonOptions {
  /** Spaces per level; without it, or with 0, the text is compact: one line and no spaces. */
  readonly indent?: number
}

/** Columns within which a simple object or array stays on one line of the indented form. */
const COLUMNS = 100

/**
 * The text of a node. Keys keep the order of the Map. The indented form keeps an object or array on one line when it
 * holds scalars only, or is a chain of single members, and fits in 100 columns. No newline at the end.
 */
export function formatJson(node: JsonNode, options: FormatJsonOptions = {}): string {
  const indent = options.indent ?? 0
  return indent > 0 ? pretty(node, { indent, level: 0, used: 0 }) : compact(node)
}

function compact(node: JsonNode): string {
  if (isJsonArray(node)) return `[${node.map(compact).join(',')}]`
  if (isJsonObject(node)) return `{${[...node].map(([key, value]) => `${quote(key)}:${compact(value)}`).join(',')}}`
  return scalar(node)
}

interface Place {
  readonly indent: number
  readonly level: number
  /** Columns that the line already holds before this node. */
  readonly used: number
}

function pretty(node: JsonNode, place: Place): string {
  if (isScalar(node)) return scalar(node)
  if (isSimple(node)) {
    const line = spaced(node)
    if (place.used + line.length <= COLUMNS) return line
  }
  const margin = ' '.repeat(place.indent * (place.level + 1))
  const inner = { indent: place.indent, level: place.level + 1 }
  const lines: string[] = []
  if (isJsonObject(node)) {
    for (const [key, value] of node) {
      const head = `${margin}${quote(key)}: `
      lines.push(head + pretty(value, { ...inner, used: head.length + 1 }))
    }
  } else if (isJsonArray(node)) {
    for (const item of node) lines.push(margin + pretty(item, { ...inner, used: margin.length + 1 }))
  }
  const [open, close] = isJsonObject(node) ? ['{', '}'] : ['[', ']']
  return `${open}\n${lines.join(',\n')}\n${' '.repeat(place.indent * place.level)}${close}`
}

function spaced(node: JsonNode): string {
  if (isJsonArray(node)) return `[${node.map(spaced).join(', ')}]`
  if (!isJsonObject(node)) return scalar(node)
  if (node.size === 0) return '{}'
  return `{ ${[...node].map(([key, value]) => `${quote(key)}: ${spaced(value)}`).join(', ')} }`
}

function isSimple(node: JsonNode): boolean {
  if (isScalar(node)) return true
  const items = childrenOf(node)
  const [only] = items
  if (items.length === 1 && only !== undefined) return isSimple(only)
  return items.every(isScalar)
}

function childrenOf(node: JsonNode): readonly JsonNode[] {
  if (isJsonObject(node)) return [...node.values()]
  return isJsonArray(node) ? node : []
}

function isScalar(node: JsonNode): boolean {
  return !isJsonArray(node) && !isJsonObject(node)
}

function scalar(node: JsonNode): string {
  if (isJsonNumber(node)) return node.text
  return typeof node === 'string' ? quote(node) : String(node)
}

/** JSON.stringify of a string is fixed by ECMA-262; nothing here is hashed. */
function quote(text: string): string {
  return JSON.stringify(text)
}
