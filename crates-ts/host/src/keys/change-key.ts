/** `aos key register|revoke`: a journaled control entry, signed by an owner (G2). */
import { encodeKeyChange } from '@aos/kernel'
import type { KeyIngress } from '@aos/kernel'
import type { HostWorld } from '../host-world.ts'
import { ownerPrincipal } from '../principal.ts'
import { needAccepted } from '../push/push.ts'
import { readOwnerKey } from './key-ring.ts'
import { checkPublicKey } from './public-key.ts'
import { signRequest } from './request.ts'

export interface KeyChange {
  readonly change: 'register' | 'revoke'
  readonly publicKey: Uint8Array
  /** `owner`, or an adapter id. */
  readonly role: string
  readonly kinds: readonly string[]
}

/** Returns the height. Throws `key.small_order`, `key.missing`, and the kernel's refusals. */
export async function changeKey(host: HostWorld, change: KeyChange): Promise<number> {
  if (change.change === 'register') checkPublicKey(change.publicKey)
  const owner = readOwnerKey(host.keyFolder)
  const { kinds, ...rest } = change
  const command = { ...rest, ...(kinds.length === 0 ? {} : { kinds }), baseHeight: host.kernel.keysHeight }
  const ingress: KeyIngress = {
    kind: 'key',
    principal: ownerPrincipal(owner),
    ...command,
    auth: [signRequest(owner, { world: host.id, command: encodeKeyChange(command) })],
  }
  return needAccepted(await host.send(ingress))
}
