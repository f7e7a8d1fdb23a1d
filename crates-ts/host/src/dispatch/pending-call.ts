/** One call of an adapter while it is under way (spec/14-dispatch.md, "Calls"). */
import { callAdapter } from '@aos/adapters'
import type { Adapter, AdapterCall, AdapterQuestion, AdapterResult, BlobAccess } from '@aos/adapters'
import { AosError, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { IntentReport } from '@aos/kernel'
import type { ContentStore } from '@aos/store'
import type { HostSecrets } from '../secrets/host-secrets.ts'
import type { CallPolicy, DispatchCatalog } from './dispatch-catalog.ts'
import type { DispatchLog } from './dispatch-log.ts'
import type { EffectsEvent } from './effects-face.ts'
import type { StopListener, StopNotice } from './stop-notice.ts'
import type { LimitGroup, Limited, TimeLimits } from './time-limits.ts'
import type { Timers } from './timers.ts'

/** What every call of an effects host shares. */
export interface CallGround {
  readonly log: DispatchLog
  readonly content: Pick<ContentStore, 'get' | 'put'>
  readonly secrets: HostSecrets
  readonly timers: Timers
  readonly limits: TimeLimits
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
  /** Given when the host stops and does not wait for this call any more. */
  readonly stopped: StopNotice
}

/** What the adapter is given, resolved. */
export interface PreparedCall {
  readonly ok: true
  readonly params: AdapterCall['params']
  readonly grant: AdapterCall['grant']
}

/** What came of a call before anything else did; undefined: a look-up that cannot tell. */
export type First = AdapterResult | 'timeout' | 'stopped' | undefined

/**
 * Thousands may be under way, so all that one needs is in one object, and what most adapters never look at (signal, blobs) is made when it is asked
 * for.
 */
export class PendingCall implements AdapterCall, Limited, StopListener {
  readonly effectKind: string
  readonly params: AdapterCall['params']
  readonly intentHash: Hash
  readonly attempt: number
  readonly grant: AdapterCall['grant']
  /** Once begun. */
  working: Promise<AdapterResult | undefined> = NOTHING
  readonly #job: EffectJob
  readonly #ground: CallGround
  #blobs: CallBlobs | undefined
  #controller: AbortController | undefined
  #isAborted = false
  #limit: LimitGroup | undefined
  #resolve: ((first: First) => void) | undefined

  constructor(
    job: EffectJob,
    ground: CallGround,
    { prepared, attempt }: { readonly prepared: PreparedCall; readonly attempt: number },
  ) {
    const { intent } = job
    this.effectKind = intent.effectKind
    this.params = prepared.params
    this.intentHash = intent.hash
    this.attempt = attempt
    this.grant = prepared.grant
    this.#job = job
    this.#ground = ground
  }

  get idempotencyKey(): string {
    return toHex(this.#job.intent.idempotencyKey)
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isAborted) this.#controller.abort()
    return this.#controller.signal
  }

  get blobs(): BlobAccess {
    this.#blobs ??= new CallBlobs(this.#ground.content)
    return this.#blobs
  }

  /** What comes first: the result, the end of the time for one call, or of the host's patience. */
  begin(question: AdapterQuestion): Promise<First> {
    const { adapter, policy, stopped, catalog } = this.#job
    this.working = callAdapter(adapter, this, { scrubber: this.#ground.secrets.scrubber(catalog), question })
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#limit = this.#ground.limits.start(policy.timeoutMs, this)
      stopped.add(this)
      // Only our own guard rejects.
      this.working.then((result) => {
        this.#reach(result)
      }, reject)
    })
  }

  abort(): void {
    this.#isAborted = true
    this.#controller?.abort()
  }

  /** True for a result that came in time and left nothing to be stored. */
  isClosed(first: First): first is AdapterResult {
    return typeof first === 'object' && (this.#blobs?.puts.length ?? 0) === 0
  }

  /** Resolves when everything that was put is durable. */
  async stored(): Promise<void> {
    await Promise.all(this.#blobs?.puts ?? [])
  }

  onTimeout(): void {
    this.#reach('timeout')
  }

  onStop(): void {
    this.#reach('stopped')
  }

  /** Once; what comes later is not heard. */
  #reach(first: First): void {
    this.#limit?.drop(this)
    this.#job.stopped.drop(this)
    this.#resolve?.(first)
    this.#resolve = undefined
  }
}

const NOTHING: Promise<undefined> = Promise.resolve(undefined)

/** Content for one call. */
class CallBlobs implements BlobAccess {
  readonly puts: Promise<unknown>[] = []
  readonly #content: CallGround['content']

  constructor(content: CallGround['content']) {
    this.#content = content
  }

  get(hash: Hash): Uint8Array | undefined {
    return this.#content.get(hash)
  }

  put(bytes: Uint8Array): Promise<Hash> {
    const put = this.#content.put([bytes]).then(([hash]) => {
      if (hash === undefined) throw new AosError('host.fault', 'the content store gave no hash for what it stored')
      return hash
    })
    put.catch(() => undefined)
    this.puts.push(put)
    return put
  }
}
