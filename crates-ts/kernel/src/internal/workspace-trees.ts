/** What the world learns of trees, and what of them a grant reaches (spec/19-workspaces.md, "Trees and grants"). */
import { equalBytes, hashBytes } from '@aos/cbor'
import type { Hash, HashBytes } from '@aos/cbor'
import { foreignTree, noteOfCommit, opOfKind } from '@aos/workspace'
import type { KnownTrees, TreeGrant, WorkspaceOp, WorkspaceParams } from '@aos/workspace'
import type { EffectRecord, GrantRecord } from '../gate/gate-catalog.ts'
import type { Overlay } from '../overlay.ts'
import type { RoutedEvent } from '../routing.ts'
import type { WorldState } from '../state.ts'

/** The event that adds a version to a workspace. */
export const COMMIT_SCHEMA = 'sys/WorkspaceCommit@1'

/** Where a commit was accepted. */
export interface CommitGround {
  /** `blobs`: what the ingress of the turn lists. */
  readonly input: { readonly state: WorldState; readonly blobs: readonly HashBytes[] }
  readonly overlay: Overlay
}

/** W16: a commit whose tree was brought along, or is nobody's yet, says of which workspace it is. */
export function noteCommit({ value }: RoutedEvent, ground: CommitGround): void {
  const { overlay } = ground
  const { state, blobs } = ground.input
  if (!state.hasGovernance) return
  // The event was checked by its schema, which is built in.
  const commit = state.catalog.codec(COMMIT_SCHEMA)?.decode(value) as
    { readonly workspace: string; readonly meta: { readonly root_hash: Hash } } | undefined
  if (commit === undefined) return
  const { workspace, meta } = commit
  const root = hashBytes(meta.root_hash)
  const isBrought = blobs.some((blob) => equalBytes(blob, root))
  const note = noteOfCommit({ workspace, root: meta.root_hash, isBrought }, overlay)
  if (note !== undefined) overlay.noteTree(note)
}

/** What of a grant's parameters is about trees; undefined for another capability than those of workspaces. */
export function treeGrantOf(capType: string, params: unknown): TreeGrant | undefined {
  if (capType !== 'workspace' || typeof params !== 'object' || params === null) return undefined
  const fields = params as Readonly<Record<string, unknown>> // of whatever schema the capability has
  return { workspaces: textsOf(fields['workspaces']), pathPrefixes: textsOf(fields['path_prefixes']) }
}

function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined
}

/** W12: the first tree of an effect on workspaces that the grant does not reach. `params`: canonical bytes. */
export function findForeignTree(
  effect: EffectRecord,
  params: Uint8Array,
  { grant, trees }: { readonly grant: GrantRecord; readonly trees: KnownTrees | undefined },
): Hash | undefined {
  if (grant.trees === undefined || trees === undefined || opOfKind(effect.kind) === undefined) return undefined
  // Of the params schema of the kind, which is built in.
  const given = effect.params.codec.decode(params) as WorkspaceParams[WorkspaceOp]
  return foreignTree(given, { grant: grant.trees, trees })
}
