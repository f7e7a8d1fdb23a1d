/** Who has many events waits while more lies behind than an opening may derive again. */
import type { World } from '@aos/kernel'
import { isPastBounds } from './recovery-cost.ts'
import type { SnapshotBounds } from './recovery-cost.ts'

/** Those who wait for one snapshot or checkpoint. */
export class CatchUp {
  #waiting: (() => void)[] = []

  /** A promise while a bound is passed; it never rejects. Cheap. */
  wait(kernel: World, bounds: SnapshotBounds): Promise<void> | undefined {
    if (!isPastBounds(kernel, bounds)) return undefined
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** What they wait for is there, or will not come. */
  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
