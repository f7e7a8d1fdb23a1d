/**
 * Which trees a grant reaches (G5; spec/19-workspaces.md, "Trees and grants"). Effects name a tree by its hash, so the world remembers of which
 * workspaces each tree is: a hash that somebody learned elsewhere opens nothing.
 */
import type { Hash } from '@aos/cbor'
import type { AnswerValue, WorkspaceOp, WorkspaceParams } from './parameters.ts'

/** Stands for a tree that was made in the world and belongs to no workspace yet. No workspace has this name. */
export const NO_WORKSPACE = ''

/** What the world knows of trees. */
export interface KnownTrees {
  /** The workspaces of which the tree is, ascending; undefined: it is no tree that the world knows. */
  workspacesOf(root: Hash): readonly string[] | undefined
}

/** What of the parameters of `sys/workspace@1` is about trees; undefined: not constrained (G3). */
export interface TreeGrant {
  readonly workspaces: readonly string[] | undefined
  readonly pathPrefixes: readonly string[] | undefined
}

/** A tree that from now on is of these workspaces, too. */
export interface TreeNote {
  readonly root: Hash
  readonly workspaces: readonly string[]
}

/** The first tree of an effect that the grant does not reach; undefined: it reaches all of them. */
export function foreignTree(
  params: WorkspaceParams[WorkspaceOp],
  { grant, trees }: { readonly grant: TreeGrant; readonly trees: KnownTrees },
): Hash | undefined {
  const { workspaces, pathPrefixes } = grant
  if (workspaces === undefined && pathPrefixes === undefined) return undefined
  return treesOf(params).find((root) => {
    const known = trees.workspacesOf(root)
    // A part of a tree has other paths, so prefixes hold only for what is known as a whole.
    return known === undefined || (workspaces !== undefined && !known.some((name) => workspaces.includes(name)))
  })
}

/** What the world learns of trees from the answer to an effect that passed with this grant. */
export function noteOfAnswer(
  params: WorkspaceParams[WorkspaceOp],
  answer: AnswerValue,
  { grant, trees }: { readonly grant: TreeGrant; readonly trees: KnownTrees },
): TreeNote | undefined {
  const made = fieldOf(answer, 'new_root_hash')
  if (made !== undefined) {
    const [from] = treesOf(params)
    const known = from === undefined ? undefined : trees.workspacesOf(from)
    return { root: made, workspaces: inherited(known ?? [], grant) }
  }
  const empty = 'workspace' in params ? fieldOf(answer, 'root_hash') : undefined
  // The answer of `resolve` has more fields: what it names was noted when it was committed.
  if (empty === undefined || !('workspace' in params) || 'version' in params) return undefined
  return { root: empty, workspaces: [params.workspace] }
}

/** A tree that was made of another is of the same workspaces, as far as whoever made it may say so. */
function inherited(known: readonly string[], { workspaces }: TreeGrant): readonly string[] {
  const named = known.filter((name) => name !== NO_WORKSPACE)
  if (workspaces !== undefined) return named.filter((name) => workspaces.includes(name))
  // Nobody has said for which of several it is made: its commit will.
  return named.length === 1 ? named : [NO_WORKSPACE]
}

/**
 * What the world learns of trees from a commit. `isBrought`: whoever sent it brought the tree along, so needed nobody's leave to read it. A commit from
 * inside the world claims only a tree that was made in the world and is nobody's yet.
 */
export function noteOfCommit(
  commit: { readonly workspace: string; readonly root: Hash; readonly isBrought: boolean },
  trees: KnownTrees,
): TreeNote | undefined {
  const { workspace, root, isBrought } = commit
  const isFree = trees.workspacesOf(root)?.includes(NO_WORKSPACE) === true
  return isBrought || isFree ? { root, workspaces: [workspace] } : undefined
}

function treesOf(params: WorkspaceParams[WorkspaceOp]): readonly Hash[] {
  if ('root_hash' in params) return [params.root_hash]
  return 'root_a' in params ? [params.root_a, params.root_b] : []
}

function fieldOf(answer: AnswerValue, field: string): Hash | undefined {
  if (answer === null || typeof answer !== 'object' || !(field in answer)) return undefined
  const value = (answer as Readonly<Record<string, AnswerValue>>)[field] // a record, by the schema of the answer
  return value as Hash | undefined // a hash, by the same
}
