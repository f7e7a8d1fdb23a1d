/** sys/CapEnforceWorkspace@1 (spec/11-gate.md, "Workspaces"). */
import { allow, allows, deny, denyKind, isUnder } from './cap-check'
import { CapCheckInput, CapCheckOutput, WorkspaceCall, WorkspaceGrant } from './generated'

export function run(check: CapCheckInput): CapCheckOutput {
  const kind = check.effect_kind
  const op = opOf(kind)
  if (op == '') return denyKind(kind)
  const grant = WorkspaceGrant.fromBytes(check.cap_params)
  if (!allows(grant.ops, op)) return deny('op_not_allowed', 'no grant to ' + op)
  const call = WorkspaceCall.fromBytes(check.effect_params)
  const names = kind == 'workspace.resolve' || kind == 'workspace.empty_root'
  if (!allowsWorkspace(grant.workspaces, names ? call.workspace : null)) {
    return deny('workspace_not_allowed', 'no grant for the workspace')
  }
  if (names) return allow()
  const path = kind == 'workspace.diff' ? call.prefix : call.path
  // No path is the root.
  if (!allowsPath(grant.path_prefixes, path === null ? '' : path))
    return deny('path_not_allowed', 'no grant for the path')
  return allow()
}

/** Empty for an effect that is none of a workspace. */
function opOf(kind: string): string {
  if (kind == 'workspace.resolve') return 'resolve'
  if (kind == 'workspace.list') return 'list'
  if (kind == 'workspace.diff') return 'diff'
  if (kind == 'workspace.read_ref' || kind == 'workspace.read_bytes' || kind == 'workspace.annotations_get')
    return 'read'
  if (kind == 'workspace.empty_root' || kind == 'workspace.write_bytes') return 'write'
  return kind == 'workspace.remove' || kind == 'workspace.annotations_set' ? 'write' : ''
}

/** Without a name, the effect names a tree by its hash: then only an empty list can be held against it. */
function allowsWorkspace(workspaces: Array<string> | null, name: string | null): bool {
  if (workspaces === null) return true
  return name === null ? workspaces.length > 0 : workspaces.includes(name)
}

function allowsPath(prefixes: Array<string> | null, path: string): bool {
  if (prefixes === null) return true
  if (!isPlain(path)) return false
  for (let at = 0; at < prefixes.length; at++) {
    if (isUnder(path, prefixes[at])) return true
  }
  return false
}

/** The root, or segments of `A-Z a-z 0-9 . _ ~ -` with a slash between two of them, none `.` or `..`. */
function isPlain(path: string): bool {
  const size = path.length
  if (size == 0) return true
  // Dots since the segment began; OTHER once something else stood there.
  let dots = 0
  for (let at = 0; at < size; at++) {
    const unit = path.charCodeAt(at)
    if (unit == SLASH) {
      if (dots >= 0 && dots < 3) return false
      dots = 0
    } else if (!isSegmentUnit(unit)) {
      return false
    } else if (unit != DOT) {
      dots = OTHER
    } else if (dots != OTHER) {
      dots += 1
    }
  }
  return dots == OTHER || dots > 2
}

function isSegmentUnit(unit: i32): bool {
  const lower = unit | 0x20
  if ((lower >= 0x61 && lower <= 0x7a) || (unit >= 0x30 && unit <= 0x39)) return true
  return unit == 0x2d || unit == DOT || unit == 0x5f || unit == 0x7e
}

const OTHER = -1
const DOT = 0x2e
const SLASH = 0x2f
