import { FetchEvent, FetchPhase, FetchRequest, FetchState, Output, Some } from './generated'

/** Turns `Start` into a request for the plan, and keeps what the plan brings back. */
export function reduce(state: FetchState | null, event: FetchEvent, out: Output): FetchState | null {
  const next = state === null ? new FetchState(FetchPhase.Idle()) : state
  if (event.isStart) {
    const start = event.asStart
    const id = next.next_request_id
    const request = new FetchRequest()
    request.request_id = id
    request.url = start.url
    request.method = start.method
    out.raise<FetchRequest>(request)
    next.next_request_id = id + 1
    next.pending_request = new Some<u64>(id)
    next.pc = FetchPhase.Fetching()
    return next
  }
  const complete = event.asComplete
  const pending = next.pending_request
  // The answer to a request that nobody waits for any more.
  if (pending === null || pending.value != complete.request_id) return next
  next.pending_request = null
  next.last_status = new Some<i64>(complete.status)
  next.last_body_ref = complete.body_ref
  next.pc = FetchPhase.Done()
  return next
}
