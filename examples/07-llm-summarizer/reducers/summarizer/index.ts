import { Output, Some, SummaryEvent, SummaryPhase, SummaryRequested, SummaryState } from './generated'

/** Has a page summarised by the plan, and keeps where the summary is and what it cost. */
export function reduce(state: SummaryState | null, event: SummaryEvent, out: Output): SummaryState | null {
  const next = state === null ? new SummaryState(SummaryPhase.Idle()) : state
  if (event.isStart) {
    const id = next.next_request_id
    const request = new SummaryRequested()
    request.request_id = id
    request.url = event.asStart.url
    out.raise<SummaryRequested>(request)
    next.next_request_id = id + 1
    next.pending_request = new Some<u64>(id)
    next.pc = SummaryPhase.Summarizing()
    return next
  }
  const ready = event.asReady
  const pending = next.pending_request
  if (pending === null || pending.value != ready.request_id) return next
  next.pending_request = null
  next.summary_ref = ready.summary_ref
  next.tokens_prompt += ready.tokens_prompt
  next.tokens_completion += ready.tokens_completion
  next.cost_cents += ready.cost_cents
  next.pc = SummaryPhase.Done()
  return next
}
