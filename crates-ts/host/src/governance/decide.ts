/** `aos gov approve|reject|apply|withdraw`: what a person does about a proposal (spec/17-governance.md, "Commands"). */
import { AosError, isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { GovernanceCommand } from '@aos/kernel'
import type { SigningWorld } from '../daemon/signing-world.ts'
import { signGovernance } from '../keys/governance-command.ts'
import type { KeyPair } from '../keys/key-pair.ts'
import { needFacts } from './propose-change.ts'

/** What an approver says of a proposal, and how long that is good from now on. */
export interface ProposalAnswer {
  readonly number: number
  readonly decision: 'approve' | 'reject'
  readonly goodForNs: bigint
  readonly reason?: string | undefined
  /** The report that the approver has read; without it the newest one. Another one is refused with `gov.other_report`. */
  readonly report?: Hash | undefined
  readonly key: KeyPair
}

/** Calls begin while a change is being signed; after so many tries the world is too busy to be told apart. */
const APPLY_TRIES_MAX = 50

/** Bound to patch, base and newest report. Returns the height. Throws `gov.no_shadow`, and the kernel's refusals. */
export async function answerProposal(world: SigningWorld, answer: ProposalAnswer): Promise<number> {
  const { number, decision, goodForNs, reason, key } = answer
  const { id, nowNs } = needFacts(await world.facts())
  const { patch, base, baseHeight, report: newest } = await world.proposal({ number })
  const report = answer.report ?? newest
  if (report === undefined) {
    throw new AosError('gov.no_shadow', `nobody has reported on proposal ${number}`, {
      hint: `run \`aos gov shadow ${number}\``,
    })
  }
  const command: GovernanceCommand = {
    op: 'decide',
    proposal: number,
    decision,
    patch,
    base,
    baseHeight,
    report,
    expiresNs: nowNs + goodForNs,
    ...(reason === undefined ? {} : { reason }),
  }
  return world.submit(signGovernance(key, { world: id, command }))
}

/** Names what is in flight, again when a call has begun in the meantime. Returns the height. Throws the kernel's refusals. */
export async function applyProposal(
  world: SigningWorld,
  { number, key }: Pick<ProposalAnswer, 'number' | 'key'>,
): Promise<number> {
  const { id } = needFacts(await world.facts())
  for (let tries = 1; ; tries += 1) {
    const command: GovernanceCommand = { op: 'apply', proposal: number, inFlight: await world.inFlight() }
    try {
      return await world.submit(signGovernance(key, { world: id, command }))
    } catch (error) {
      if (!isAosError(error) || error.code !== 'host.in_flight' || tries >= APPLY_TRIES_MAX) throw error
    }
  }
}

/** Returns the height. Throws the kernel's refusals. */
export async function withdrawProposal(
  world: SigningWorld,
  { number, key }: Pick<ProposalAnswer, 'number' | 'key'>,
): Promise<number> {
  const { id } = needFacts(await world.facts())
  return world.submit(signGovernance(key, { world: id, command: { op: 'withdraw', proposal: number } }))
}
