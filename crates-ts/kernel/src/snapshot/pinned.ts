/**
 * Definitions of earlier manifests that something still runs by (K26, K27): plans of instances, schemas of intents. They are loaded again, by
 * hash, when a record that names them is read.
 */
import type { Hash } from '@aos/cbor'
import { kernelError } from '../errors.ts'
import type { EffectRecord } from '../gate/gate-catalog.ts'
import type { CompiledPlan } from '../plans/compiled-plan.ts'

/** What of a manifest may be pinned. */
export interface PinnableDefinitions {
  readonly plans: ReadonlyMap<string, CompiledPlan>
  /** By kind. */
  readonly effects: ReadonlyMap<string, EffectRecord>
}

/** Compiled manifests that are kept. */
const KEPT_MAX = 16

/** Loads each manifest once, and forgets those that were not asked for longest. */
export class PinnedDefinitions {
  readonly #load: (manifest: Hash) => PinnableDefinitions
  readonly #kept = new Map<Hash, PinnableDefinitions>()

  constructor(load: (manifest: Hash) => PinnableDefinitions) {
    this.#load = load
  }

  /** Throws `kernel.bad_snapshot` when the manifest lists no such plan, and what loading throws. */
  plan(manifest: Hash, name: string): CompiledPlan {
    const plan = this.#of(manifest).plans.get(name)
    if (plan !== undefined) return plan
    throw kernelError('kernel.bad_snapshot', `the manifest ${manifest} lists no plan ${name}`)
  }

  /** Throws `kernel.bad_snapshot` when the manifest lists no such effect, and what loading throws. */
  effect(manifest: Hash, kind: string): EffectRecord {
    const effect = this.#of(manifest).effects.get(kind)
    if (effect !== undefined) return effect
    throw kernelError('kernel.bad_snapshot', `the manifest ${manifest} lists no effect ${kind}`)
  }

  #of(manifest: Hash): PinnableDefinitions {
    const known = this.#kept.get(manifest)
    const definitions = known ?? this.#load(manifest)
    this.#kept.delete(manifest)
    this.#kept.set(manifest, definitions)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest)
    return definitions
  }
}
