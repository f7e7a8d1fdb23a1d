import {
  AggregateRequested,
  AggregateResponse,
  AggregatorEvent,
  AggregatorPhase,
  AggregatorState,
  Output,
  Some,
} from './generated'

/** Hands three targets to the plan and keeps what comes of them, in the order in which they were asked for. */
export function reduce(state: AggregatorState | null, event: AggregatorEvent, out: Output): AggregatorState | null {
  const next = state === null ? new AggregatorState(AggregatorPhase.Idle()) : state
  if (event.isStart) {
    const start = event.asStart
    const id = next.next_request_id
    const request = new AggregateRequested()
    request.request_id = id
    request.topic = start.topic
    request.primary = start.primary
    request.secondary = start.secondary
    request.tertiary = start.tertiary
    out.raise<AggregateRequested>(request)
    next.next_request_id = id + 1
    next.pending_request = new Some<u64>(id)
    next.topic = start.topic
    next.responses = new Array<AggregateResponse>()
    next.pc = AggregatorPhase.Running()
    return next
  }
  const complete = event.asComplete
  const pending = next.pending_request
  if (pending === null || pending.value != complete.request_id) return next
  next.pending_request = null
  next.responses = complete.responses
  next.pc = AggregatorPhase.Done()
  return next
}
