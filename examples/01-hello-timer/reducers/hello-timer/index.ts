import { Output, Some, TimerEvent, TimerPhase, TimerSetParams, TimerState } from './generated'

/** Sets the timer that `Start` asks for, and notes when it fires. */
export function reduce(state: TimerState | null, event: TimerEvent, out: Output): TimerState | null {
  const next = state === null ? new TimerState(TimerPhase.Idle()) : state
  if (event.isStart) {
    if (next.pc.isAwaiting) return next
    const start = event.asStart
    const timer = new TimerSetParams()
    timer.deliver_at_ns = start.deliver_at_ns
    timer.key = start.key
    out.emit<TimerSetParams>('timer.set', timer)
    const waiting = new TimerState(TimerPhase.Awaiting())
    waiting.deadline_ns = new Some<u64>(start.deliver_at_ns)
    return waiting
  }
  if (!next.pc.isAwaiting) return next
  const fired = event.asFired
  next.pc = TimerPhase.Done()
  next.fired_key = fired.requested.key
  next.fired_at_ns = new Some<u64>(fired.receipt.delivered_at_ns)
  return next
}
