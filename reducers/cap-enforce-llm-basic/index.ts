/** sys/CapEnforceLlmBasic@1 (spec/11-gate.md, "Models"). */
import { allow, allows, deny, denyKind } from './cap-check'
import { CapCheckInput, CapCheckOutput, LlmBasicGrant, LlmCall, SortedSet } from './generated'

export function run(check: CapCheckInput): CapCheckOutput {
  if (check.effect_kind != 'llm.generate') return denyKind(check.effect_kind)
  const grant = LlmBasicGrant.fromBytes(check.cap_params)
  const call = LlmCall.fromBytes(check.effect_params)
  if (!allows(grant.providers, call.provider)) return deny('provider_not_allowed', 'no grant for ' + call.provider)
  if (!allows(grant.models, call.model)) return deny('model_not_allowed', 'no grant for ' + call.model)
  const limit = grant.max_tokens
  if (limit !== null && call.max_tokens > limit.value) {
    return deny('max_tokens_exceeded', 'the grant is for ' + limit.value.toString())
  }
  if (!allowsTools(grant.tools_allow, call)) return deny('tool_not_allowed', 'no grant for the tool')
  return allow()
}

/** The tools that are offered lie in blobs. What can be seen is the one that is chosen, and that any are offered. */
function allowsTools(tools: SortedSet<string> | null, call: LlmCall): bool {
  if (tools === null) return true
  const choice = call.tool_choice
  if (choice !== null && choice.isTool && !tools.has(choice.asTool.name_)) return false
  if (tools.size > 0) return true
  const offered = call.tool_refs
  return (offered === null || offered.length == 0) && (choice === null || !choice.isRequired)
}
