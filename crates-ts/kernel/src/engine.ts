/** The engine record and its digest (spec/06-kernel.md, "Engine"). */
import { encodeNode, hashText } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import { EXPR_LIMITS } from '@aos/expr'
import { WORKSPACE_LIMITS } from '@aos/workspace'
import { CHANGE_LIMITS, EFFECT_LIMITS, INTERNAL_LIMITS, LIMITS, SNAPSHOT_LIMITS } from './limits.ts'

/** What the module runtime contributes to the engine: its versions and bounds decide where a module stops. */
export interface ModuleProfile {
  /** Version of the rewriter. */
  readonly rewriter: number
  /** Version of the table that says what an instruction costs. */
  readonly fuelTable: number
  readonly limits: Readonly<Record<string, number>>
}

/**
 * Numbered meaning of the kernel; raised with every change that would let an old journal replay differently. 1: no gate, every effect
 * is denied. 2: plans, gate, receipts. 3: snapshots, internal effects, governance. 4: settled intents lie by height.
 */
export type KernelSemantics = 1 | 2 | 3 | 4

/** What a new world starts with. */
export const KERNEL_SEMANTICS: KernelSemantics = 4

/** Numbered meaning of value normalisation. */
export const NORMALISER = 1

const ALL_SEMANTICS: readonly KernelSemantics[] = [1, 2, 3, 4]

const LIMITS_3: Readonly<Record<string, number>> = {
  ...LIMITS,
  ...EXPR_LIMITS,
  ...EFFECT_LIMITS,
  ...INTERNAL_LIMITS,
  ...SNAPSHOT_LIMITS,
  ...WORKSPACE_LIMITS,
  ...CHANGE_LIMITS,
}

/** What a number of the kernel's meaning stands for beside it: the expression language, and the bounds that decide outcomes. */
const PARTS: Readonly<
  Record<KernelSemantics, { readonly expression: number; readonly limits: Readonly<Record<string, number>> }>
> = {
  1: { expression: 0, limits: LIMITS },
  2: { expression: 1, limits: { ...LIMITS, ...EXPR_LIMITS, ...EFFECT_LIMITS } },
  3: { expression: 1, limits: LIMITS_3 },
  4: { expression: 1, limits: LIMITS_3 },
}

/** Hash of the engine record, a node with text keys. Of the newest meaning unless told otherwise. */
export function hashEngine(
  sha256: Sha256Port,
  profile: ModuleProfile,
  semantics: KernelSemantics = KERNEL_SEMANTICS,
): Hash {
  const { expression, limits } = PARTS[semantics]
  return hashText(
    sha256,
    encodeNode({
      kernel: semantics,
      rewriter: profile.rewriter,
      fuel_table: profile.fuelTable,
      limits: { ...limits },
      module_limits: { ...profile.limits },
      expression,
      normaliser: NORMALISER,
    }),
  )
}

/** Every engine that this release can run a world with, by digest. */
export function supportedEngines(sha256: Sha256Port, profile: ModuleProfile): ReadonlyMap<Hash, KernelSemantics> {
  return new Map(ALL_SEMANTICS.map((semantics) => [hashEngine(sha256, profile, semantics), semantics]))
}
