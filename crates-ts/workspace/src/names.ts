/** Names of workspaces and paths in them (spec/19-workspaces.md, "Names"). */
import { workspaceError } from './errors.ts'
import { WORKSPACE_LIMITS } from './limits.ts'

const NAME = /^[A-Za-z0-9._~-]+$/

function isName(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && text !== '.' && text !== '..' && NAME.test(text)
}

/** True for one segment of a path. */
export function isSegment(text: string): boolean {
  return isName(text, WORKSPACE_LIMITS.treeSegmentLengthMax)
}

/** True for what a workspace can be called. */
export function isWorkspaceName(text: string): boolean {
  return isName(text, WORKSPACE_LIMITS.workspaceNameLengthMax)
}

/** Throws `workspace.bad_name`. */
export function checkWorkspaceName(text: string): void {
  if (isWorkspaceName(text)) return
  throw workspaceError('workspace.bad_name', `expected a name of A-Z a-z 0-9 . _ ~ -, found ${shown(text)}`)
}

/** The segments of a path. Throws `workspace.bad_path`. */
export function splitPath(path: string): readonly string[] {
  const { treePathLengthMax, treePathDepthMax } = WORKSPACE_LIMITS
  if (path.length > treePathLengthMax) {
    throw workspaceError('workspace.bad_path', `a path may have ${treePathLengthMax} characters, found ${path.length}`)
  }
  const segments = path.split('/')
  const bad = segments.find((segment) => !isSegment(segment))
  if (bad !== undefined) {
    throw workspaceError(
      'workspace.bad_path',
      `expected segments of A-Z a-z 0-9 . _ ~ - with / between, found ${shown(path)}`,
    )
  }
  if (segments.length <= treePathDepthMax) return segments
  throw workspaceError('workspace.bad_path', `a path may have ${treePathDepthMax} segments, found ${segments.length}`)
}

/** The path of an entry; an empty one is the root. */
export function joinPath(base: string, name: string): string {
  return base === '' ? name : `${base}/${name}`
}

/** Order of names and paths, which are ASCII: that of their bytes. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text)
}

const SHOWN_MAX = 80
