/** Events that are given to both forks behind the stretch (spec/24-shadow-report.md, "Seeds"). */
import { sha256 } from '@aos/cbor'
import type { Ingress, Stamp, World } from '@aos/kernel'
import { nodeSha256 } from '../sha256.ts'

/** An event that might come. */
export interface ShadowSeed {
  readonly schema: string
  /** Prefixed canonical bytes, by the schema. */
  readonly value: Uint8Array
  /** Prefixed canonical bytes. */
  readonly key?: Uint8Array
  /** `local:shadow` unless given. */
  readonly principal?: string
}

/** As it is submitted to both forks: without a trace, and by whom unless that was given. */
export function seedIngress({ schema, value, key, principal }: ShadowSeed): Ingress {
  const by = principal ?? 'local:shadow'
  return { kind: 'event', principal: by, schema, value, ...(key === undefined ? {} : { key }) }
}

const ENTROPY_BYTES = 16

/** Behind the stretch no time passes, and entropy is that of the height. */
export function stampBehind(world: World): Stamp {
  const height = (world.head?.height ?? -1) + 1
  const digest = sha256(nodeSha256, new TextEncoder().encode(`aos/shadow-entropy/v1 ${world.id ?? ''} ${height}`))
  return { nowNs: world.time.logicalNowNs, entropy: digest.slice(0, ENTROPY_BYTES) }
}
