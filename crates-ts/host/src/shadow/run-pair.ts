/** Runs both forks through the stretch, and through what comes behind it. */
import { AosError } from '@aos/cbor'
import type { HostWorld } from '../host-world.ts'
import type { FairSlice } from '../worlds/fair-share.ts'
import type { AnswerQueue } from './answer-queue.ts'
import type { Budget, PassedBound } from './bounds.ts'
import type { ForkPair } from './pair.ts'
import { seedIngress, stampBehind } from './seed.ts'
import type { ShadowSeed } from './seed.ts'
import type { Stretch } from './stretch.ts'

/** What a run takes along. */
export interface RunGround {
  readonly host: HostWorld
  readonly pair: ForkPair
  readonly budget: Budget
  readonly slice: FairSlice
  readonly signal: AbortSignal | undefined
  readonly answers: { readonly base: AnswerQueue; readonly candidate: AnswerQueue }
}

/** The bound at which it stopped; undefined: it came to the end. Throws `control.lost` when nobody wants it any more. */
export async function runStretch(ground: RunGround, { from, to }: Stretch): Promise<PassedBound | undefined> {
  const { host, pair, answers } = ground
  if (to < from) return undefined
  for (const batch of host.store.journal.read({ from, to })) {
    for (const { bytes } of batch) {
      const bound = passedBound(ground)
      if (bound !== undefined) return bound
      // The kernel may keep parts of it, and the batch is only lent.
      pair.record(bytes.slice(), answers.candidate)
      await answers.candidate.fill(Number.POSITIVE_INFINITY)
      await letOthersOn(ground)
    }
  }
  return undefined
}

/** Seeds, then answers of the script until both have none left; as `runStretch`. */
export async function runBehind(
  ground: RunGround,
  seeds: readonly ShadowSeed[],
  since: number,
): Promise<PassedBound | undefined> {
  const { pair, answers } = ground
  for (const seed of seeds) {
    const bound = passedBound(ground) ?? (isFull(ground, since) ? 'entries_limit' : undefined)
    if (bound !== undefined) return bound
    pair.both(seedIngress(seed), stampBehind(pair.base.fork.world))
    await letOthersOn(ground)
  }
  for (;;) {
    await answers.base.fill(since)
    await answers.candidate.fill(since)
    const next = { base: answers.base.take(), candidate: answers.candidate.take() }
    if (next.base === undefined && next.candidate === undefined) return undefined
    const bound = passedBound(ground) ?? (isFull(ground, since) ? 'entries_limit' : undefined)
    if (bound !== undefined) return bound
    pair.each(next, stampBehind(pair.base.fork.world))
    await letOthersOn(ground)
  }
}

function isFull({ pair, budget }: RunGround, since: number): boolean {
  return pair.height - since >= budget.bounds.moreEntriesMax
}

function passedBound({ pair, budget }: RunGround): PassedBound | undefined {
  return budget.passedBy({ base: pair.base.log.fuel, candidate: pair.candidate.log.fuel })
}

async function letOthersOn({ slice, signal }: RunGround): Promise<void> {
  if (!slice.isOver()) return
  await slice.pass()
  if (signal?.aborted === true) throw new AosError('control.lost', 'nobody waits for the result any more')
}
