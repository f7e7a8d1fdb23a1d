/** The two forks of a shadow run, which go on side by side: at every height each has an entry or passes (spec/24-shadow-report.md, "Ingress"). */
import { decodeEntry, readIngress } from '@aos/kernel'
import type { Ingress, IntentReport, Stamp, TurnResult } from '@aos/kernel'
import type { Fork } from './fork.ts'
import { ForkLog } from './fork-log.ts'
import type { PassReason, ShadowRefusal } from './report.ts'
import { translate } from './translate.ts'

/** What is submitted where the candidate passes. */
export interface Pending {
  /** Answers that have been made already, first things first. */
  take(): Ingress | undefined
}

/** One of the forks and what it did. */
export interface Side {
  readonly fork: Fork
  readonly log: ForkLog
}

/** Fuel of the turn, in the header. */
const FUEL_FIELD = 8

/** The base and the candidate. */
export class ForkPair {
  readonly base: Side
  readonly candidate: Side
  readonly refusals: ShadowRefusal[] = []
  readonly passed: Map<PassReason, number> = new Map<PassReason, number>()
  submitted = 0
  refused = 0
  scripted = 0

  constructor(base: Fork, candidate: Fork) {
    this.base = { fork: base, log: new ForkLog(base.world) }
    this.candidate = { fork: candidate, log: new ForkLog(candidate.world) }
  }

  /** The height of both. */
  get height(): number {
    return this.base.fork.world.head?.height ?? -1
  }

  /** One recorded entry: the base has it again, the candidate what it comes to. */
  record(entry: Uint8Array, pending: Pending): void {
    const { ingress, stamp } = readIngress(entry)
    const { base, candidate } = this
    if (ingress.kind === 'snapshot_cut' || ingress.kind === 'snapshot_root') {
      base.fork.world.pass(stamp)
      base.log.skip(this.height, 'passed')
    } else {
      base.log.add(base.fork.world.reenact(entry), fuelOf(entry))
      if (ingress.kind === 'receipt') base.log.addCost(ingress.receipt.cost)
    }
    const given = translate(ingress, { base: base.log, candidate: candidate.log, world: candidate.fork.world })
    if (given.kind === 'ingress') {
      this.submitted += 1
      const result = submit(candidate, given.ingress, stamp)
      if (result.kind === 'refused') this.#refuse(given.ingress, result.error.code)
      return
    }
    this.passed.set(given.why, (this.passed.get(given.why) ?? 0) + 1)
    fill(candidate, base, { stamp, own: this.#scripted(pending) })
  }

  /** The same ingress for both, behind the stretch. */
  both(ingress: Ingress, stamp: Stamp): void {
    submit(this.base, ingress, stamp)
    this.submitted += 1
    const result = submit(this.candidate, ingress, stamp)
    if (result.kind === 'refused') this.#refuse(ingress, result.error.code)
  }

  /** Each its own ingress, or a tick where that has work. */
  each(ingress: { readonly base: Ingress | undefined; readonly candidate: Ingress | undefined }, stamp: Stamp): void {
    fill(this.base, this.candidate, { stamp, own: ingress.base })
    fill(this.candidate, this.base, { stamp, own: ingress.candidate })
    if (ingress.candidate !== undefined) this.scripted += 1
  }

  /** Open intents of a side that nothing recorded is for. */
  unanswered(of: 'base' | 'candidate', since: number): readonly IntentReport[] {
    const [side, other] = of === 'base' ? [this.base, this.candidate] : [this.candidate, this.base]
    const found: IntentReport[] = []
    for (const [name, { intent }] of side.log.intents) {
      const isRecorded = intent.height <= since && (of === 'base' || other.log.intents.has(name))
      const now = isRecorded ? undefined : side.fork.world.readIntent(intent.hash)
      if (now?.status === 'open' && now.dueNs === undefined) found.push(now)
    }
    return found
  }

  #scripted(pending: Pending): Ingress | undefined {
    const ingress = pending.take()
    if (ingress !== undefined) this.scripted += 1
    return ingress
  }

  #refuse(ingress: Ingress, code: string): void {
    this.refused += 1
    const { height } = this
    if (this.base.log.turns.get(height) === 'refused') return
    const schema = ingress.kind === 'event' ? { schema: ingress.schema } : {}
    this.refusals.push({ height, kind: ingress.kind, ...schema, code })
  }
}

function submit({ fork, log }: Side, ingress: Ingress, stamp: Stamp): TurnResult {
  const result = fork.world.submit(ingress, stamp)
  if (result.kind === 'accepted') {
    log.add(result, fuelOf(result.entry))
    if (ingress.kind === 'receipt') log.addCost(ingress.receipt.cost)
    return result
  }
  fork.world.pass(stamp)
  log.skip(fork.world.head?.height ?? -1, 'refused')
  return result
}

/** A height at which a fork has nothing of its own. What is due in both is left to a recorded tick. */
function fill(
  side: Side,
  other: Side,
  { stamp, own }: { readonly stamp: Stamp; readonly own: Ingress | undefined },
): void {
  const isDue = (of: Side): boolean => (of.fork.world.nextDueNs ?? stamp.nowNs + 1n) <= stamp.nowNs
  if (own !== undefined) {
    submit(side, own, stamp)
  } else if (isDue(side) && !isDue(other)) {
    submit(side, { kind: 'tick', principal: 'host:shadow' }, stamp)
  } else {
    const { world } = side.fork
    world.pass(stamp)
    side.log.skip(world.head?.height ?? -1, 'passed')
  }
}

function fuelOf(entry: Uint8Array): number {
  return Number(decodeEntry(entry).header.get(FUEL_FIELD) ?? 0)
}
