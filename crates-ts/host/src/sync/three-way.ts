/** What goes from one side to the other, seen from what both had before (spec/22-sync.md, "Changes"). */
import type { Hash } from '@aos/cbor'
import type { FileMode } from '@aos/workspace'

/** A file as both sides compare it. */
export interface SyncedFile {
  readonly hash: Hash
  readonly mode: FileMode
}

/** Files by their path in the workspace. */
export type SyncedFiles<File extends SyncedFile = SyncedFile> = ReadonlyMap<string, File>

/** Both sides, and what they agreed on. */
export interface ThreeSides {
  readonly from: SyncedFiles
  readonly to: SyncedFiles
  /** What was equal on both sides when they were last compared. */
  readonly last: SyncedFiles
  /** Removes what only `to` has, although it never was on both sides. */
  readonly prune: boolean
}

/** Paths, each list in ascending order. */
export interface SyncPlan {
  /** `to` gets what `from` has. */
  readonly write: readonly string[]
  readonly remove: readonly string[]
  /** Changed on `to` alone: stays until it goes the other way. */
  readonly kept: readonly string[]
  /** Changed on both sides, and not alike. */
  readonly conflicts: readonly string[]
}

/** Decides each path by itself; then refuses what would put something below a file. */
export function planSync(sides: ThreeSides): SyncPlan {
  const lists = { write: new Set<string>(), remove: new Set<string>(), kept: new Set<string>() }
  const conflicts = new Set<string>()
  for (const path of new Set([...sides.from.keys(), ...sides.to.keys()])) {
    const what = decide(sides, path)
    if (what === 'conflict') conflicts.add(path)
    else if (what !== 'same') lists[what].add(path)
  }
  const left = new Set([...sides.to.keys(), ...lists.write].filter((path) => !lists.remove.has(path)))
  for (const path of left) for (const above of pathsAbove(path)) if (left.has(above)) conflicts.add(above)
  const { write, remove, kept } = lists
  return { write: sorted(write), remove: sorted(remove), kept: sorted(kept), conflicts: sorted(conflicts) }
}

/** True for equal content and mode; nothing equals nothing. */
export function isSameFile(left: SyncedFile | undefined, right: SyncedFile | undefined): boolean {
  return left?.hash === right?.hash && left?.mode === right?.mode
}

function decide({ from, to, last, prune }: ThreeSides, path: string): Verdict {
  return decideChange({ from: from.get(path), to: to.get(path), last: last.get(path), prune, isSame: isSameFile })
}

/** What becomes of one thing on the side that a change goes to. */
export type Verdict = 'same' | 'write' | 'remove' | 'kept' | 'conflict'

/** One thing on both sides, and what it was when they were last found equal; each may be absent. */
export interface ThreeStates<State> {
  readonly from: State | undefined
  readonly to: State | undefined
  readonly last: State | undefined
  readonly prune: boolean
  /** Nothing equals nothing. */
  readonly isSame: (left: State | undefined, right: State | undefined) => boolean
}

/** The rule of spec/22-sync.md, "Changes". */
export function decideChange<State>({ from, to, last, prune, isSame }: ThreeStates<State>): Verdict {
  if (isSame(from, to)) return 'same'
  const isOnlyThere = from === undefined && last === undefined
  if (isOnlyThere) return prune ? 'remove' : 'kept'
  if (isSame(from, last)) return 'kept'
  if (!isSame(to, last)) return 'conflict'
  return from === undefined ? 'remove' : 'write'
}

function pathsAbove(path: string): readonly string[] {
  const above: string[] = []
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) above.push(path.slice(0, at))
  return above
}

function sorted(paths: ReadonlySet<string>): readonly string[] {
  return [...paths].sort((left, right) => (left < right ? -1 : 1))
}
