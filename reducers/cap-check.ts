/** What every enforcer does (spec/11-gate.md, "Built-in enforcers"). Stands beside each of them when it is compiled. */
import { CapCheckOutput, CapCheckOutputDeny, SortedSet } from './generated'

export function allow(): CapCheckOutput {
  const output = new CapCheckOutput()
  output.constraints_ok = true
  return output
}

export function deny(code: string, message: string): CapCheckOutput {
  const refusal = new CapCheckOutputDeny()
  refusal.code = code
  refusal.message = message
  const output = new CapCheckOutput()
  output.deny = refusal
  return output
}

export function denyKind(kind: string): CapCheckOutput {
  return deny('effect_kind_mismatch', 'this enforcer does not judge ' + kind)
}

/** An absent list constrains nothing, an empty one allows nothing. */
export function allows(list: SortedSet<string> | null, item: string): bool {
  return list === null || list.has(item)
}

/** True for the prefix itself and what lies below it: `/a` has `/a` and `/a/b`, not `/ab`. */
export function isUnder(path: string, prefix: string): bool {
  const size = prefix.length
  if (size == 0) return true
  if (!path.startsWith(prefix)) return false
  return path.length == size || prefix.charCodeAt(size - 1) == SLASH || path.charCodeAt(size) == SLASH
}

const SLASH = 0x2f
