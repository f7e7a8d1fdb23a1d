/** What a world says about itself at the point where it is asked (G11; spec/11-gate.md, "Internal effects"). */
import type { Hash } from '@aos/cbor'
import type { InternalEffect, InternalGround } from './internal-effect.ts'

/** `sys/ReadMeta@1`: the entry under way, and the manifest that its turn runs by. */
export function readMeta({ facts }: InternalGround): {
  readonly journal_height: number
  readonly snapshot_hash: null
  readonly manifest_hash: Hash
} {
  return { journal_height: facts.height, snapshot_hash: null, manifest_hash: facts.manifestHash }
}

/** `introspect.journal_head`. */
export const JOURNAL_HEAD: InternalEffect = {
  perform: (_params, ground) => ({ status: 'ok', value: { meta: readMeta(ground) } }),
}
