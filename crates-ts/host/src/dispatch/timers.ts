/** Waiting, as the machine does it and as tests do it in its place. */

/** Ends a wait; does nothing when it is over. */
export type Cancel = () => void

/** Waits of an effects host. */
export interface Timers {
  /** Wall clock, nanoseconds since 1970: what receipts say about when a call began and ended. */
  wallNs(): bigint
  /** Calls once, not before that many milliseconds; at most 2³¹ - 1. */
  after(ms: number, call: () => void): Cancel
}

/** Longest wait that a timer of the machine takes. */
export const TIMER_MS_MAX = 2_147_483_647

/** The machine's timers. They keep a process alive. */
export const OS_TIMERS: Timers = {
  wallNs: () => BigInt(Date.now()) * 1_000_000n,
  after(ms, call) {
    const timer = setTimeout(call, Math.min(Math.max(0, Math.ceil(ms)), TIMER_MS_MAX))
    return () => {
      clearTimeout(timer)
    }
  },
}
