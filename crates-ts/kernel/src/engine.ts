/** The engine record and its digest (spec/06-kernel.md, "Engine"). */
import { encodeNode, hashText } from '@aos/cbor'
import type { Hash, Sha256Port } from '@aos/cbor'
import { LIMITS } from './limits.ts'

/** What the module runtime contributes to the engine: its versions and bounds decide where a module stops. */
export interface ModuleProfile {
  /** Version of the rewriter. */
  readonly rewriter: number
  /** Version of the table that says what an instruction costs. */
  readonly fuelTable: number
  readonly limits: Readonly<Record<string, number>>
}

/** Numbered meaning of the kernel; raised with every change that would let an old journal replay differently. */
export const KERNEL_SEMANTICS = 1
/** Numbered meaning of value normalisation. */
export const NORMALISER = 1
/** The expression language does not exist yet. */
const EXPRESSION_LANGUAGE = 0

/** Hash of the engine record, a node with text keys. */
export function hashEngine(sha256: Sha256Port, profile: ModuleProfile): Hash {
  return hashText(
    sha256,
    encodeNode({
      kernel: KERNEL_SEMANTICS,
      rewriter: profile.rewriter,
      fuel_table: profile.fuelTable,
      limits: { ...LIMITS },
      module_limits: { ...profile.limits },
      expression: EXPRESSION_LANGUAGE,
      normaliser: NORMALISER,
    }),
  )
}
