/** What the host samples for an ingress (D1): the wall clock and fresh entropy. */
import { randomFillSync } from 'node:crypto'
import type { Stamp } from '@aos/kernel'

const ENTROPY_BYTES = 16
const POOL_BYTES = 4096

/** Makes one stamp per ingress. */
export interface Stamper {
  next(): Stamp
}

/** Wall clock in nanoseconds (the clock itself has milliseconds) and the operating system's randomness. */
export function makeOsStamper(): Stamper {
  const pool = new Uint8Array(POOL_BYTES)
  let used = POOL_BYTES
  return {
    next(): Stamp {
      if (used === POOL_BYTES) {
        randomFillSync(pool)
        used = 0
      }
      const entropy = pool.slice(used, used + ENTROPY_BYTES)
      pool.fill(0, used, used + ENTROPY_BYTES)
      used += ENTROPY_BYTES
      return { nowNs: BigInt(Date.now()) * 1_000_000n, entropy }
    },
  }
}
