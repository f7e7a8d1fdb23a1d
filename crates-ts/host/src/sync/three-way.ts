/** What goes from one side to the other, seen from what both had before (spec/22-sync.md, "Changes"). */
import type { Hash } from '@aos/cbor'
import { compareText } from '@aos/workspace'
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

/** One path on both sides, and what it was on both before. */
export interface ThreeFiles {
  readonly from: SyncedFile | undefined
  readonly to: SyncedFile | undefined
  readonly last: SyncedFile | undefined
}

/** Decides each path by itself; then refuses what would put something below a file. */
export function planSync(sides: ThreeSides): SyncPlan {
  const { from, to, last, prune } = sides
  const lists = { write: new Set<string>(), remove: new Set<string>(), kept: new Set<string>() }
  const conflicts = new Set<string>()
  const place = (path: string): void => {
    const [source, target] = [from.get(path), to.get(path)]
    // Most of them, so that nothing more is done for these.
    if (isSameFile(source, target)) return
    const what = decideFile({ from: source, to: target, last: last.get(path) }, prune)
    if (what === 'conflict') conflicts.add(path)
    else if (what !== 'same') lists[what].add(path)
  }
  for (const path of from.keys()) place(path)
  for (const path of to.keys()) if (!from.has(path)) place(path)
  const { write, remove, kept } = lists
  const isLeft = (path: string): boolean => (to.has(path) || write.has(path)) && !remove.has(path)
  // Only what comes to be can stand below a file.
  for (const path of write) for (const above of pathsAbove(path)) if (isLeft(above)) conflicts.add(above)
  const files = [...write].filter((path) => !to.has(path))
  if (files.length > 0) for (const file of filesAbove(files, to.keys(), isLeft)) conflicts.add(file)
  return { write: sorted(write), remove: sorted(remove), kept: sorted(kept), conflicts: sorted(conflicts) }
}

/** True for equal content and mode; nothing equals nothing. */
export function isSameFile(left: SyncedFile | undefined, right: SyncedFile | undefined): boolean {
  return left?.hash === right?.hash && left?.mode === right?.mode
}

/** One path by itself. */
export function decideFile(files: ThreeFiles, prune: boolean): Verdict {
  return decideChange<SyncedFile>({ ...files, prune, isSame: isSameFile })
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

/** Those of the new files that something which stays lies below. */
function filesAbove(
  files: readonly string[],
  paths: Iterable<string>,
  isLeft: (path: string) => boolean,
): ReadonlySet<string> {
  const made = new Set(files)
  const found = new Set<string>()
  for (const path of paths) {
    for (const above of pathsAbove(path)) if (made.has(above) && isLeft(path)) found.add(above)
  }
  return found
}

/** The folders that a path is in, the outermost first. */
export function pathsAbove(path: string): readonly string[] {
  const above: string[] = []
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) above.push(path.slice(0, at))
  return above
}

function sorted(paths: ReadonlySet<string>): readonly string[] {
  return [...paths].sort(compareText)
}
