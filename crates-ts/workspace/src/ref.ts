/** `NAME[@VERSION][/PATH]`: how people name a workspace, a version of it, or a path in it (spec/19-workspaces.md, "References"). */
import { workspaceError } from './errors.ts'
import { isGlob, parseGlob } from './glob.ts'
import type { Glob } from './glob.ts'
import { isWorkspaceName, splitPath } from './names.ts'

/** A workspace, a version of it (undefined: the newest) and a path in it (undefined: all of it). */
export interface WorkspaceRef {
  readonly workspace: string
  readonly version: number | undefined
  readonly path: string | undefined
}

const REF = /^([^@/]*)(?:@([1-9][0-9]{0,14}))?(?:\/(.*))?$/s

/** Throws `workspace.bad_ref`, `workspace.bad_path`. */
export function parseRef(text: string): WorkspaceRef {
  const ref = readRef(text)
  if (ref.path !== undefined) splitPath(ref.path)
  return ref
}

/** A reference whose path may be a pattern, for many paths at once. Throws as `parseRef`. */
export function parsePatternRef(text: string): WorkspaceRef & { readonly glob: Glob | undefined } {
  const ref = readRef(text)
  if (ref.path !== undefined && isGlob(ref.path)) return { ...ref, glob: parseGlob(ref.path) }
  return { ...parseRef(text), glob: undefined }
}

function readRef(text: string): WorkspaceRef {
  const [, workspace = '', version, path] = REF.exec(text) ?? []
  if (!isWorkspaceName(workspace)) {
    throw workspaceError(
      'workspace.bad_ref',
      `expected NAME, NAME@VERSION or NAME/PATH, found ${JSON.stringify(text.slice(0, 80))}`,
    )
  }
  return {
    workspace,
    version: version === undefined ? undefined : Number(version),
    path: path === undefined || path === '' ? undefined : path,
  }
}

/** The text that names the same. */
export function formatRef({ workspace, version, path }: WorkspaceRef): string {
  return `${workspace}${version === undefined ? '' : `@${version}`}${path === undefined ? '' : `/${path}`}`
}
