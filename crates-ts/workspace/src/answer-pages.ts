/** Listings and differences as answers of effects (spec/19-workspaces.md, "Effects"). */
import type { Hash } from '@aos/cbor'
import { diffTrees, directoryHash } from './diff.ts'
import type { TreeChange } from './diff.ts'
import { workspaceError } from './errors.ts'
import { WORKSPACE_LIMITS } from './limits.ts'
import { splitPath } from './names.ts'
import type { AnswerValue, WorkspaceParams } from './parameters.ts'
import type { TreeEntry } from './tree.ts'
import { findDirectory, findEntry, notFound } from './tree-store.ts'
import type { TreeReader } from './tree-store.ts'
import { walkTree } from './walk.ts'

/** What one entry or change counts for, beside the characters of its path. */
const ITEM_BYTES = 200

/** `workspace.list`: what is in a directory, or below it, in the order of paths. */
export function answerList(params: WorkspaceParams['list'], store: TreeReader): AnswerValue {
  const { root_hash: root, path, scope, cursor } = params
  if (scope !== null && scope !== 'dir' && scope !== 'subtree') {
    throw workspaceError('workspace.bad_scope', 'expected dir or subtree')
  }
  const directory = findDirectory(store, root, path === null ? [] : splitPath(path))
  const limit = params.limit > 0 ? Number(params.limit) : Number.POSITIVE_INFINITY
  const counter = new AnswerCounter('list it page by page, with a limit')
  const entries: AnswerValue[] = []
  let last: string | null = null
  const options = { base: path ?? '', after: cursor ?? undefined, isDeep: scope === 'subtree' }
  for (const placed of walkTree(store, directory, options)) {
    if (entries.length >= limit) return { entries, next_cursor: last }
    counter.count(placed.path)
    entries.push({ path: placed.path, ...factsOf(placed.entry) })
    last = placed.path
  }
  return { entries, next_cursor: null }
}

function factsOf(entry: TreeEntry): { readonly [field: string]: AnswerValue } {
  const { kind, hash } = entry
  return kind === 'file' ? { kind, hash, size: entry.size, mode: entry.mode } : { kind, hash, size: 0, mode: 0o755 }
}

/** `workspace.diff`: the paths in which two trees differ by kind, content or annotations, not by mode. */
export function answerDiff(params: WorkspaceParams['diff'], store: TreeReader): AnswerValue {
  const counter = new AnswerCounter('ask for a part of it, with a prefix')
  const changes: AnswerValue[] = []
  for (const { path, before, after } of changesOf(params, store)) {
    if (!isOfContent(before, after)) continue
    counter.count(path)
    changes.push({
      path,
      kind: (after ?? before)?.kind ?? 'file',
      old_hash: before?.hash ?? null,
      new_hash: after?.hash ?? null,
    })
  }
  return { changes }
}

/** What only became executable, or no longer is, has changed for its directory and not for itself. */
function isOfContent(before: TreeEntry | undefined, after: TreeEntry | undefined): boolean {
  return before?.kind !== after?.kind || before?.hash !== after?.hash || annotationsOf(before) !== annotationsOf(after)
}

function annotationsOf(entry: TreeEntry | undefined): Hash | undefined {
  return entry?.kind === 'file' ? entry.annotations : undefined
}

function* changesOf(params: WorkspaceParams['diff'], store: TreeReader): Generator<TreeChange, void, undefined> {
  const { root_a: rootA, root_b: rootB, prefix } = params
  if (prefix === null) return yield* diffTrees(store, { before: rootA, after: rootB, base: '' })
  const segments = splitPath(prefix)
  const before = findEntry(store, rootA, segments)
  const after = findEntry(store, rootB, segments)
  if (before === undefined && after === undefined) throw notFound(segments)
  if (before?.kind === 'file' || after?.kind === 'file') yield { path: prefix, before, after }
  yield* diffTrees(store, { before: directoryHash(before), after: directoryHash(after), base: prefix })
}

/** Counts what an answer comes to; throws `workspace.too_large` with what to do instead. */
class AnswerCounter {
  readonly #hint: string
  #bytes = 0

  constructor(hint: string) {
    this.#hint = hint
  }

  count(path: string): void {
    this.#bytes += path.length + ITEM_BYTES
    const { treeAnswerBytesMax } = WORKSPACE_LIMITS
    if (this.#bytes <= treeAnswerBytesMax) return
    throw workspaceError('workspace.too_large', `an answer may have ${treeAnswerBytesMax} bytes`, { hint: this.#hint })
  }
}
