/**
 * What plans can do about proposals (G11; spec/17-governance.md, "From inside"): the same checks as for commands; a signature is that of whoever released the effect
 * from its approval.
 */
import { completePatch, encodePatch, parseJson, parsePatch, summarizePatch } from '@aos/air'
import type { DefinitionSet, Patch, Value } from '@aos/air'
import { AosError, formatHash, isAosError, sha256 } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { utf8Text } from '../collections/key-text.ts'
import { kernelError } from '../errors.ts'
import type { InternalEffect, InternalGround } from '../internal/internal-effect.ts'
import type { TurnBlobs } from '../internal/turn-blobs.ts'
import { loadDefinitions } from '../load-definitions.ts'
import type { KernelPorts } from '../ports.ts'
import type { WorldState } from '../state.ts'
import { changeOf, putProposalInForce } from './admit-governance.ts'
import { badPatch, nodesOf, patched, readPatch, setOf } from './patch.ts'
import { applicable, decided, groundOf, needOpen } from './proposals.ts'
import type { ProposalGround } from './proposals.ts'
import { proposed } from './propose.ts'

/** `sys/GovPatchInput@1`. */
type PatchInput =
  | { readonly $tag: 'hash'; readonly $value: Hash }
  | { readonly $tag: 'patch_cbor' | 'patch_doc_json'; readonly $value: Uint8Array }
  | { readonly $tag: 'patch_blob_ref'; readonly $value: { readonly blob_ref: Hash; readonly format: string } }

/** `sys/GovProposeParams@1`. */
interface ProposeParams {
  readonly patch: PatchInput
  readonly summary: Value
  readonly manifest_base: Hash | null
  readonly description: string | null
}

/** Where a patch is read from. */
interface PatchSource {
  readonly ports: KernelPorts
  readonly state: WorldState
  readonly blobs: TurnBlobs
}

/** The kind whose parameters tell what the patch changes. */
export const PROPOSE_KIND = 'governance.propose'

/**
 * The parameters with the summary that the patch really has, whatever was given: the enforcer judges by it. null when the patch cannot be read, which is what the
 * effect will fail with.
 */
export function withSummary(params: Value, source: PatchSource): Value {
  const given = params as unknown as ProposeParams // sys/GovProposeParams@1
  try {
    const base = baseSet(source)
    const patch = patchOf(given.patch, base, source)
    return { ...given, patch: given.patch as unknown as Value, summary: summaryValue(source, base, patch) }
  } catch (error) {
    if (!isAosError(error) || error.code.startsWith('store.')) throw error
    return { ...given, patch: given.patch as unknown as Value, summary: null }
  }
}

function summaryValue({ ports }: PatchSource, base: DefinitionSet, patch: Patch): Value {
  const { set: next } = patched(ports, base, patch)
  return summarizePatch({ sha256: ports.sha256, patch, base, next })
}

function baseSet({ ports, state }: PatchSource): DefinitionSet {
  if (state.manifestHash === undefined) throw kernelError('kernel.no_genesis', 'the world has no genesis')
  return setOf(loadDefinitions(ports, state.manifestHash, (hash) => ports.content.get(hash), state))
}

function patchOf(input: PatchInput, base: DefinitionSet, source: PatchSource): Patch {
  const { blobs } = source
  switch (input.$tag) {
    case 'hash':
      return readPatch(needBlob(blobs, input.$value))
    case 'patch_cbor':
      return readPatch(input.$value)
    case 'patch_doc_json':
      return patchOfJson(input.$value, base, source)
    case 'patch_blob_ref': {
      const { blob_ref: hash, format } = input.$value
      if (format === 'cbor') return readPatch(needBlob(blobs, hash))
      if (format === 'json') return patchOfJson(needBlob(blobs, hash), base, source)
      throw kernelError('gov.bad_patch', `the format of a patch is cbor or json, found ${format.slice(0, 40)}`)
    }
  }
}

/** A document is for what is in force where it does not say for what. */
function patchOfJson(bytes: Uint8Array, base: DefinitionSet, { ports: { sha256 } }: PatchSource): Patch {
  const parsed = parsePatch(parseJson(utf8Text(bytes)), { base })
  if (parsed.ok) return completePatch({ sha256, base, patch: parsed.value })
  throw badPatch(parsed.issues)
}

function needBlob(blobs: TurnBlobs, hash: Hash): Uint8Array {
  const bytes = blobs.read(hash)
  if (bytes !== undefined) return bytes
  throw new AosError('blob.unknown', `the world does not know of the content ${hash}`)
}

/** As the turn sees it: what it has put in force already counts. */
function groundIn({ state, effects, facts, overlay }: InternalGround): ProposalGround {
  const ground = groundOf(state, facts.logicalNowNs, (number) => effects.governance.get(number))
  const { change } = overlay
  if (change === undefined) return ground
  return { ...ground, actions: change.catalog.actions, manifestHash: change.manifest, manifestHeight: facts.height }
}

/** Puts up a patch that content known to the world holds, in the name of the plan that asks; answers number, manifest and authority. */
export const PROPOSE: InternalEffect = {
  perform(params, ground) {
    const given = params as unknown as ProposeParams // sys/GovProposeParams@1
    const { ports, state, blobs, intent, facts, effects } = ground
    const proposals = groundIn(ground)
    const base = proposals.manifestHash
    if (given.manifest_base !== null && given.manifest_base !== base) {
      throw kernelError('kernel.stale_base', `in force is ${base}, not ${given.manifest_base}`)
    }
    const patchBytes = encodePatch(patchOf(given.patch, baseSet(ground), ground))
    const patch = blobs.write(patchBytes)
    const { proposal, set } = proposed(ports, state, proposals, {
      get: (hash) => needBlob(blobs, hash),
      given: {
        patch,
        patchBytes,
        base,
        baseHeight: proposals.manifestHeight,
        description: given.description ?? undefined,
        reverts: undefined,
        number: effects.governance.next,
        proposer: intent.principal,
        proposerKey: undefined,
        height: facts.height,
      },
    })
    for (const node of nodesOf(ports, set).values()) blobs.write(node)
    effects.governance.put(proposal, 'proposed', { hash: patch, text: proposal.authority })
    return { status: 'ok', value: { proposal_id: proposal.number, patch_hash: patch, manifest_base: base } }
  },
}

/** `governance.approve`: approves or rejects, with the key that released the effect. */
export const APPROVE: InternalEffect = {
  perform(params, ground) {
    const given = params as {
      readonly proposal_id: number
      readonly decision: { readonly $tag: 'approve' | 'reject' }
      readonly reason: string | null
    } // sys/GovApproveParams@1
    const { effects, facts, releasedBy } = ground
    if (releasedBy === undefined) {
      throw kernelError('gov.unsigned', 'a policy has to ask for an approval of this effect, so that somebody signs it')
    }
    const proposals = groundIn(ground)
    const open = needOpen(proposals, given.proposal_id)
    const decision = given.decision.$tag
    const { keyId, expiresNs } = releasedBy
    const { patch, base, baseHeight } = open
    const report = open.report?.hash ?? formatHash(sha256(ground.ports.sha256, NO_REPORT))
    const bound = { patch, base, baseHeight, report, expiresNs, keyId, height: facts.height }
    const proposal = decided(proposals, { op: 'decide', proposal: open.number, decision, ...bound })
    effects.governance.put(proposal, decision === 'approve' ? 'approved' : 'rejected', { hash: report, text: keyId })
    const approver = proposals.actions.approvers.get(keyId)?.name ?? `key:${keyId}`
    return {
      status: 'ok',
      value: {
        proposal_id: open.number,
        decision: { $tag: decision },
        patch_hash: patch,
        approver,
        reason: given.reason,
      },
    }
  },
}

/** Stands where there is none, which `decided` refuses. */
const NO_REPORT: Uint8Array = new Uint8Array(0)

/** `governance.apply`: in force from the next height on. Open intents are judged again when the host says which are in flight. */
export const APPLY: InternalEffect = {
  perform(params, ground) {
    const { proposal_id: number } = params as { readonly proposal_id: number } // sys/GovApplyParams@1
    const { ports, state, facts, effects } = ground
    const proposal = applicable(groundIn(ground), number)
    const change = changeOf(ports, state, proposal)
    putProposalInForce({ ports, turn: effects, proposal, change, height: facts.height }, undefined)
    const { manifest, patch } = proposal
    return { status: 'ok', value: { proposal_id: number, manifest_hash_new: manifest, patch_hash: patch } }
  },
}
