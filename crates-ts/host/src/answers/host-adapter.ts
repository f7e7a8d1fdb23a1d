/**
 * The adapter `host`: effects that need what only a host has, such as a replay (G11; spec/14-dispatch.md, "The host as an adapter"). Their receipts are
 * signed with the host key like any other, and whoever has the journal can check them.
 */
import { makeFailurePayload } from '@aos/adapters'
import type { Adapter, AdapterCall, AdapterResult } from '@aos/adapters'
import type { Value } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import { HOST_ADAPTER } from '@aos/kernel'
import type { HostWorld } from '../host-world.ts'
import type { StepsOptions } from '../steps.ts'
import { INTROSPECT_ANSWERS } from './introspect.ts'
import { GOVERNANCE_ANSWERS } from './shadow.ts'

/** What answers look at. */
export interface AnswerGround {
  readonly host: HostWorld
  /** For what goes on for long. */
  readonly steps: (signal: AbortSignal) => StepsOptions
}

/** Resolves with a value of the receipt schema of the kind. An AosError is a failure of that code. */
export type HostAnswer = (params: Value, call: AdapterCall, ground: AnswerGround) => Promise<Value>

const ANSWERS: ReadonlyMap<string, HostAnswer> = new Map([...INTROSPECT_ANSWERS, ...GOVERNANCE_ANSWERS])

/** Areas of codes that are answers; of other errors the host makes a fault. */
const AREAS: readonly string[] = ['gov', 'introspect', 'journal', 'kernel', 'key']

/** Codes of what may be otherwise later. */
const PASSING: readonly string[] = ['introspect.not_reached']

/** One for an open world; at most it notes a report, so that an interrupted call is simply made again. */
export function makeHostAdapter(ground: AnswerGround): Adapter {
  const perform = async (call: AdapterCall): Promise<AdapterResult> => {
    const answer = ANSWERS.get(call.effectKind)
    if (answer === undefined) throw new AosError('host.fault', `the host does not answer ${call.effectKind}`)
    try {
      return { status: 'ok', payload: await answer(call.params, call, ground), cost: COST }
    } catch (error) {
      if (!isAosError(error) || !AREAS.includes(error.code.split('.')[0] ?? '')) throw error
      const payload = makeFailurePayload(error.code, error.message)
      return { status: 'error', payload, cost: COST, retryable: PASSING.includes(error.code) }
    }
  }
  return {
    id: HOST_ADAPTER,
    kinds: [...ANSWERS.keys()],
    perform,
    lookup: (_idempotencyKey, call) => perform(call),
    close: () => Promise.resolve(),
  }
}

const COST: ReadonlyMap<string, number> = new Map([['calls', 1]])
