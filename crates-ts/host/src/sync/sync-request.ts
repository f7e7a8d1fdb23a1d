/** What is asked of one folder and one workspace, and what is said about it (spec/22-sync.md). */
import { join } from 'node:path'
import { AosError } from '@aos/cbor'
import { formatRef, joinPath } from '@aos/workspace'
import type { WorkspaceRef } from '@aos/workspace'
import type { StepsOptions } from '../steps.ts'
import type { AnnotationValues } from './sync-annotations.ts'
import type { SyncPlan } from './three-way.ts'
import { localPath } from './tree-files.ts'

/** One folder and one workspace of a world, or a part of it. */
export interface SyncRequest {
  /** With a version it can be pulled only. */
  readonly ref: WorkspaceRef
  /** Absolute; no part of it may be a link to somewhere else that others can set. */
  readonly folder: string
  /** Patterns as in `.gitignore`, from the folder; they have the last word. */
  readonly ignore: readonly string[]
  /** Set by a push; paths below those of `ref`. */
  readonly annotations: AnnotationValues
  readonly prune: boolean
  /** Tells what would be done, and does nothing. */
  readonly dryRun: boolean
  readonly message: string | undefined
  readonly onProgress?: (line: string) => void
  /** Who is to be let on meanwhile. */
  readonly pace?: StepsOptions
}

/** What one direction did to one workspace, or would do. Paths are those below `ref`. */
export interface SyncReport {
  readonly ref: WorkspaceRef
  readonly plan: SyncPlan
  /** Files of the workspace that ignore rules cover, ascending. */
  readonly ignored: readonly string[]
  /** Paths whose annotations a push sets, ascending. */
  readonly annotated: readonly string[]
  /** The version that the folder was compared with or has made; 0: there is none. */
  readonly version: number
}

/** What is compared. */
export type ComparedPair = Pick<SyncRequest, 'ref' | 'folder'>

/** Paths of a plan, if nothing in it is a conflict. Throws `sync.conflict`. */
export function checkedPlan(pair: ComparedPair, plan: SyncPlan): SyncPlan {
  if (plan.conflicts.length > 0) throw conflictAt(pair, plan.conflicts)
  return plan
}

/** `sync.conflict`: both sides changed there; details list every path. */
export function conflictAt(pair: ComparedPair, paths: readonly string[], why = 'changed on both sides'): AosError {
  const name = formatRef(pair.ref)
  const shown = paths.slice(0, 3).join(', ')
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
  return new AosError('sync.conflict', `${name} ${why}: ${shown}${more}`, {
    details: { workspace: name, paths },
    hint: `none of these was written; make them alike, with what ${waysOut(pair, paths)}`,
  })
}

function waysOut({ ref, folder }: ComparedPair, [path = '']: readonly string[]): string {
  const { workspace, path: base } = ref
  const inWorld = formatRef({ workspace, version: undefined, path: joinPath(base ?? '', path) })
  const file = join(folder, ...localPath(path))
  return `the world has (\`aos ws cat ${inWorld} -o ${file}\`) or the folder has (\`aos ws write ${inWorld} ${file}\`)`
}
