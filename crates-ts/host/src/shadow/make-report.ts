/** Puts the report of a run together: what differs between the forks, and what it would be to apply the change at the head. */
import { compareAuthority, definitionsOf, makeDefinitionSet } from '@aos/air'
import type { DefinitionSet } from '@aos/air'
import type { Hash } from '@aos/cbor'
import { loadDefinitions } from '../definitions.ts'
import type { Definitions } from '../definitions.ts'
import type { ChangedSets } from '../governance/check-migrations.ts'
import { runStepsFairly } from '../steps.ts'
import type { PassedBound } from './bounds.ts'
import { KeyWriter, changedCells, rehearse, statesOf } from './cells.ts'
import {
  changedCosts,
  changedDeliveries,
  changedPlans,
  changedTurns,
  effectOf,
  effectsOnlyIn,
  flippedDecisions,
  listed,
} from './compare.ts'
import { findFindings } from './findings.ts'
import type { Fork } from './fork.ts'
import { reviewAtHead } from './in-flight.ts'
import type { HeadReview } from './in-flight.ts'
import type { ForkPair } from './pair.ts'
import type { ChangedCell, Listed, PassReason, ShadowEffect, ShadowMigrations, ShadowReport } from './report.ts'
import { forkWith, tryForce } from './shadow-run.ts'
import type { Begun, ShadowRun } from './shadow-run.ts'

/** A run that has come to its end, or to a bound. */
export interface EndedRun extends Begun {
  readonly bound: PassedBound | undefined
  readonly seeds: number
}

/** The forks are of no use for anything else afterwards. */
export async function makeReport(run: ShadowRun, ended: EndedRun): Promise<ShadowReport> {
  const { host, proposal, head } = run
  const { pair, stretch, blocked, bound, seeds } = ended
  const sets = {
    base: loadDefinitions(proposal.base, host.readContent),
    candidate: loadDefinitions(proposal.manifest, host.readContent),
  }
  const compared = setsOf(run)
  const keys = new KeyWriter(sets.candidate, sets.base)
  const logs = { base: pair.base.log, candidate: pair.candidate.log }
  const reached = pair.height
  const cells = blocked === undefined ? cellsOf(pair, proposal.manifest, keys) : NO_CELLS
  const atHead = await headOf(run, { pair, cells, sets, keys })
  const whole: Omit<ShadowReport, 'findings'> = {
    version: 1,
    world: host.id,
    proposal: proposal.number,
    patch: proposal.patch,
    base: proposal.base,
    baseHeight: proposal.baseHeight,
    candidate: proposal.manifest,
    head,
    stretch: { ...stretch, seeds, reached },
    entries: { submitted: pair.submitted, refused: pair.refused, passed: passedOf(pair), scripted: pair.scripted },
    authority: compareAuthority(compared),
    decisions: all(flippedDecisions(logs)),
    appearing: all(effectsOnlyIn(logs.candidate, logs.base)),
    vanishing: all(effectsOnlyIn(logs.base, logs.candidate)),
    unanswered: all(unansweredOf(pair, stretch.to)),
    plans: all(changedPlans(logs)),
    cellsTouched: cells.touched,
    cells: all(cells.changed),
    deliveries: all(changedDeliveries(logs, (place) => keys.write(place))),
    refusals: all(pair.refusals),
    turns: all(changedTurns(logs)),
    fuel: { from: logs.base.fuel, to: logs.candidate.fuel },
    costs: changedCosts(logs),
    migrations: atHead.migrations,
    inFlight: all(atHead.review.intents),
    endings: all(atHead.review.endings),
  }
  const found = findFindings({ report: whole, bound, blocked: { fork: blocked, head: atHead.blocked } })
  return { ...cut(whole, run.budget.bounds.listedMax), findings: found }
}

interface Sets {
  readonly base: Definitions
  readonly candidate: Definitions
}

/** As the kernel compares them when a change is proposed. */
export function setsOf({ host, proposal }: Pick<ShadowRun, 'host' | 'proposal'>): ChangedSets {
  const set = (manifest: Hash): DefinitionSet => {
    const definitions = loadDefinitions(manifest, host.readContent)
    return makeDefinitionSet(definitions.manifest, definitionsOf(definitions))
  }
  return { base: set(proposal.base), next: set(proposal.manifest) }
}

function all<T>(items: readonly T[]): Listed<T> {
  return { total: items.length, items }
}

function passedOf({ passed }: ForkPair): readonly { readonly why: PassReason; readonly count: number }[] {
  return [...passed].map(([why, count]) => ({ why, count })).sort((left, right) => (left.why < right.why ? -1 : 1))
}

function unansweredOf(pair: ForkPair, since: number): readonly ShadowEffect[] {
  const { log } = pair.candidate
  const open = new Set(pair.unanswered('candidate', since).map(({ hash }) => hash))
  return [...log.intents.values()].filter(({ intent }) => open.has(intent.hash)).map(effectOf)
}

interface ComparedCells {
  readonly touched: number
  readonly changed: readonly ChangedCell[]
  /** The base with the candidate in force, when it could be. */
  readonly forced: Fork | undefined
}

const NO_CELLS: ComparedCells = { touched: 0, changed: [], forced: undefined }

/** States of the candidate beside what those of the base come to when the candidate comes into force now. */
function cellsOf(
  { base, candidate }: ForkPair,
  manifest: Fork['world']['manifestHash'],
  keys: KeyWriter,
): ComparedCells {
  const touched = new Map([...base.log.cells, ...candidate.log.cells])
  const before = statesOf(base.fork.world, touched)
  const isForced = manifest !== undefined && tryForce(base.fork, manifest) === undefined
  const states = {
    base: isForced ? statesOf(base.fork.world, touched) : before,
    candidate: statesOf(candidate.fork.world, touched),
  }
  return {
    touched: touched.size,
    changed: changedCells(touched, states, keys),
    forced: isForced ? base.fork : undefined,
  }
}

interface AtHead {
  readonly migrations: ShadowMigrations
  readonly review: HeadReview
  readonly blocked: string | undefined
}

const NO_MIGRATIONS: ShadowMigrations = { cells: 0, fuel: 0, failed: { total: 0, items: [] }, isWhole: false }

/** On the base itself where that is at the head; otherwise on one more fork. */
async function headOf(
  run: ShadowRun,
  given: { readonly pair: ForkPair; readonly cells: ComparedCells; readonly sets: Sets; readonly keys: KeyWriter },
): Promise<AtHead> {
  const { pair, cells, sets, keys } = given
  const forced = cells.forced !== undefined && pair.height === run.head ? cells.forced : undefined
  const fork = forced ?? (await forkWith(run, run.head, run.proposal.manifest))
  if (typeof fork === 'string') {
    return { migrations: NO_MIGRATIONS, review: { intents: [], endings: [] }, blocked: fork }
  }
  const reducers = [...sets.candidate.modules.values()].filter(({ reducer }) => reducer).map(({ name }) => name)
  const steps = rehearse(fork.world, { reducers, budget: run.budget, keys })
  const migrations = await runStepsFairly(steps, run)
  return { migrations, review: reviewAtHead(fork.world), blocked: undefined }
}

/** Lists as long as was asked for. */
function cut(report: Omit<ShadowReport, 'findings'>, listedMax: number): Omit<ShadowReport, 'findings'> {
  const shorter = <T>({ items }: Listed<T>): Listed<T> => listed(items, listedMax)
  return {
    ...report,
    decisions: shorter(report.decisions),
    appearing: shorter(report.appearing),
    vanishing: shorter(report.vanishing),
    unanswered: shorter(report.unanswered),
    plans: shorter(report.plans),
    cells: shorter(report.cells),
    deliveries: shorter(report.deliveries),
    refusals: shorter(report.refusals),
    turns: shorter(report.turns),
    inFlight: shorter(report.inFlight),
    endings: shorter(report.endings),
  }
}
