import { Output, RetryEvent, RetryPhase, RetryState, TimerSetParams, WorkRequested } from './generated'

const NS_PER_MS: u64 = 1_000_000

/** Asks for work again after each failure that may pass, with twice the delay, until the attempts are used up. */
export function reduce(state: RetryState | null, event: RetryEvent, out: Output): RetryState | null {
  if (event.isStart) {
    const start = event.asStart
    const next = new RetryState(RetryPhase.Waiting())
    next.attempt = 1
    next.max_attempts = max<u64>(start.max_attempts, 1)
    next.base_delay_ms = max<u64>(start.base_delay_ms, 1)
    next.anchor_ns = start.now_ns
    next.req_id = start.req_id
    next.payload = start.payload
    return request(next, out)
  }
  if (state === null || !state.pc.isWaiting) return state
  if (event.isTimer) return request(state, out)
  if (event.isOk) {
    if (event.asOk.req_id == state.req_id) state.pc = RetryPhase.Done()
    return state
  }
  const failed = event.asErr
  if (failed.req_id != state.req_id) return state
  state.last_error = failed.message
  if (failed.transient && state.attempt < state.max_attempts) {
    const timer = new TimerSetParams()
    timer.deliver_at_ns = state.anchor_ns + (state.base_delay_ms << (state.attempt - 1)) * NS_PER_MS
    timer.key = state.req_id
    out.emit<TimerSetParams>('timer.set', timer)
    state.attempt += 1
  } else {
    state.pc = RetryPhase.Failed()
  }
  return state
}

function request(state: RetryState, out: Output): RetryState {
  const work = new WorkRequested()
  work.req_id = state.req_id
  work.payload = state.payload
  out.raise<WorkRequested>(work)
  return state
}
