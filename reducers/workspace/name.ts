/** Names of workspaces (spec/19-workspaces.md, "Names"). */

/** 1 to 255 characters of `A-Z a-z 0-9 . _ ~ -`, and neither `.` nor `..`. */
export function isWorkspaceName(name: string): bool {
  const size = name.length
  if (size == 0 || size > LENGTH_MAX || name == '.' || name == '..') return false
  for (let at = 0; at < size; at++) if (!isNameUnit(name.charCodeAt(at))) return false
  return true
}

function isNameUnit(unit: i32): bool {
  const lower = unit | 0x20
  if ((lower >= 0x61 && lower <= 0x7a) || (unit >= 0x30 && unit <= 0x39)) return true
  return unit == 0x2d || unit == 0x2e || unit == 0x5f || unit == 0x7e
}

const LENGTH_MAX = 255
