/** Control commands as they stand in ingress, in the clear (spec/journal.cddl). Their bytes are what owners sign. */
import { encode, hashBytes } from '@aos/cbor'
import type { CanonicalBytes, Data, HashBytes } from '@aos/cbor'
import type {
  ClockIngress,
  EngineIngress,
  GenesisIngress,
  KeyIngress,
  ManifestIngress,
  SnapshotRootIngress,
} from './ingress.ts'

/** The journal format that this release writes. */
export const JOURNAL_FORMAT = 1

/** The command of genesis as it is journaled; nobody signs it, its leaf is the world id. */
export function encodeGenesis(parts: {
  readonly ingress: GenesisIngress
  readonly engine: HashBytes
  readonly emptyManifest: HashBytes
}): CanonicalBytes {
  const { ingress } = parts
  return encodeFields([
    JOURNAL_FORMAT,
    ingress.nonce,
    parts.engine,
    parts.emptyManifest,
    ingress.clock === 'real' ? 0 : 1,
    ingress.entropy === 'os' ? 0 : 1,
    ingress.ownerKeys,
    ingress.hostKeys,
  ])
}

/** The command of a `manifest` ingress as it is signed and journaled, without the prefix. */
export function encodeSetManifest(
  ingress: Pick<ManifestIngress, 'manifest' | 'base' | 'baseHeight' | 'message'>,
): CanonicalBytes {
  return encodeFields([hashBytes(ingress.manifest), hashBytes(ingress.base), ingress.baseHeight, ingress.message])
}

/** The command of a `key` ingress as it is signed and journaled, without the prefix. */
export function encodeKeyChange(
  ingress: Pick<KeyIngress, 'change' | 'publicKey' | 'role' | 'kinds' | 'baseHeight'>,
): CanonicalBytes {
  return encodeFields([
    ingress.change === 'register' ? 0 : 1,
    ingress.publicKey,
    ingress.role,
    ingress.kinds,
    ingress.baseHeight,
  ])
}

/** The command of an `engine` ingress as it is signed and journaled, without the prefix. */
export function encodeSetEngine(ingress: Pick<EngineIngress, 'engine'>): CanonicalBytes {
  return encodeFields([hashBytes(ingress.engine)])
}

/** The command of a `clock` ingress as it is journaled, without the prefix. */
export function encodeClock(ingress: Pick<ClockIngress, 'nowNs'>): CanonicalBytes {
  return encodeFields([ingress.nowNs])
}

/** The command of a `snapshot_root` ingress as it is journaled, without the prefix. */
export function encodeSnapshotRoot(ingress: Pick<SnapshotRootIngress, 'cut' | 'root'>): CanonicalBytes {
  return encodeFields([ingress.cut, hashBytes(ingress.root)])
}

/** A map from position to field; absent ones are left out. */
function encodeFields(fields: readonly (Data | undefined)[]): CanonicalBytes {
  const map = new Map<number, Data>()
  fields.forEach((field, index) => {
    if (field !== undefined) map.set(index, field)
  })
  return encode(map)
}
