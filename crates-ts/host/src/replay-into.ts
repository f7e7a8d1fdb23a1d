/** Feeding a journal into a kernel (spec/06-kernel.md, "Replay and verification"). */
import { AosError, equalBytes } from '@aos/cbor'
import type { Difference, World } from '@aos/kernel'
import type { JournalPort } from '@aos/store'
import { ENTRIES_A_STEP, runSteps } from './steps.ts'
import type { Steps } from './steps.ts'

/** Which entries. */
export interface ReplayOptions {
  /** First height; default: 0. */
  readonly from?: number | undefined
  /** Last height; default: the head. */
  readonly to?: number | undefined
  readonly onReplay?: ((height: number) => void) | undefined
}

/** Feeds the journal into a kernel without comparing more than the chain. Throws `host.replay_differs`. */
export function replayInto(kernel: World, journal: JournalPort, options: ReplayOptions): void {
  runSteps(replaySteps(kernel, journal, options))
}

/** `replayInto`, step by step. */
export function* replaySteps(kernel: World, journal: JournalPort, options: ReplayOptions): Steps<void> {
  const { from = 0, to = journal.head?.height ?? -1 } = options
  if (to < from) return
  for (const batch of journal.read({ from, to })) {
    for (const [index, record] of batch.entries()) {
      if (index % ENTRIES_A_STEP === 0) yield
      const difference = kernel.replay(record.bytes, { verify: false })
      if (difference !== undefined) throw replayDiffers(difference)
      if (kernel.head === undefined || !equalBytes(kernel.head.leaf, record.leaf)) throw leafDiffers(record.height)
    }
    const last = batch.at(-1)
    if (last !== undefined) options.onReplay?.(last.height)
  }
}

function replayDiffers(difference: Difference): AosError {
  return new AosError('host.replay_differs', `height ${difference.height} does not follow: ${difference.path}`, {
    details: { ...difference },
    hint: 'run `aos journal verify` and `aos journal replay --verify`',
  })
}

function leafDiffers(height: number): AosError {
  return new AosError('host.replay_differs', `the leaf of height ${height} is not the one that replay finds`, {
    details: { height },
    hint: 'run `aos journal verify`',
  })
}
