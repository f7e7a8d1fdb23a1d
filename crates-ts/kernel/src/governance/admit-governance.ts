/** Ingress about proposals (K14; spec/17-governance.md, "Commands"): what is admitted, and what it does. */
import { toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { admitted, baseParts, checkShortText, sortBlobs } from '../admission-common.ts'
import type { Admitted, AdmissionPorts } from '../admission-common.ts'
import { kernelError } from '../errors.ts'
import type { GovernanceIngress, VerifiedSignature } from '../ingress.ts'
import type { GetNode } from '../load-definitions.ts'
import type { KernelPorts } from '../ports.ts'
import type { WorldState } from '../state.ts'
import type { EffectTurn } from '../turn-effects.ts'
import { encodeGovernance } from './command.ts'
import type { ApplyCommand, DecideCommand, GovernanceCommand, ProposeCommand, ShadowedCommand } from './command.ts'
import { loadCandidate, planChange } from './manifest-change.ts'
import type { ManifestChange } from './manifest-change.ts'
import { readPatch } from './patch.ts'
import type { Proposal } from './proposal.ts'
import { applicable, decided, groundOf, shadowed, withdrawn } from './proposals.ts'
import type { ProposalGround } from './proposals.ts'
import { proposed } from './propose.ts'
import { isOwner, mayDecide } from './quorum.ts'
import { beginWatch } from './watch.ts'

/** What one command needs. */
interface Asked {
  readonly ports: AdmissionPorts
  readonly state: WorldState
  readonly ingress: GovernanceIngress
  readonly ground: ProposalGround
  readonly height: number
}

/** Throws `gov.*`, `kernel.stale_base`, `kernel.not_authorized`, and what loading a manifest throws. */
export function admitGovernance(
  ports: AdmissionPorts,
  state: WorldState,
  { ingress, logicalNowNs }: { readonly ingress: GovernanceIngress; readonly logicalNowNs: bigint },
): Admitted {
  if (!state.hasGovernance) {
    throw kernelError('gov.engine', 'the engine of this world has no governance', {
      path: ['kind'],
      hint: 'run `aos upgrade`',
    })
  }
  const asked: Asked = { ports, state, ingress, ground: groundOf(state, logicalNowNs), height: state.height + 1 }
  const { blobs } = ingress
  const prepare = actOf(asked, ingress.command)
  const parts = {
    ...baseParts(ingress),
    auth: ingress.auth,
    blobs: sortBlobs(blobs),
    command: encodeGovernance(ingress.command),
  }
  return admitted({ parts, prepare })
}

type Act = (turn: EffectTurn) => void

function actOf(asked: Asked, command: GovernanceCommand): Act {
  switch (command.op) {
    case 'propose':
      return propose(asked, command)
    case 'shadowed':
      return noteShadow(asked, command)
    case 'decide':
      return decide(asked, command)
    case 'apply':
      return apply(asked, command)
    case 'withdraw': {
      const keyIds = asked.ingress.auth.map(({ keyId }) => toHex(keyId))
      const proposal = withdrawn(asked.ground, { proposal: command.proposal, keyIds })
      return ({ governance }) => {
        governance.put(proposal, 'withdrawn')
      }
    }
    case 'review':
      return review(asked, new Set(command.inFlight))
  }
}

function propose({ ports, state, ingress, ground, height }: Asked, command: ProposeCommand): Act {
  const proposerKey = needKnown(state, signerOf(ingress.auth))
  const { patch, base, baseHeight, description, reverts } = command
  if (description !== undefined) checkShortText(description, 'description')
  const get = listedReader(ports, ingress.blobs)
  const given = {
    patch,
    patchBytes: get(patch),
    base,
    baseHeight,
    description,
    reverts,
    number: state.governance.nextProposal,
    proposer: ingress.principal,
    proposerKey,
    height,
  }
  const { proposal } = proposed(ports, state, ground, { given, get })
  if (proposal.manifest !== command.manifest) {
    throw kernelError('gov.patch_mismatch', `the patch leads to ${proposal.manifest}, not to ${command.manifest}`, {
      path: ['manifest'],
    })
  }
  return ({ governance }) => {
    governance.put(proposal, 'proposed', { hash: patch, text: proposal.authority })
  }
}

/** What the change relies on has to be listed, or known from before. */
function listedReader(ports: AdmissionPorts, blobs: readonly Hash[]): GetNode {
  const listed = new Set<string>(blobs)
  return (hash) => {
    if (listed.has(hash)) return ports.content.get(hash)
    throw kernelError('kernel.unlisted_blob', `the patch relies on ${hash}, which the ingress does not list`, {
      path: ['blobs'],
    })
  }
}

/** A report is what a host says of a change; it says so with its key. */
function noteShadow({ state, ingress, ground, height }: Asked, command: ShadowedCommand): Act {
  const keyId = signerOf(ingress.auth)
  const key = state.keys.get(keyId)
  if (key?.role !== 'host' || key.revoked !== undefined) {
    throw kernelError('kernel.not_authorized', 'a report on a proposal is signed by the key of a host', {
      path: ['auth'],
    })
  }
  const proposal = shadowed(ground, { proposal: command.proposal, report: command.report, height })
  return ({ governance }) => {
    governance.put(proposal, 'shadowed', { hash: command.report })
  }
}

function decide({ ingress, ground, height }: Asked, command: DecideCommand): Act {
  const keyId = signerOf(ingress.auth)
  if (command.reason !== undefined) checkShortText(command.reason, 'reason')
  const proposal = decided(ground, { ...command, keyId, height })
  return ({ governance }) => {
    governance.put(proposal, command.decision === 'approve' ? 'approved' : 'rejected', {
      hash: command.report,
      text: keyId,
    })
  }
}

function apply({ ports, state, ingress, ground, height }: Asked, command: ApplyCommand): Act {
  const keyId = signerOf(ingress.auth)
  if (!mayDecide(ground, keyId) && !isOwner(state.keys, keyId)) {
    throw kernelError('gov.not_approver', `${keyId} is neither the key of an approver nor of an owner`, {
      path: ['auth'],
    })
  }
  const proposal = applicable(ground, command.proposal)
  const change = changeOf(ports, state, proposal)
  return (turn) => {
    putProposalInForce({ ports, turn, proposal, change, height }, new Set(command.inFlight))
  }
}

/** What a proposal does now, to what is there now. Throws what `planChange` and loading a manifest throw. */
export function changeOf(ports: KernelPorts, state: WorldState, proposal: Proposal): ManifestChange {
  const get = (hash: Hash): Uint8Array => ports.content.get(hash)
  return planChange(ports, state, loadCandidate(ports, state, { manifest: proposal.manifest, get }))
}

/** The turn of a proposal that is applied. */
export function putProposalInForce(
  {
    ports,
    turn,
    proposal,
    change,
    height,
  }: {
    readonly ports: KernelPorts
    readonly turn: EffectTurn
    readonly proposal: Proposal
    readonly change: ManifestChange
    readonly height: number
  },
  inFlight: ReadonlySet<Hash> | undefined,
): void {
  const { probation } = readPatch(ports.content.get(proposal.patch))
  turn.governance.put({ ...proposal, status: 'applied', appliedHeight: height }, 'applied', { hash: proposal.manifest })
  const watch =
    probation &&
    beginWatch({
      proposal: proposal.number,
      back: proposal.base,
      patch: proposal.patch,
      untilNs: turn.logicalNowNs + probation.windowNs,
    })
  turn.governance.putInForce(change, { inFlight, watch })
}

function review({ state, ingress }: Asked, inFlight: ReadonlySet<Hash>): Act {
  if (!ingress.principal.startsWith('host:')) {
    throw kernelError('kernel.not_authorized', 'only the host knows what is in flight', { path: ['principal'] })
  }
  return (turn) => {
    turn.governance.review(state.catalog, inFlight)
  }
}

/** A signature by a key that nobody knows proves nothing to anybody. */
function needKnown({ keys, catalog }: WorldState, keyId: string): string {
  const key = keys.get(keyId)
  if ((key !== undefined && key.revoked === undefined) || catalog.actions.approvers.has(keyId)) return keyId
  throw kernelError('gov.unknown_key', `${keyId} is neither registered nor that of an approver`, { path: ['auth'] })
}

/** Key id, hexadecimal. Throws `gov.unsigned`, `kernel.bad_ingress`. */
function signerOf(auth: readonly VerifiedSignature[]): string {
  const [first, second] = auth
  if (first === undefined) throw kernelError('gov.unsigned', 'expected a signature, found none', { path: ['auth'] })
  if (second === undefined) return toHex(first.keyId)
  throw kernelError('kernel.bad_ingress', `expected one signature, found ${auth.length}`, { path: ['auth'] })
}
