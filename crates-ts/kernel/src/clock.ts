/** What a stamp may say (spec/06-kernel.md, "Time"). */
import type { Ingress, Stamp } from './ingress.ts'
import { kernelError } from './errors.ts'
import type { WorldState } from './state.ts'

/** Throws `kernel.clock_backwards`, and `kernel.bad_ingress` for a stamp that is not of this world's clock. */
export function checkTime(state: WorldState, ingress: Ingress, stamp: Stamp): void {
  if (ingress.kind === 'clock') {
    if (ingress.nowNs !== stamp.nowNs) throw badStamp(`expected the time of the command, ${ingress.nowNs}`, stamp)
    if (ingress.nowNs >= state.logicalNowNs) return
    throw kernelError('kernel.clock_backwards', `the world is at ${state.logicalNowNs}, found ${ingress.nowNs}`, {
      path: ['nowNs'],
    })
  }
  if (state.clock === 'virtual' && stamp.nowNs !== state.logicalNowNs) {
    throw badStamp(`the clock is virtual; expected its time, ${state.logicalNowNs}`, stamp)
  }
}

function badStamp(expected: string, stamp: Stamp): ReturnType<typeof kernelError> {
  return kernelError('kernel.bad_ingress', `${expected}, found a stamp of ${stamp.nowNs}`, { path: ['stamp', 'nowNs'] })
}
