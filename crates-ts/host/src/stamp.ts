/** What the host samples for an ingress (D1): time and entropy, as the world's genesis says (spec/06-kernel.md, "Time"). */
import { randomFillSync } from 'node:crypto'
import { AosError, sha256 } from '@aos/cbor'
import type { Ingress, Stamp, World } from '@aos/kernel'
import { HostClock } from './clock.ts'
import { nodeSha256 } from './sha256.ts'

const ENTROPY_BYTES = 16
const POOL_BYTES = 4096

/** The bytes of a seed from which entropy is derived. */
export const SEED_BYTES = 32

/** Makes one stamp per ingress. */
export interface Stamper {
  /** For the next height of the world. */
  next(ingress: Ingress, world: Pick<World, 'head' | 'time'>): Stamp
  /** What it stamps with in a world with a real clock; absent: something that holds no jumps. */
  readonly clock?: HostClock
}

/** Where stamps come from in this host. */
export interface StampSources {
  readonly clock: HostClock
  /** Needed by worlds with seeded entropy. */
  readonly seed: Uint8Array | undefined
}

/** Wall clock and the operating system's randomness, unless genesis says otherwise. Stamps throw `host.no_seed`. */
export function makeOsStamper(sources: StampSources = { clock: new HostClock(), seed: undefined }): Stamper {
  const { clock, seed } = sources
  const draw = makeDraw()
  return {
    clock,
    next(ingress, world): Stamp {
      const { time } = world
      const isGenesis = ingress.kind === 'genesis'
      const isVirtual = (isGenesis ? ingress.clock : time.clock) === 'virtual'
      const isSeeded = (isGenesis ? ingress.entropy : time.entropy) === 'seeded'
      const nowNs = ingress.kind === 'clock' ? ingress.nowNs : isVirtual ? time.logicalNowNs : clock.nowNs()
      return { nowNs, entropy: isSeeded ? seededEntropy(seed, (world.head?.height ?? -1) + 1) : draw() }
    },
  }
}

function makeDraw(): () => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES)
  let used = POOL_BYTES
  return () => {
    if (used === POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    const entropy = pool.slice(used, used + ENTROPY_BYTES)
    pool.fill(0, used, used + ENTROPY_BYTES)
    used += ENTROPY_BYTES
    return entropy
  }
}

const SEEDED_TAG = new TextEncoder().encode('aos/seeded-entropy/v1\u0000')

/** The entropy of one height (spec/06-kernel.md, "Seeded entropy"). Throws `host.no_seed`. */
export function seededEntropy(seed: Uint8Array | undefined, height: number): Uint8Array {
  if (seed?.length !== SEED_BYTES) {
    throw new AosError('host.no_seed', 'the entropy of this world comes from a seed, and aos.json has none', {
      path: ['entropy', 'seed'],
      hint: `put the seed that the world was made with under entropy.seed: ${2 * SEED_BYTES} hexadecimal digits`,
    })
  }
  const message = new Uint8Array(SEEDED_TAG.length + SEED_BYTES + 8)
  message.set(SEEDED_TAG, 0)
  message.set(seed, SEEDED_TAG.length)
  new DataView(message.buffer).setBigUint64(SEEDED_TAG.length + SEED_BYTES, BigInt(height))
  return sha256(nodeSha256, message).slice(0, ENTROPY_BYTES)
}
