/** The plans and effects of an earlier manifest, from content (K26, K27). Modules are not loaded: nothing pinned calls one. */
import type { Hash } from '@aos/cbor'
import { tableOf } from '../catalog.ts'
import { loadEffects, loadPlans } from '../load-actions.ts'
import { loadDefinitions } from '../load-definitions.ts'
import type { EngineFeatures } from '../load-definitions.ts'
import type { KernelPorts } from '../ports.ts'
import type { PinnableDefinitions } from './pinned.ts'

/** Throws what `loadDefinitions` throws, and what content throws for a miss. */
export function loadPinned(ports: KernelPorts, manifest: Hash, features: EngineFeatures): PinnableDefinitions {
  const definitions = loadDefinitions(ports, manifest, (hash) => ports.content.get(hash), features)
  const table = tableOf(definitions)
  return { plans: loadPlans(ports, definitions, table), effects: loadEffects(definitions, { table, features }) }
}
