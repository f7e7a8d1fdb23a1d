/** `aos upgrade`: the engine of a world, signed by an owner (G2; spec/06-kernel.md, "Engine"). */
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { encodeSetEngine } from '@aos/kernel'
import type { SigningWorld } from '../daemon/signing-world.ts'
import { ownerPrincipal } from '../principal.ts'
import { readOwnerKey } from './key-ring.ts'
import { signRequest } from './request.ts'

/** Returns the height. Throws `key.missing`, `host.no_genesis`, and the kernel's refusals. */
export async function setEngine(world: SigningWorld, engine: Hash): Promise<number> {
  const owner = readOwnerKey(world.keyFolder)
  const { id } = await world.facts()
  if (id === undefined)
    throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
  const command = encodeSetEngine({ engine })
  return world.submit({
    kind: 'engine',
    principal: ownerPrincipal(owner),
    engine,
    auth: [signRequest(owner, { world: id, command })],
  })
}
