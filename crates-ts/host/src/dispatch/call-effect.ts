/** One intent from its first call to its result (spec/14-dispatch.md, "Calls" and "After a crash"). */
import { SECRET_BYTES_MIN } from '@aos/adapters'
import type { AdapterCall, AdapterResult } from '@aos/adapters'
import type { Value } from '@aos/air'
import type { IntentReport } from '@aos/kernel'
import { resolveSecrets } from '../secrets/resolve-secrets.ts'
import { codeOf, encodeResult, failure, failureValue } from './effect-result.ts'
import type { EncodedResult } from './effect-result.ts'
import type { EffectsEvent } from './effects-face.ts'
import { PendingCall } from './pending-call.ts'
import type { CallGround, EffectJob, First, PreparedCall } from './pending-call.ts'
import type { Settling } from './settler.ts'
import type { StopListener, StopNotice } from './stop-notice.ts'
import type { Timers } from './timers.ts'

const BACKOFF_MS = 200
const BACKOFF_MS_MAX = 30_000

/** How long an adapter may take to notice that its call was ended. */
const ABORT_GRACE_MS = 1000
const STOP_GRACE_MS = 50

/**
 * What is to be told of an intent; undefined when the host stopped, and the intent stays as it is. Never rejects because of an adapter; rejects
 * when the dispatch log or the content store fails.
 */
export async function performEffect(job: EffectJob, ground: CallGround): Promise<Settling | undefined> {
  const startedNs = ground.timers.wallNs()
  const { intent, policy } = job
  const prepared = prepare(job, ground)
  if (!prepared.ok) return receiptOf(job, ground, startedNs, prepared.result)
  if (!policy.idempotent && ground.log.isMarked(intent.hash)) {
    const found = await resolveEarlier(job, ground, prepared)
    return found === undefined ? undefined : receiptOf(job, ground, startedNs, found)
  }
  for (let attempt = 1; ; attempt += 1) {
    await ground.log.mark(intent.hash, attempt, { sync: !policy.idempotent })
    if (job.stopped.isGiven) return undefined
    ground.onEvent(callEvent('call', intent, attempt))
    const call = new PendingCall(job, ground, { prepared, attempt })
    const first = await call.begin('perform')
    const result = call.isClosed(first) ? first : await closeCall(call, first, job, ground)
    if (typeof result === 'string') return undefined
    const again = policy.idempotent && result.retryable === true
    if (!again || (attempt >= policy.attemptsMax && (result.status === 'ok' || policy.attemptsMax <= 1))) {
      return receiptOf(job, ground, startedNs, encodeResult(intent, result))
    }
    if (attempt >= policy.attemptsMax) return { kind: 'dead', intent, code: 'attempts' }
    const delayMs = backoffMs(attempt, ground.chance())
    const code = codeOf(result) ?? result.status
    ground.onEvent({ type: 'retry', intent: intent.hash, attempt, delayMs, code })
    if (!(await pause(delayMs, job.stopped, ground.timers))) return undefined
  }
}

function receiptOf({ intent }: EffectJob, ground: CallGround, startedNs: bigint, result: EncodedResult): Settling {
  return { kind: 'receipt', intent, result, startedNs, finishedNs: ground.timers.wallNs() }
}

/** Doubles from 200 ms to 30 s; between half of it and all of it. */
export function backoffMs(attempt: number, chance: number): number {
  const full = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** Math.min(attempt - 1, 20))
  return Math.round(full * (0.5 + chance / 2))
}

type Prepared = PreparedCall | { readonly ok: false; readonly result: EncodedResult }

function prepare({ intent, catalog }: EffectJob, ground: CallGround): Prepared {
  const grant = catalog.grant(intent.grant)
  if (grant === undefined) {
    return { ok: false, result: failure('grant_missing', `the grant ${intent.grant} is gone`, { status: 'denied' }) }
  }
  const { type, codec } = intent.paramsSchema
  const params = codec.decode(intent.params)
  if (!catalog.takesSecrets(type)) return { ok: true, params, grant }
  return resolve(params, { intent, catalog, grant }, ground)
}

function resolve(
  given: Value,
  job: Pick<EffectJob, 'intent' | 'catalog'> & { readonly grant: AdapterCall['grant'] },
  ground: CallGround,
): Prepared {
  const { intent, catalog, grant } = job
  const resolved = resolveSecrets(intent.paramsSchema.type, given, {
    table: catalog.table,
    lookUp: (name) => ground.secrets.lookUp(name, catalog),
  })
  if (!resolved.ok) return { ok: false, result: failure(resolved.failure.code, resolved.failure.message) }
  const { params, secrets } = resolved
  if (secrets.some((secret) => Buffer.byteLength(secret, 'utf8') < SECRET_BYTES_MIN)) {
    return { ok: false, result: failure('secret_too_short', `a secret has less than ${SECRET_BYTES_MIN} bytes`) }
  }
  return { ok: true, params, grant }
}

/** What came of a call that an earlier process began; `unknown` when nobody can tell (G10). */
async function resolveEarlier(
  job: EffectJob,
  ground: CallGround,
  prepared: PreparedCall,
): Promise<EncodedResult | undefined> {
  const { intent, adapter } = job
  if (adapter.lookup !== undefined) {
    ground.onEvent(callEvent('lookup', intent, 1))
    const call = new PendingCall(job, ground, { prepared, attempt: 1 })
    const found = await closeCall(call, await call.begin('lookup'), job, ground)
    if (found === 'stopped') return undefined
    if (found !== 'nothing') return encodeResult(intent, found)
  }
  const message = 'the call was begun before the host ended; nobody can tell what came of it'
  return failure('interrupted', message, { status: 'unknown' })
}

/** `stopped`: the host does not wait for it. `nothing`: the look-up could not tell. */
async function closeCall(
  call: PendingCall,
  given: First,
  job: EffectJob,
  { timers }: CallGround,
): Promise<AdapterResult | 'stopped' | 'nothing'> {
  let first = given
  if (first === 'timeout' || first === 'stopped') {
    call.abort()
    const late = await within(call.working, first === 'stopped' ? STOP_GRACE_MS : ABORT_GRACE_MS, timers)
    if (first === 'stopped' && (late === 'late' || late?.status !== 'ok')) return 'stopped'
    first = late === 'late' ? timedOut(job) : late
  }
  // What the payload names is on the medium before anybody hears of it.
  await call.stored()
  return first ?? 'nothing'
}

async function within<T>(work: Promise<T>, ms: number, timers: Timers): Promise<T | 'late'> {
  let cancel = (): void => undefined
  const late = new Promise<'late'>((resolve) => {
    cancel = timers.after(ms, () => {
      resolve('late')
    })
  })
  const found = await Promise.race([work, late])
  cancel()
  return found
}

/** For an adapter that does not notice that its call was ended. */
function timedOut({ policy }: EffectJob): AdapterResult {
  const payload = failureValue('timeout', `there was no result within ${policy.timeoutMs} ms`)
  return { status: 'timeout', payload, cost: new Map([['calls', 1]]), retryable: true }
}

/** False when the host stopped. */
function pause(ms: number, stopped: StopNotice, timers: Timers): Promise<boolean> {
  return new Promise((resolve) => {
    const listener: StopListener = {
      onStop() {
        cancel()
        resolve(false)
      },
    }
    const cancel = timers.after(ms, () => {
      stopped.drop(listener)
      resolve(true)
    })
    stopped.add(listener)
  })
}

function callEvent(type: 'call' | 'lookup', intent: IntentReport, attempt: number): EffectsEvent {
  return { type, intent: intent.hash, effect: intent.effectKind, adapter: intent.adapter, attempt }
}
