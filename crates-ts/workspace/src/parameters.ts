/** Parameters of the effects on workspaces, as their schemas have them (spec/19-workspaces.md, "Effects"). An absent option is null. */
import type { Hash } from '@aos/cbor'

/** A nat as a codec gives it. */
export type Nat = number | bigint

/** Of each kind, without `workspace.` in front. */
export interface WorkspaceParams {
  readonly resolve: { readonly workspace: string; readonly version: Nat | null }
  readonly empty_root: { readonly workspace: string }
  readonly list: {
    readonly root_hash: Hash
    readonly path: string | null
    readonly scope: string | null
    readonly cursor: string | null
    readonly limit: Nat
  }
  readonly read_ref: { readonly root_hash: Hash; readonly path: string }
  readonly read_bytes: {
    readonly root_hash: Hash
    readonly path: string
    readonly range: { readonly start: Nat; readonly end: Nat } | null
  }
  readonly write_bytes: {
    readonly root_hash: Hash
    readonly path: string
    readonly bytes: Uint8Array
    readonly mode: Nat | null
  }
  readonly remove: { readonly root_hash: Hash; readonly path: string }
  readonly diff: { readonly root_a: Hash; readonly root_b: Hash; readonly prefix: string | null }
  readonly annotations_get: { readonly root_hash: Hash; readonly path: string | null }
  readonly annotations_set: {
    readonly root_hash: Hash
    readonly path: string | null
    readonly annotations_patch: ReadonlyMap<string, Hash | null>
  }
}

/** A value of a receipt schema. An absent option is null. */
export type AnswerValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly AnswerValue[]
  | ReadonlyMap<string, AnswerValue>
  | { readonly [field: string]: AnswerValue }

/** An effect on workspaces, without `workspace.` in front. */
export type WorkspaceOp = keyof WorkspaceParams

/** In the order of the specification. */
export const WORKSPACE_OPS: readonly WorkspaceOp[] = [
  'resolve',
  'empty_root',
  'list',
  'read_ref',
  'read_bytes',
  'write_bytes',
  'remove',
  'diff',
  'annotations_get',
  'annotations_set',
]

const PREFIX = 'workspace.'

/** The op of an effect kind; undefined when it is none on workspaces. */
export function opOfKind(effectKind: string): WorkspaceOp | undefined {
  if (!effectKind.startsWith(PREFIX)) return undefined
  return WORKSPACE_OPS.find((op) => op.length === effectKind.length - PREFIX.length && effectKind.endsWith(op))
}
