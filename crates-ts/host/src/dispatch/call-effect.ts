/** One intent from its first call to its result (spec/14-dispatch.md, "Calls" and "After a crash"). */
import { SECRET_BYTES_MIN, callAdapter } from '@aos/adapters'
import type { Adapter, AdapterCall, AdapterResult, BlobAccess } from '@aos/adapters'
import { AosError, toHex } from '@aos/cbor'
import type { IntentReport } from '@aos/kernel'
import type { ContentStore } from '@aos/store'
import { lookUpSecret } from '../secrets/secret-bindings.ts'
import type { SecretEnvironment } from '../secrets/secret-bindings.ts'
import { resolveSecrets } from '../secrets/resolve-secrets.ts'
import type { CallPolicy, DispatchCatalog } from './dispatch-catalog.ts'
import type { DispatchLog } from './dispatch-log.ts'
import { codeOf, encodeResult, failure, failureValue } from './effect-result.ts'
import type { EncodedResult } from './effect-result.ts'
import type { EffectsEvent } from './effects-face.ts'
import type { Timers } from './timers.ts'

/** What every call of an effects host shares. */
export interface CallGround {
  readonly log: DispatchLog
  readonly content: Pick<ContentStore, 'get' | 'put'>
  readonly environment: SecretEnvironment
  readonly timers: Timers
  /** From 0 up to 1. */
  readonly chance: () => number
  readonly onEvent: (event: EffectsEvent) => void
}

/** An intent with everything that its calls go by. */
export interface EffectJob {
  readonly intent: IntentReport
  readonly adapter: Adapter
  readonly policy: CallPolicy
  readonly catalog: DispatchCatalog
  /** Aborted when the host stops and does not wait for this call any more. */
  readonly stopped: AbortSignal
}

/** How the work on an intent ended. */
export type CallOutcome =
  | {
      readonly kind: 'receipt'
      readonly result: EncodedResult
      readonly startedNs: bigint
      readonly finishedNs: bigint
    }
  /** No try succeeded, and another one later may. */
  | { readonly kind: 'dead'; readonly code: 'attempts' }
  /** The host stopped; the intent stays as it is. */
  | { readonly kind: 'left' }

const BACKOFF_MS = 200
const BACKOFF_MS_MAX = 30_000

/** How long an adapter may take to notice that its call was ended. */
const ABORT_GRACE_MS = 1000
const STOP_GRACE_MS = 50

/** Never rejects because of an adapter; rejects when the dispatch log or the content store fails. */
export async function performEffect(job: EffectJob, ground: CallGround): Promise<CallOutcome> {
  const startedNs = ground.timers.wallNs()
  const finish = (result: EncodedResult): CallOutcome => {
    return { kind: 'receipt', result, startedNs, finishedNs: ground.timers.wallNs() }
  }
  const prepared = prepare(job, ground)
  if (!prepared.ok) return finish(prepared.result)
  const { intent, policy } = job
  if (!policy.idempotent && ground.log.isMarked(intent.hash)) {
    const found = await resolveEarlier(job, ground, prepared)
    return found === undefined ? { kind: 'left' } : finish(found)
  }
  for (let attempt = 1; ; attempt += 1) {
    await ground.log.mark(intent.hash, attempt, { sync: !policy.idempotent })
    if (job.stopped.aborted) return { kind: 'left' }
    ground.onEvent(callEvent('call', intent, attempt))
    const result = await callOnce(job, ground, { ...prepared, attempt, question: 'perform' })
    if (typeof result === 'string') return { kind: 'left' }
    const again = policy.idempotent && result.retryable === true
    if (!again || (attempt >= policy.attemptsMax && (result.status === 'ok' || policy.attemptsMax <= 1))) {
      return finish(encodeResult(intent, result))
    }
    if (attempt >= policy.attemptsMax) return { kind: 'dead', code: 'attempts' }
    const delayMs = backoffMs(attempt, ground.chance())
    const code = codeOf(result) ?? result.status
    ground.onEvent({ type: 'retry', intent: intent.hash, attempt, delayMs, code })
    if (!(await pause(delayMs, job.stopped, ground.timers))) return { kind: 'left' }
  }
}

/** Doubles from 200 ms to 30 s; between half of it and all of it. */
export function backoffMs(attempt: number, chance: number): number {
  const full = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** Math.min(attempt - 1, 20))
  return Math.round(full * (0.5 + chance / 2))
}

type Prepared =
  | {
      readonly ok: true
      readonly params: AdapterCall['params']
      readonly grant: AdapterCall['grant']
      readonly secrets: readonly string[]
    }
  | { readonly ok: false; readonly result: EncodedResult }

function prepare({ intent, catalog }: EffectJob, ground: CallGround): Prepared {
  const grant = catalog.grant(intent.grant)
  if (grant === undefined) {
    return { ok: false, result: failure('grant_missing', `the grant ${intent.grant} is gone`, { status: 'denied' }) }
  }
  const { type, codec } = intent.paramsSchema
  const resolved = resolveSecrets(type, codec.decode(intent.params), {
    table: catalog.table,
    lookUp: (name) => lookUpSecret(name, catalog.secret(name), ground.environment),
  })
  if (!resolved.ok) return { ok: false, result: failure(resolved.failure.code, resolved.failure.message) }
  const { params, secrets } = resolved
  if (secrets.some((secret) => Buffer.byteLength(secret, 'utf8') < SECRET_BYTES_MIN)) {
    return { ok: false, result: failure('secret_too_short', `a secret has less than ${SECRET_BYTES_MIN} bytes`) }
  }
  return { ok: true, params, grant, secrets }
}

/** What came of a call that an earlier process began; `unknown` when nobody can tell (G10). */
async function resolveEarlier(
  job: EffectJob,
  ground: CallGround,
  prepared: Extract<Prepared, { readonly ok: true }>,
): Promise<EncodedResult | undefined> {
  const { intent, adapter } = job
  if (adapter.lookup !== undefined) {
    ground.onEvent(callEvent('lookup', intent, 1))
    const found = await callOnce(job, ground, { ...prepared, attempt: 1, question: 'lookup' })
    if (found === 'stopped') return undefined
    if (found !== 'nothing') return encodeResult(intent, found)
  }
  const message = 'the call was begun before the host ended; nobody can tell what came of it'
  return failure('interrupted', message, { status: 'unknown' })
}

interface OneCall {
  readonly params: AdapterCall['params']
  readonly grant: AdapterCall['grant']
  readonly secrets: readonly string[]
  readonly attempt: number
  readonly question: 'perform' | 'lookup'
}

/** `stopped`: the host does not wait for it. `nothing`: the look-up could not tell. */
async function callOnce(
  job: EffectJob,
  ground: CallGround,
  one: OneCall,
): Promise<AdapterResult | 'stopped' | 'nothing'> {
  const { timers } = ground
  const abort = new AbortController()
  const { blobs, stored } = blobsOf(ground.content)
  const call = callOf(job.intent, { ...one, blobs, signal: abort.signal })
  const { secrets, question } = one
  const working = callAdapter(job.adapter, call, { secrets, question }).then((result) => result ?? 'nothing')
  const end = endOf(job, timers)
  let first = await Promise.race([working, end.reached])
  end.cancel()
  if (first === 'timeout' || first === 'stopped') {
    abort.abort()
    const late = await within(working, first === 'stopped' ? STOP_GRACE_MS : ABORT_GRACE_MS, timers)
    if (first === 'stopped' && (typeof late === 'string' || late.status !== 'ok')) return 'stopped'
    first = late === 'late' ? timedOut(job) : late
  }
  // What the payload names is on the medium before anybody hears of it.
  await stored()
  return first
}

function callOf(
  intent: IntentReport,
  given: OneCall & { readonly blobs: BlobAccess; readonly signal: AbortSignal },
): AdapterCall {
  const { params, grant, attempt, blobs, signal } = given
  return {
    effectKind: intent.effectKind,
    params,
    intentHash: intent.hash,
    idempotencyKey: toHex(intent.idempotencyKey),
    attempt,
    grant,
    blobs,
    signal,
  }
}

/** Content for one call; `stored` resolves when all that it put is durable. */
function blobsOf(content: CallGround['content']): {
  readonly blobs: BlobAccess
  readonly stored: () => Promise<void>
} {
  const puts: Promise<unknown>[] = []
  const blobs: BlobAccess = {
    get: (hash) => content.get(hash),
    put(bytes) {
      const put = content.put([bytes]).then(([hash]) => {
        if (hash === undefined) throw new AosError('host.fault', 'the content store gave no hash for what it stored')
        return hash
      })
      put.catch(() => undefined)
      puts.push(put)
      return put
    },
  }
  return {
    blobs,
    async stored() {
      await Promise.all(puts)
    },
  }
}

/** The end of the time for one call, or of the host's patience. */
function endOf(
  { policy, stopped }: EffectJob,
  timers: Timers,
): { readonly reached: Promise<'timeout' | 'stopped'>; readonly cancel: () => void } {
  let cancel = (): void => undefined
  const reached = new Promise<'timeout' | 'stopped'>((resolve) => {
    const onStop = (): void => {
      resolve('stopped')
    }
    const cancelTimer = timers.after(policy.timeoutMs, () => {
      resolve('timeout')
    })
    stopped.addEventListener('abort', onStop, { once: true })
    if (stopped.aborted) onStop()
    cancel = () => {
      cancelTimer()
      stopped.removeEventListener('abort', onStop)
    }
  })
  return { reached, cancel }
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
function pause(ms: number, stopped: AbortSignal, timers: Timers): Promise<boolean> {
  return new Promise((resolve) => {
    const onStop = (): void => {
      cancel()
      resolve(false)
    }
    const cancel = timers.after(ms, () => {
      stopped.removeEventListener('abort', onStop)
      resolve(true)
    })
    stopped.addEventListener('abort', onStop, { once: true })
    if (stopped.aborted) onStop()
  })
}

function callEvent(type: 'call' | 'lookup', intent: IntentReport, attempt: number): EffectsEvent {
  return { type, intent: intent.hash, effect: intent.effectKind, adapter: intent.adapter, attempt }
}
