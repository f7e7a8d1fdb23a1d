/** sys/HttpPublish@1 (spec/19-workspaces.md, "Publishing"): the rules by which workspaces are served. */
import { HttpPublishRegistry, HttpPublishSet, Output, ReducerContext } from './generated'

/** Sets a rule, or takes it away. Without rules there is no state. */
export function reduce(
  state: HttpPublishRegistry | null,
  event: HttpPublishSet,
  out: Output,
  context: ReducerContext,
): HttpPublishRegistry | null {
  const next = state === null ? new HttpPublishRegistry() : state
  const rule = event.rule
  if (rule !== null) next.rules.set(event.id, rule)
  else next.rules.delete(event.id)
  return next.rules.size > 0 ? next : null
}
