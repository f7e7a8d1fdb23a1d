/** Findings of a check: collected, never thrown one by one, and given in order of path (spec/03-air.md, "Issues"). */
import { AosError, formatPath, type ErrorPath, type Issue } from '@aos/cbor'
import type { AirErrorCode } from './errors.ts'

/** An `Issue` that may hold facts for programs, such as the names of a cycle. */
export interface AirIssue extends Issue {
  readonly code: AirErrorCode
  readonly details?: Readonly<Record<string, unknown>>
}

/** Where one check puts what it finds. With `lenient`, findings that AIR v1 accepted become warnings. */
export interface IssueSink {
  readonly issues: AirIssue[]
  readonly warnings: AirIssue[]
  readonly lenient: boolean
}

/** An empty list for findings; a lenient one takes what AIR v1 accepted as warnings. */
export function makeSink(options: { readonly lenient?: boolean | undefined } = {}): IssueSink {
  return { issues: [], warnings: [], lenient: options.lenient === true }
}

/** Adds an issue. */
export function report(sink: IssueSink, code: AirErrorCode, path: ErrorPath, message: string): void {
  sink.issues.push({ code, path: [...path], message })
}

/** Adds an issue, or a warning when the sink is lenient. */
export function reportStrict(sink: IssueSink, code: AirErrorCode, path: ErrorPath, message: string): void {
  const issue = { code, path: [...path], message }
  if (sink.lenient) sink.warnings.push(issue)
  else sink.issues.push(issue)
}

/** By path, then by code: indexes by number and before keys, keys by UTF-8 bytes, a shorter path first. */
export function compareIssues(left: Issue, right: Issue): number {
  return comparePaths(left.path, right.path) || compareText(left.code, right.code)
}

/** Findings in the order of their paths, those of one path as they were found. */
export function sortIssues<T extends Issue>(issues: readonly T[]): readonly T[] {
  return issues.toSorted(compareIssues)
}

/** Orders paths part by part; a path comes before those that go on from it. */
export function comparePaths(left: ErrorPath, right: ErrorPath): number {
  for (let at = 0; at < left.length; at += 1) {
    const [mine, other] = [left[at], right[at]]
    if (other === undefined) return 1
    const order = comparePathParts(mine ?? '', other)
    if (order !== 0) return order
  }
  return left.length - right.length
}

function comparePathParts(left: string | number, right: string | number): number {
  if (typeof left === 'number') return typeof right === 'number' ? left - right : -1
  return typeof right === 'number' ? 1 : compareText(left, right)
}

/** Order of the UTF-8 bytes (equal to that of the code points), which `<` on strings is not above U+FFFF. */
export function compareText(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length)
  for (let at = 0; at < shorter; at += 1) {
    const [mine, other] = [left.charCodeAt(at), right.charCodeAt(at)]
    if (mine !== other) return rankOfUnit(mine) - rankOfUnit(other)
  }
  return left.length - right.length
}

/** Surrogates stand for code points above all other units. */
function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** One error that holds all issues; its code and path are those of the first. */
export function issuesError(issues: readonly Issue[]): AosError {
  const [first] = issues
  if (first === undefined) return new AosError('air.invariant', 'expected at least one issue')
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return new AosError(first.code, `${formatPath(first.path)}: ${first.message}${more}`, {
    path: first.path,
    details: { issues },
  })
}

/** A text shortened and quoted for a message. */
export function shown(text: string): string {
  const points = [...text.slice(0, 200)]
  return JSON.stringify(points.length > 60 ? `${points.slice(0, 60).join('')}…` : text)
}
