/** `aos key register|revoke`: a journaled control entry, signed by an owner (G2). */
import { encodeKeyChange } from '@aos/kernel'
import type { KeyIngress } from '@aos/kernel'
import { signingWorldOf } from '../daemon/signing-world.ts'
import type { HostWorld } from '../host-world.ts'
import type { SigningWorld } from '../daemon/signing-world.ts'
import { AosError } from '@aos/cbor'
import { ownerPrincipal } from '../principal.ts'
import { readOwnerKey } from './key-ring.ts'
import { checkPublicKey } from './public-key.ts'
import { signRequest } from './request.ts'

/** A public key that may act from now on, or not any more; `kinds` are the effects that an adapter may report on, all when it is empty. */
export interface KeyChange {
  readonly change: 'register' | 'revoke'
  readonly publicKey: Uint8Array
  /** `owner`, or an adapter id. */
  readonly role: string
  readonly kinds: readonly string[]
}

/** Returns the height. Throws `key.small_order`, `key.missing`, and the kernel's refusals. */
export async function changeKey(world: HostWorld | SigningWorld, change: KeyChange): Promise<number> {
  if (change.change === 'register') checkPublicKey(change.publicKey)
  const host = signingWorldOf(world)
  const owner = readOwnerKey(host.keyFolder)
  const { id, keysHeight } = await host.facts()
  if (id === undefined)
    throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
  const { kinds, ...rest } = change
  const command = { ...rest, ...(kinds.length === 0 ? {} : { kinds }), baseHeight: keysHeight }
  const ingress: KeyIngress = {
    kind: 'key',
    principal: ownerPrincipal(owner),
    ...command,
    auth: [signRequest(owner, { world: id, command: encodeKeyChange(command) })],
  }
  return host.submit(ingress)
}
