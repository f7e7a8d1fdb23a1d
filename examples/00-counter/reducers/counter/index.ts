import { CounterEvent, CounterPc, CounterState, Output } from './generated'

/** Counts down from the target of `Start`, one `Tick` at a time. */
export function reduce(state: CounterState | null, event: CounterEvent, out: Output): CounterState | null {
  if (event.isStart) {
    const target = event.asStart.target
    const counter = new CounterState(target == 0 ? CounterPc.Done() : CounterPc.Counting())
    counter.remaining = target
    return counter
  }
  // A tick before any start creates the cell, idle.
  if (state === null) return new CounterState(CounterPc.Idle())
  if (state.pc.isCounting) {
    state.remaining -= 1
    if (state.remaining == 0) state.pc = CounterPc.Done()
  }
  return state
}
