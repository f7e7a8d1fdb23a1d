/**
 * The shadow run of a proposal (spec/24-shadow-report.md): what the world would have done, had the change been in force. It writes neither journal nor content and performs
 * nothing.
 */
import type { Script } from '@aos/adapters'
import { AosError } from '@aos/cbor'
import type { Proposal } from '@aos/kernel'
import type { HostWorld } from '../host-world.ts'
import { FairShare } from '../worlds/fair-share.ts'
import type { FairSlice } from '../worlds/fair-share.ts'
import { AnswerQueue } from './answer-queue.ts'
import { Budget, SHADOW_BOUNDS } from './bounds.ts'
import type { PassedBound, ShadowBounds } from './bounds.ts'
import { checkMigrations } from '../governance/check-migrations.ts'
import { makeReport, setsOf } from './make-report.ts'
import type { ShadowReport } from './report.ts'
import { runBehind, runStretch } from './run-pair.ts'
import type { RunGround } from './run-pair.ts'
import { ScriptAnswers } from './script-answers.ts'
import type { ShadowSeed } from './seed.ts'
import { begin } from './shadow-run.ts'
import type { ShadowRun } from './shadow-run.ts'

/** What is run, and how far. */
export interface RunShadowOptions {
  readonly host: HostWorld
  /** Number of an open proposal for what is in force. */
  readonly proposal: number
  /** First height of the stretch; chosen unless given. */
  readonly from?: number | undefined
  readonly seeds?: readonly ShadowSeed[] | undefined
  /** Answers what no recorded receipt is for. */
  readonly script?: Script | undefined
  readonly bounds?: Partial<ShadowBounds> | undefined
  /** Who is let on between steps; others on the event loop unless given. */
  readonly slice?: FairSlice | undefined
  readonly signal?: AbortSignal | undefined
  /** A clock that only goes forward, for `timeMs`. */
  readonly nowMs?: (() => number) | undefined
}

/**
 * Costs two openings, and the entries of the stretch twice. Throws `host.no_genesis`, `gov.unknown_proposal`, `gov.not_open`, `kernel.stale_base`, `host.bad_migration`, `host.bad_height`,
 * `journal.compacted`, `control.lost`, and what the machine fails with.
 */
export async function runShadow(options: RunShadowOptions): Promise<ShadowReport> {
  const { host, seeds = [], script, nowMs = () => performance.now() } = options
  const run: ShadowRun = {
    host,
    ...(await readFacts(host, options.proposal)),
    budget: new Budget({ ...SHADOW_BOUNDS, ...options.bounds }, nowMs),
    slice: options.slice ?? new FairShare().begin(host.id),
    signal: options.signal,
  }
  checkMigrations(setsOf(run))
  const begun = await begin(run, options.from)
  const { pair, stretch } = begun
  const answers = (of: 'base' | 'candidate'): AnswerQueue =>
    new AnswerQueue(pair, { of, script: script && new ScriptAnswers(pair[of].fork, script) })
  const ground: RunGround = { ...run, pair, answers: { base: answers('base'), candidate: answers('candidate') } }
  run.slice.run()
  let bound: PassedBound | undefined
  try {
    bound = (await runStretch(ground, stretch)) ?? (await runBehind(ground, seeds, stretch.to))
  } finally {
    run.slice.rest()
  }
  return makeReport(run, { ...begun, bound, seeds: seeds.length })
}

/** Of a head that is durable. */
async function readFacts(
  host: HostWorld,
  number: number,
): Promise<{ readonly proposal: Proposal; readonly head: number }> {
  const facts = await host.read((kernel) => {
    const { head, manifestHash, manifestHeight } = kernel
    return { head, manifestHash, manifestHeight, proposal: kernel.readProposal(number) }
  })
  const { head, proposal } = facts
  if (head === undefined) {
    throw new AosError('host.no_genesis', 'the world has no genesis yet', { hint: 'run `aos push`' })
  }
  if (proposal === undefined) throw new AosError('gov.unknown_proposal', `no proposal has the number ${number}`)
  if (proposal.status !== 'open') {
    throw new AosError('gov.not_open', `proposal ${number} is ${proposal.status}`)
  }
  if (proposal.base !== facts.manifestHash || proposal.baseHeight !== facts.manifestHeight) {
    throw new AosError('kernel.stale_base', `another manifest came into force since ${number} was proposed`, {
      hint: 'propose it again',
    })
  }
  return { proposal, head: head.height }
}
