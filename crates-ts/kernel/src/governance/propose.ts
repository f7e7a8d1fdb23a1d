/** Putting a change up for decision (spec/17-governance.md, "Propose"): it is checked like a fresh manifest, and against everything that is there. */
import { compareAuthority } from '@aos/air'
import type { DefinitionSet } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { kernelError } from '../errors.ts'
import { loadDefinitions } from '../load-definitions.ts'
import type { GetNode } from '../load-definitions.ts'
import type { KernelPorts } from '../ports.ts'
import type { WorldState } from '../state.ts'
import { loadCandidate, planChange } from './manifest-change.ts'
import type { Candidate } from './manifest-change.ts'
import { patched, readPatch, readerOver, setOf } from './patch.ts'
import { compileProbation } from './probation.ts'
import type { Proposal } from './proposal.ts'
import { checkBase } from './proposals.ts'
import type { ProposalGround } from './proposals.ts'

/** What is proposed, by whom. */
export interface GivenProposal {
  readonly patch: Hash
  readonly patchBytes: Uint8Array
  readonly base: Hash
  readonly baseHeight: number
  readonly description: string | undefined
  readonly reverts: number | undefined
  readonly number: number
  readonly proposer: string
  /** Key id, hexadecimal. */
  readonly proposerKey: string | undefined
  readonly height: number
}

/** A proposal, with what has to be content for it to come into force. */
export interface Proposed {
  readonly proposal: Proposal
  readonly set: DefinitionSet
}

/**
 * Throws `kernel.stale_base`, `kernel.manifest_in_force`, `gov.bad_patch`, `gov.no_way_back`, what `planChange` throws, and what loading a manifest throws. `get` reads
 * modules.
 */
export function proposed(
  ports: KernelPorts,
  state: WorldState,
  ground: ProposalGround,
  { given, get }: { readonly given: GivenProposal; readonly get: GetNode },
): Proposed {
  checkBase(ground, given)
  const patch = readPatch(given.patchBytes)
  const baseDefinitions = loadDefinitions(ports, given.base, (hash) => ports.content.get(hash), state)
  const base = setOf(baseDefinitions)
  const { set, manifest } = patched(ports, base, patch)
  if (manifest === given.base) {
    throw kernelError('kernel.manifest_in_force', 'the patch leads to the manifest that is in force', {
      path: ['patch'],
    })
  }
  const candidate = loadCandidate(ports, state, { manifest, get: readerOver(ports, set, get) })
  planChange(ports, state, candidate)
  if (patch.probation !== undefined) {
    compileProbation(ports, patch.probation)
    checkWayBack(ports, state, { base: given.base, candidate })
  }
  const { number, base: baseHash, baseHeight, proposer, proposerKey, height, description, reverts } = given
  return {
    set,
    proposal: {
      number,
      status: 'open',
      patch: given.patch,
      manifest,
      base: baseHash,
      baseHeight,
      proposer,
      proposerKey,
      height,
      description,
      authority: compareAuthority({ base, next: set }).verdict,
      report: undefined,
      approvals: [],
      appliedHeight: undefined,
      reverts,
    },
  }
}

/** What is put back when a probation fails must be able to come into force again. Throws `gov.no_way_back`. */
function checkWayBack(
  ports: KernelPorts,
  state: WorldState,
  { base, candidate }: { readonly base: Hash; readonly candidate: Candidate },
): void {
  const back = loadCandidate(ports, state, { manifest: base, get: (hash) => ports.content.get(hash) })
  try {
    planChange(ports, state, back, candidate)
  } catch (error) {
    if (!isAosError(error)) throw error
    throw kernelError('gov.no_way_back', `the change could not be taken back: ${error.message}`, {
      cause: error,
      details: { code: error.code },
    })
  }
}
