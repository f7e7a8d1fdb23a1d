/** Proposals over scripted modules: what is signed is taken as verified, as the kernel takes it from its host. */
import { encodePatch, makePatch } from '@aos/air'
import type { DefinitionSet, Patch } from '@aos/air'
import { hashText, sha256, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { hashDefinition } from '@aos/air'
import type { DecideCommand, GovernanceCommand, Proposal, TurnResult, VerifiedSignature } from '../src/index.ts'
import { EffectBench, accepted } from './_effects.ts'
import { HOST_KEY, OWNER_KEY, nodeSha256 } from './_util.ts'

/** Somebody with a key. */
export interface Signer {
  readonly publicKey: Uint8Array
  readonly keyId: string
  readonly auth: readonly VerifiedSignature[]
}

/** A key of so many equal bytes. */
export function signer(byte: number): Signer {
  return signerOf(new Uint8Array(32).fill(byte))
}

function signerOf(publicKey: Uint8Array): Signer {
  const keyId = sha256(nodeSha256, publicKey)
  return { publicKey, keyId: toHex(keyId), auth: [{ keyId, signature: new Uint8Array(64).fill(2) }] }
}

export const OWNER: Signer = signerOf(OWNER_KEY)
export const HOST: Signer = signerOf(HOST_KEY)
/** Far away. */
export const NEVER_NS = 9_000_000_000_000_000_000n

export class GovernanceBench extends EffectBench {
  /** The set in force, as its author knows it. */
  #inForce: DefinitionSet | undefined

  /** Puts definitions in force with an owner's signature; the world knows of further content. */
  push(
    json: readonly object[],
    scripts: Parameters<EffectBench['air']>[1] = {},
    more: readonly Uint8Array[] = [],
  ): void {
    this.air(json, scripts, more)
    this.#inForce = this.set(json).set
  }

  /** The author learns that these definitions are in force. */
  noteInForce(json: readonly object[]): void {
    this.#inForce = this.set(json).set
  }

  register({ publicKey }: Signer, role: string): void {
    const { keysHeight: baseHeight } = this.world
    accepted(this.submit({ kind: 'key', principal: 'local:test', change: 'register', publicKey, role, baseHeight, auth: OWNER.auth })) // prettier-ignore
  }

  command(command: GovernanceCommand, by: Signer | null, blobs: readonly Hash[] = []): TurnResult {
    return this.submit({
      kind: 'governance',
      principal: command.op === 'review' ? 'host:test' : `key:${by?.keyId ?? 'nobody'}`,
      command,
      blobs,
      auth: by?.auth ?? [],
    })
  }

  /** What leads from what is in force to these definitions. */
  patch(
    json: readonly object[],
    more: Partial<Patch> = {},
  ): { readonly patch: Patch; readonly set: DefinitionSet; readonly blobs: readonly Hash[] } {
    if (this.#inForce === undefined) throw new Error('nothing is in force')
    const { set, blobs } = this.set(json)
    const patch = { ...makePatch({ sha256: nodeSha256, base: this.#inForce, next: set }), ...more }
    return { patch, set, blobs: [...blobs, this.keep(encodePatch(patch))] }
  }

  propose(json: readonly object[], by: Signer | null = OWNER, more: Partial<Patch> = {}): TurnResult {
    const { patch, set, blobs } = this.patch(json, more)
    const { manifestHash, manifestHeight } = this.world
    if (manifestHash === undefined) throw new Error('no manifest')
    const command: GovernanceCommand = {
      op: 'propose',
      patch: hashText(nodeSha256, encodePatch(patch)),
      manifest: hashDefinition(nodeSha256, set.manifest),
      base: manifestHash,
      baseHeight: manifestHeight,
    }
    return this.command(command, by, blobs)
  }

  /** The number of a proposal that is admitted. */
  proposed(json: readonly object[], by: Signer = OWNER, more: Partial<Patch> = {}): number {
    const [report] = accepted(this.propose(json, by, more)).governance
    if (report === undefined) throw new Error('nothing was proposed')
    return report.proposal
  }

  proposal(number: number): Proposal {
    const proposal = this.world.readProposal(number)
    if (proposal === undefined) throw new Error(`no proposal ${number}`)
    return proposal
  }

  shadow(number: number, text = 'fine', by: Signer | null = HOST): TurnResult {
    const report = this.keep(new TextEncoder().encode(`${text} ${number}`))
    return this.command({ op: 'shadowed', proposal: number, report }, by)
  }

  decide(number: number, by: Signer | null = OWNER, more: Partial<DecideCommand> = {}): TurnResult {
    const { patch, base, baseHeight, report } = this.proposal(number)
    const missing = hashText(nodeSha256, new Uint8Array(0))
    const bound = { patch, base, baseHeight, report: report?.hash ?? missing, expiresNs: NEVER_NS }
    return this.command({ op: 'decide', proposal: number, decision: 'approve', ...bound, ...more }, by)
  }

  apply(number: number, by: Signer | null = OWNER, inFlight: readonly Hash[] = []): TurnResult {
    return this.command({ op: 'apply', proposal: number, inFlight }, by)
  }

  /** The whole way; gives the entry that applied it. */
  change(
    json: readonly object[],
    more: { readonly inFlight?: readonly Hash[]; readonly patch?: Partial<Patch> } = {},
  ): ReturnType<typeof accepted> {
    const number = this.proposed(json, OWNER, more.patch)
    accepted(this.shadow(number))
    accepted(this.decide(number))
    const result = accepted(this.apply(number, OWNER, more.inFlight))
    this.#inForce = this.set(json).set
    return result
  }
}
