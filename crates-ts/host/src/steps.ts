/** Long work that can be left alone between its steps, so that whoever shares the thread goes on (spec/15-control.md, "Fairness"). */
import { AosError } from '@aos/cbor'
import type { FairSlice } from './worlds/fair-share.ts'

/** Yields between steps, which take a fraction of a millisecond, and returns what came of them. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Who is to be let on between steps, and who may not want the result any more. */
export interface StepsOptions {
  /** Absent: nobody shares the thread. */
  readonly slice?: FairSlice | undefined
  readonly signal?: AbortSignal | undefined
}

/** All steps at once. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** All steps, with others between them. Throws `control.lost` when nobody wants the result any more. */
export async function runStepsFairly<T>(steps: Steps<T>, { slice, signal }: StepsOptions): Promise<T> {
  if (slice === undefined) return runSteps(steps)
  slice.run()
  try {
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
      if (!slice.isOver()) continue
      await slice.pass()
      // Inside of the steps, so that what they hold is let go of.
      if (signal?.aborted === true) steps.throw(new AosError('control.lost', 'nobody waits for the result any more'))
    }
  } finally {
    slice.rest()
  }
}

/** Entries of a journal that are replayed or looked at in one step. */
export const ENTRIES_A_STEP = 16
