/** The engine of this release (spec/06-kernel.md, "Engine"). */
import type { Hash } from '@aos/cbor'
import { hashEngine, supportedEngines } from '@aos/kernel'
import type { ModuleProfile } from '@aos/kernel'
import { FUEL_TABLE_VERSION, REWRITER_VERSION, WASM_LIMITS } from '@aos/wasm'
import { nodeSha256 } from './sha256.ts'

/** Versions and bounds of the module runtime; part of the engine digest. */
export const MODULE_PROFILE: ModuleProfile = {
  rewriter: REWRITER_VERSION,
  fuelTable: FUEL_TABLE_VERSION,
  limits: WASM_LIMITS,
}

/** The digest that the genesis of a new world names. */
export function engineDigest(): Hash {
  return hashEngine(nodeSha256, MODULE_PROFILE)
}

/** The digests of every engine that this release can run a world with, the newest last. */
export function engineDigests(): readonly Hash[] {
  return [...supportedEngines(nodeSha256, MODULE_PROFILE).keys()]
}
