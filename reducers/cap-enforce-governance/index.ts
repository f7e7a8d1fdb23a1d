/** sys/CapEnforceGovernance@1 (spec/11-gate.md, "Governance"). */
import { allow, allows, deny, denyKind } from './cap-check'
import { CapCheckInput, CapCheckOutput, GovPatchSummary, GovernanceCall, GovernanceGrant, SortedSet } from './generated'

export function run(check: CapCheckInput): CapCheckOutput {
  const kind = check.effect_kind
  if (kind != 'governance.propose') {
    const names = kind == 'governance.shadow' || kind == 'governance.approve' || kind == 'governance.apply'
    return names ? allow() : denyKind(kind)
  }
  const grant = GovernanceGrant.fromBytes(check.cap_params)
  const summary = GovernanceCall.fromBytes(check.effect_params).summary
  if (summary !== null) return checkSummary(grant, summary)
  const free =
    grant.ops === null && grant.def_kinds === null && grant.name_prefixes === null && grant.manifest_sections === null
  return free ? allow() : deny('effect_params_invalid', 'the patch has no summary')
}

function checkSummary(grant: GovernanceGrant, summary: GovPatchSummary): CapCheckOutput {
  const ops = summary.ops
  for (let at = 0; at < ops.size; at++) {
    if (!allows(grant.ops, ops.at(at))) return deny('op_not_allowed', 'no grant to ' + ops.at(at))
  }
  const changes = summary.def_changes
  for (let at = 0; at < changes.length; at++) {
    const change = changes[at]
    if (!allows(grant.def_kinds, change.kind)) return deny('def_kind_not_allowed', 'no grant for ' + change.kind)
    if (!allowsName(grant.name_prefixes, change.name_)) {
      return deny('name_prefix_not_allowed', 'no grant for ' + change.name_)
    }
  }
  const sections = summary.manifest_sections
  for (let at = 0; at < sections.size; at++) {
    if (!allows(grant.manifest_sections, sections.at(at))) {
      return deny('manifest_section_not_allowed', 'no grant for ' + sections.at(at))
    }
  }
  return allow()
}

function allowsName(prefixes: SortedSet<string> | null, name: string): bool {
  if (prefixes === null) return true
  for (let at = 0; at < prefixes.size; at++) {
    if (name.startsWith(prefixes.at(at))) return true
  }
  return false
}
