/** A run that has begun: its forks, and where they begin (spec/24-shadow-report.md, "Forks"). */
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { Proposal } from '@aos/kernel'
import type { HostWorld } from '../host-world.ts'
import { runStepsFairly } from '../steps.ts'
import type { FairSlice } from '../worlds/fair-share.ts'
import type { Budget } from './bounds.ts'
import { openFork } from './fork.ts'
import type { Fork } from './fork.ts'
import { ForkPair } from './pair.ts'
import { chooseStretch } from './stretch.ts'
import type { Stretch } from './stretch.ts'

/** Everything that is fixed once a run has begun. */
export interface ShadowRun {
  readonly host: HostWorld
  readonly proposal: Proposal
  readonly head: number
  readonly budget: Budget
  readonly slice: FairSlice
  readonly signal: AbortSignal | undefined
}

/** Both forks where the stretch begins. */
export interface Begun {
  readonly pair: ForkPair
  readonly stretch: Stretch
  /** Why the candidate could not begin where it should have. */
  readonly blocked: string | undefined
}

/** Throws `host.bad_height`, and what opening throws. */
export async function begin(run: ShadowRun, from: number | undefined): Promise<Begun> {
  const { host, proposal, head, budget } = run
  const { entriesMax } = budget.bounds
  const stretch = chooseStretch(host, { head, baseHeight: proposal.baseHeight, from, entriesMax })
  const candidate = await forkWith(run, stretch.from - 1, proposal.manifest)
  if (typeof candidate !== 'string') {
    return { pair: new ForkPair(await fork(run, stretch.from - 1), candidate), stretch, blocked: undefined }
  }
  // Nothing can be run: both are what the base is at the head, so that only the rest of the report says something.
  const pair = new ForkPair(await fork(run, head), await fork(run, head))
  return { pair, stretch: { from: head + 1, to: head, reason: 'blocked' }, blocked: candidate }
}

async function fork(run: ShadowRun, height: number): Promise<Fork> {
  return runStepsFairly(openFork(run.host, height), run)
}

/** A fork with the candidate in force; a text where states or what is in flight do not let it. */
export async function forkWith(run: ShadowRun, height: number, manifest: Hash): Promise<Fork | string> {
  const made = await fork(run, height)
  const refusal = tryForce(made, manifest)
  return refusal ?? made
}

/** Why a manifest cannot be put in force on a fork, which is then of no use any more; undefined when it was. */
export function tryForce({ world }: Fork, manifest: Hash): string | undefined {
  try {
    world.force(manifest)
    return undefined
  } catch (error) {
    if (isAosError(error) && error.code.startsWith('gov.')) return `${error.code}: ${error.message}`
    throw error
  }
}
