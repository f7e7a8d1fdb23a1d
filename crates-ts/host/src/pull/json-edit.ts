/** Changes of a JSON text that leave alone what they do not change: bytes, order and layout (spec/22-sync.md, "Definitions"). */
import { formatJson, isJsonArray, isJsonObject } from '@aos/air'
import type { JsonNode, JsonObject } from '@aos/air'
import type { JsonSpan } from './json-spans.ts'

/** A part of a text with what comes in its place. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A list or an object as parts between brackets, and what becomes of each. */
export interface PartsEdit {
  /** All of it, brackets included. */
  readonly span: JsonSpan
  readonly parts: readonly { readonly start: number; readonly end: number; readonly isKept: boolean }[]
  /** New parts, each behind the part of that index (-1: before all), in their order. */
  readonly added: readonly { readonly after: number; readonly text: (margin: string) => string }[]
}

/** Cells of the table by which equal items of two lists are found. */
const COMPARED_ITEMS_MAX = 1_000_000

/** The text with every splice done. They do not overlap. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((left, right) => left.start - right.start || left.end - right.end)
  let [result, at] = ['', 0]
  for (const { start, end, text: inserted } of ordered) {
    result += text.slice(at, start) + inserted
    at = end
  }
  return result + text.slice(at)
}

/** The node as a text that begins where a line has this margin. */
export function layOut(node: JsonNode, text: string, margin: string): string {
  const unit = /\n([ \t]+)/.exec(text)?.[1] ?? '  '
  const lines = formatJson(node, { indent: 2 }).split('\n')
  const indented = lines.map((line, index) => {
    if (index === 0) return line
    const depth = (/^ */.exec(line)?.[0].length ?? 0) / 2
    return margin + unit.repeat(depth) + line.trimStart()
  })
  return indented.join(text.includes('\r\n') ? '\r\n' : '\n')
}

/** The white space that the line of this place begins with. */
export function marginAt(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at)
  return /^[ \t]*/.exec(line)?.[0] ?? ''
}

/**
 * What turns a value that says `from` into one that says `to`, in the place of `span`. Members and items that say the same in both stay as they are
 * written, and so does whatever neither of them knows: annotations, and members that mean nothing.
 */
export function editValue(
  text: string,
  span: JsonSpan,
  { from, to }: { from: JsonNode; to: JsonNode },
): readonly Splice[] {
  if (isSame(from, to)) return []
  if (span.members !== undefined && isJsonObject(from) && isJsonObject(to)) return editObject(text, span, { from, to })
  if (span.items !== undefined && isJsonArray(from) && isJsonArray(to) && from.length === span.items.length) {
    return editArray(text, span, { from, to })
  }
  return [replaceAll(text, span, to)]
}

function replaceAll(text: string, { start, end }: JsonSpan, to: JsonNode): Splice {
  return { start, end, text: layOut(to, text, marginAt(text, start)) }
}

/** Parts that go take a separator with them, parts that come bring one like the others. */
export function editParts(text: string, { span, parts, added }: PartsEdit): readonly Splice[] {
  const kept = parts.filter(({ isKept }) => isKept)
  if (added.length === 0 && kept.length === parts.length) return []
  if (kept.length === 0) return [replaceParts(text, span, added)]
  const [first] = parts
  const lead = first === undefined ? '' : text.slice(span.start + 1, first.start)
  const gap = lead.includes('\n') ? lead : ' '
  const margin = marginAt(text, first?.start ?? span.start)
  const splices: Splice[] = []
  for (const { after, text: write } of added) {
    const anchor = parts.slice(0, after + 1).findLast(({ isKept }) => isKept)
    if (anchor === undefined) {
      const start = kept[0]?.start ?? span.start + 1
      splices.push({ start, end: start, text: `${write(margin)},${gap}` })
    } else splices.push({ start: anchor.end, end: anchor.end, text: `,${gap}${write(margin)}` })
  }
  return [...splices, ...removals(parts)]
}

function removals(parts: PartsEdit['parts']): readonly Splice[] {
  const splices: Splice[] = []
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at]
    if (part === undefined || part.isKept) continue
    const next = parts[at + 1]
    const hasKeptAfter = parts.slice(at + 1).some(({ isKept }) => isKept)
    const before = parts[at - 1]
    if (hasKeptAfter && next !== undefined) splices.push({ start: part.start, end: next.start, text: '' })
    else if (before !== undefined) splices.push({ start: before.end, end: part.end, text: '' })
  }
  return splices
}

/** Nothing is left of what was there. */
function replaceParts(text: string, span: JsonSpan, added: PartsEdit['added']): Splice {
  const inside = { start: span.start + 1, end: span.end - 1 }
  if (added.length === 0) return { ...inside, text: '' }
  const line = text.includes('\r\n') ? '\r\n' : '\n'
  const outer = marginAt(text, span.start)
  const margin = outer + (/\n([ \t]+)/.exec(text)?.[1] ?? '  ')
  const written = added.map(({ text: write }) => `${line}${margin}${write(margin)}`)
  return { ...inside, text: `${written.join(',')}${line}${outer}` }
}

interface Sides<Node extends JsonNode> {
  readonly from: Node
  readonly to: Node
}

function editObject(text: string, span: JsonSpan, { from, to }: Sides<JsonObject>): readonly Splice[] {
  const members = span.members ?? []
  const at = new Map(members.map(({ key }, index) => [key, index]))
  // It is written in another form than these members: only all of it can be written anew.
  const isOtherForm = [...from].some(([key, node]) => !at.has(key) && !isSame(node, to.get(key)))
  if (isOtherForm) return [replaceAll(text, span, to)]
  const inner: Splice[] = []
  const parts = members.map(({ key, start, value }) => {
    const [before, after] = [from.get(key), to.get(key)]
    const isKept = after !== undefined || before === undefined
    if (after !== undefined) {
      if (before !== undefined) inner.push(...editValue(text, value, { from: before, to: after }))
      else inner.push(replaceAll(text, value, after))
    }
    return { start, end: value.end, isKept }
  })
  let after = members.length - 1
  const added = [...to].flatMap(([key, value]) => {
    const known = at.get(key)
    if (known !== undefined) {
      after = known
      return []
    }
    // What the author need not write follows from the rest.
    if (from.has(key)) return []
    return [{ after, text: (margin: string) => `${JSON.stringify(key)}: ${layOut(value, text, margin)}` }]
  })
  const isEmptied = added.length > 0 && !parts.some(({ isKept }) => isKept)
  return [...(isEmptied ? [] : inner), ...editParts(text, { span, parts, added })]
}

function editArray(text: string, span: JsonSpan, { from, to }: Sides<readonly JsonNode[]>): readonly Splice[] {
  const items = span.items ?? []
  const [before, after] = [from.map(keyOf), to.map(keyOf)]
  const pairs = alignItems(before, after)
  const inner: Splice[] = []
  const parts = items.map(({ start, end }) => ({ start, end, isKept: false }))
  const added: PartsEdit['added'][number][] = []
  let last = -1
  for (const [index, node] of to.entries()) {
    const source = pairs[index]
    const [item, old] = source === undefined ? [] : [items[source], from[source]]
    if (source !== undefined && item !== undefined && old !== undefined) {
      inner.push(...editValue(text, item, { from: old, to: node }))
      parts[source] = { start: item.start, end: item.end, isKept: true }
      last = source
      continue
    }
    const moved = items[before.indexOf(after[index] ?? '')]
    const alike = likeOthers(node, items)
    const write = (margin: string): string =>
      moved === undefined ? layOut(alike, text, margin) : text.slice(moved.start, moved.end)
    added.push({ after: last, text: write })
  }
  return [...inner, ...editParts(text, { span, parts, added })]
}

/** A bare name among objects that hold a name and nothing else is written as one of them. */
function likeOthers(node: JsonNode, items: readonly JsonSpan[]): JsonNode {
  const isNamed = ({ members }: JsonSpan): boolean => members?.length === 1 && members[0]?.key === 'name'
  if (typeof node !== 'string' || items.length === 0 || !items.every(isNamed)) return node
  return new Map([['name', node]])
}

/** For each item of the new list the index of the old one that it stands for. They are in the same order; between equal ones as many as there are on both sides, one for one. */
function alignItems(before: readonly string[], after: readonly string[]): readonly (number | undefined)[] {
  const pairs: (number | undefined)[] = after.map(() => undefined)
  const anchors = [...equalItems(before, after), [before.length, after.length] as const]
  let [left, right] = [0, 0]
  for (const [nextLeft, nextRight] of anchors) {
    if (nextLeft - left === nextRight - right) {
      for (let at = 0; left + at < nextLeft; at += 1) pairs[right + at] = left + at
    }
    if (nextRight < after.length) pairs[nextRight] = nextLeft
    ;[left, right] = [nextLeft + 1, nextRight + 1]
  }
  return pairs
}

/** Pairs of equal items, in order: what both begin and end with, and of what lies between as many as there can be. */
function equalItems(before: readonly string[], after: readonly string[]): readonly (readonly [number, number])[] {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head += 1
  let tail = 0
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  const [left, right] = [before.length - tail, after.length - tail]
  const between = longestPairs(before.slice(head, left), after.slice(head, right))
  return [
    ...Array.from({ length: head }, (_, at) => [at, at] as const),
    ...between.map(([row, column]) => [head + row, head + column] as const),
    ...Array.from({ length: tail }, (_, at) => [left + at, right + at] as const),
  ]
}

/** Of lists that are too long for that, none. */
function longestPairs(before: readonly string[], after: readonly string[]): readonly (readonly [number, number])[] {
  const width = after.length + 1
  if ((before.length + 1) * width > COMPARED_ITEMS_MAX) return []
  const longest = new Uint32Array((before.length + 1) * width)
  const cell = (row: number, column: number): number => longest[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      longest[row * width + column] =
        before[row] === after[column]
          ? cell(row + 1, column + 1) + 1
          : Math.max(cell(row + 1, column), cell(row, column + 1))
    }
  }
  const pairs: (readonly [number, number])[] = []
  let [row, column] = [0, 0]
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      pairs.push([row, column])
      row += 1
      column += 1
    } else if (cell(row + 1, column) >= cell(row, column + 1)) row += 1
    else column += 1
  }
  return pairs
}

/** Equal for nodes that say the same, whatever the order of their members. */
export function keyOf(node: JsonNode): string {
  return formatJson(sortMembers(node))
}

function isSame(left: JsonNode, right: JsonNode | undefined): boolean {
  return right !== undefined && keyOf(left) === keyOf(right)
}

function sortMembers(node: JsonNode): JsonNode {
  if (isJsonArray(node)) return node.map(sortMembers)
  if (!isJsonObject(node)) return node
  const members = [...node].map(([key, value]): [string, JsonNode] => [key, sortMembers(value)])
  return new Map(members.toSorted(([left], [right]) => (left < right ? -1 : 1)))
}
