/** Collections without a world around them. */
import { BYTE_KEYS, Collection } from '../src/collections/collection.ts'
import { NodeStore } from '../src/collections/node-store.ts'
import { OrderedSet } from '../src/collections/ordered-set.ts'
import { IdempotencyTable } from '../src/idempotency.ts'
import type { IdempotencyBounds } from '../src/idempotency.ts'
import { makeEffectsState } from '../src/intents/effects-state.ts'
import type { EffectsState } from '../src/intents/effects-state.ts'
import { PinnedDefinitions } from '../src/snapshot/pinned.ts'
import { IDEMPOTENCY_RECORDS } from '../src/snapshot/small-records.ts'
import { nodeSha256 } from './_util.ts'

/** In front of no content at all. */
export function makeNodes(): NodeStore {
  const get = (hash: string): Uint8Array => {
    throw new Error(`nothing is stored, least of all ${hash}`)
  }
  return new NodeStore({ sha256: nodeSha256, content: { get } }, 0)
}

export function makeIdempotency(bounds?: IdempotencyBounds): IdempotencyTable {
  const nodes = makeNodes()
  const records = new Collection(nodes, { keys: BYTE_KEYS, records: IDEMPOTENCY_RECORDS })
  return new IdempotencyTable({ records, order: new OrderedSet(nodes) }, bounds)
}

export function makeEffects(): EffectsState {
  const pinned = new PinnedDefinitions((manifest) => {
    throw new Error(`nothing is pinned, least of all to ${manifest}`)
  })
  return makeEffectsState(makeNodes(), pinned, { collection: () => undefined, cells: new Map(), waits: new Map() })
}
