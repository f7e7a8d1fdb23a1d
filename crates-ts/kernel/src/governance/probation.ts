/**
 * The time after a change came into force (spec/17-governance.md, "Probation"): what happens is counted, and when the invariant does not hold at the end of a
 * turn, the manifest before comes back in the entry of that turn.
 */
import type { Probation } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { checkExpr, compileExpr } from '@aos/expr'
import type { CompiledExpr, ExprType } from '@aos/expr'
import type { GovernanceReport } from '../api.ts'
import { kernelError } from '../errors.ts'
import type { KernelPorts } from '../ports.ts'
import type { WorldState } from '../state.ts'
import type { TurnEnd } from '../turn.ts'
import { loadCandidate, planChange } from './manifest-change.ts'
import type { ManifestChange } from './manifest-change.ts'
import { readPatch } from './patch.ts'
import { WATCHED, addCounts, isHolding } from './watch.ts'
import type { Watch, WatchedCount } from './watch.ts'

/** Throws `gov.bad_patch` for an invariant that could never be judged. */
export function compileProbation(ports: KernelPorts, { invariant }: Probation): CompiledExpr {
  const { type, issues } = checkExpr(invariant, { table: new Map(), lookUp: (root) => (root.kind === 'world' ? WORLD : undefined) }, ['probation', 'invariant']) // prettier-ignore
  const [issue] = issues
  if (issue !== undefined) throw kernelError('gov.bad_patch', `${issue.code}: ${issue.message}`, { path: issue.path })
  if (type.kind !== 'bool' && type.kind !== 'any') {
    throw kernelError('gov.bad_patch', `an invariant is a bool, found a ${type.kind}`, {
      path: ['probation', 'invariant'],
    })
  }
  return compileExpr(ports.sha256, invariant)
}

const WORLD: ExprType = {
  kind: 'record',
  fields: new Map(WATCHED.map((name): [string, ExprType] => [name, { kind: 'nat' }])),
}

/** What a turn came to for the change that is on probation. */
export type ProbationStep =
  | { readonly kind: 'goes_on'; readonly watch: Watch }
  /** Its time is over. */
  | { readonly kind: 'kept'; readonly watch: Watch }
  | { readonly kind: 'reverted'; readonly watch: Watch; readonly change: ManifestChange }
  /** The manifest before cannot come into force any more. */
  | { readonly kind: 'revert_failed'; readonly watch: Watch; readonly code: string }

/** Serves one world; the invariant is compiled once. */
export class ProbationWatch {
  readonly #ports: KernelPorts
  #compiled: { readonly patch: Hash; readonly invariant: CompiledExpr } | undefined

  constructor(ports: KernelPorts) {
    this.#ports = ports
  }

  /** To be asked at the end of every turn, when its changes are in the state. Changes nothing. */
  step(
    state: WorldState,
    turn: { readonly logicalNowNs: bigint; readonly counts: Readonly<Partial<Record<WatchedCount, number>>> },
  ): ProbationStep | undefined {
    const { watch } = state.governance
    if (watch === undefined) return undefined
    if (turn.logicalNowNs >= watch.untilNs) return { kind: 'kept', watch }
    const counted = addCounts(watch, turn.counts)
    if (isHolding(this.#invariant(watch.patch), counted)) return { kind: 'goes_on', watch: counted }
    return this.#wayBack(state, counted)
  }

  #wayBack(state: WorldState, watch: Watch): ProbationStep {
    try {
      const get = (hash: Hash): Uint8Array => this.#ports.content.get(hash)
      const candidate = loadCandidate(this.#ports, state, { manifest: watch.back, get })
      return { kind: 'reverted', watch, change: planChange(this.#ports, state, candidate) }
    } catch (error) {
      if (!isAosError(error) || error.code.startsWith('store.') || error.code === 'wasm.host_fault') throw error
      return { kind: 'revert_failed', watch, code: error.code }
    }
  }

  #invariant(patch: Hash): CompiledExpr {
    if (this.#compiled?.patch === patch) return this.#compiled.invariant
    const { probation } = readPatch(this.#ports.content.get(patch))
    if (probation === undefined) throw kernelError('kernel.bad_snapshot', `the patch ${patch} has no probation`)
    const invariant = compileProbation(this.#ports, probation)
    this.#compiled = { patch, invariant }
    return invariant
  }
}

/** What the end of a turn writes and puts in force about a probation. */
export interface ProbationEnd {
  readonly report: GovernanceReport
  readonly change: ManifestChange | undefined
}

/** Puts the step into the state; undefined when the probation goes on. Open intents have to be reviewed after a way back. */
export function settleProbation(state: WorldState, step: ProbationStep): ProbationEnd | undefined {
  const { governance } = state
  if (step.kind === 'goes_on') {
    governance.watch = step.watch
    return undefined
  }
  governance.watch = undefined
  const { proposal: number, back } = step.watch
  const change = step.kind === 'reverted' ? step.change : undefined
  if (change !== undefined) {
    const proposal = governance.proposals.get(String(number))
    if (proposal !== undefined) governance.proposals.set(String(number), { ...proposal, status: 'reverted' })
    governance.needsReview = true
  }
  const hash = change === undefined ? undefined : back
  const text = step.kind === 'revert_failed' ? step.code : undefined
  return { report: { proposal: number, change: step.kind, hash, text }, change }
}

/** Deliveries, failures, denials and fuel of one turn, as the invariant of a probation reads them. */
export function countTurn(end: TurnEnd): Readonly<Partial<Record<WatchedCount, number>>> {
  if (end.bound !== undefined) return { entries: 1, failed: 1 }
  const { steps, effects, migrations } = end
  return {
    entries: 1,
    deliveries: steps.length,
    failed: steps.filter(({ outcome }) => outcome !== 'ok').length,
    denied: effects.decisions.filter(({ outcome }) => outcome === 'deny').length,
    plans_ended: effects.ended.length,
    plans_failed: effects.ended.filter(({ code }) => code !== undefined).length,
    migrations_failed: migrations.filter(({ outcome }) => outcome !== 'ok').length,
  }
}
