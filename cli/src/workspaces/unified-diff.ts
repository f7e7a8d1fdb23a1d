/** Two texts as a unified diff, which `patch` reads. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff'

/** A text under the name that stands in the head of the diff. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

/** Lines that may differ before looking for the shortest way is given up; the diff is then all of the one and all of the other. */
const EDITS_MAX = 2000

/** Without a line end. Takes time in proportion to the texts and to what differs, up to a bound. */
export function unifiedDiff({
  before,
  after,
  contextLines,
}: {
  readonly before: NamedText
  readonly after: NamedText
  readonly contextLines: number
}): string {
  const options = { context: contextLines, maxEditLength: EDITS_MAX }
  const patch = structuredPatch(before.name, after.name, before.text, after.text, undefined, undefined, options)
  if (patch !== undefined) return formatPatch(patch, FILE_HEADERS_ONLY).replace(/\n$/, '')
  return [`--- ${before.name}`, `+++ ${after.name}`, ...replaceAll(before.text, after.text)].join('\n')
}

function replaceAll(before: string, after: string): readonly string[] {
  const old = linesOf(before)
  const now = linesOf(after)
  const range = (lines: readonly string[]): string => (lines.length === 0 ? '0,0' : `1,${lines.length}`)
  return [`@@ -${range(old)} +${range(now)} @@`, ...marked('-', old, before), ...marked('+', now, after)]
}

function linesOf(text: string): readonly string[] {
  if (text === '') return []
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}

function marked(mark: string, lines: readonly string[], text: string): readonly string[] {
  const marks = lines.map((line) => `${mark}${line}`)
  return text === '' || text.endsWith('\n') ? marks : [...marks, '\\ No newline at end of file']
}
