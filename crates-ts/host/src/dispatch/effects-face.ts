/** What the host does about effects, as commands and the daemon use it (spec/14-dispatch.md). */
import type { Adapter } from '@aos/adapters'
import type { AosError, Hash } from '@aos/cbor'
import type { ReceiptStatus } from '@aos/effects'
import type { Ingress, TurnResult } from '@aos/kernel'
import type { HostWorld } from '../host-world.ts'
import type { Timers } from './timers.ts'

/** The part of an open world that an effects host works with. */
export type EffectsWorld = Pick<
  HostWorld,
  | 'brakeStreams'
  | 'clock'
  | 'definitions'
  | 'durable'
  | 'flush'
  | 'folder'
  | 'id'
  | 'isReceiptQuarantined'
  | 'kernel'
  | 'keyFolder'
  | 'observe'
  | 'readContent'
  | 'send'
  | 'store'
  | 'submit'
  | 'vault'
>

/** What an effects host takes from its process. */
export interface EffectsHostOptions {
  /** Everything this process can call, by id. What the bindings name and is not here is dead (`no_adapter`). */
  readonly adapters: readonly Adapter[]
  /** Where `env:NAME` bindings of secrets are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** For logs. Holds no parameters, no payloads and no secrets. */
  readonly onEvent?: (event: EffectsEvent) => void
  /** `each`: a signature for every receipt; otherwise those of one moment share one (spec/12-receipts.md, "Batch signatures"). */
  readonly signatures?: 'batch' | 'each'
  /** The machine's timers unless given. */
  readonly timers?: Timers
  /** Between 0 and 1, for the jitter of retries; chance unless given. */
  readonly chance?: () => number
}

/** A line of a log: texts and numbers only, so that `JSON.stringify` takes it as it is. */
export type EffectsEvent =
  | {
      readonly type: 'call' | 'lookup'
      readonly intent: Hash
      readonly effect: string
      readonly adapter: string
      readonly attempt: number
    }
  | {
      readonly type: 'retry'
      readonly intent: Hash
      readonly attempt: number
      readonly delayMs: number
      readonly code: string
    }
  | {
      readonly type: 'receipt'
      readonly intent: Hash
      readonly height: number
      readonly status: ReceiptStatus
      readonly code: string | undefined
    }
  /** A receipt that the kernel did not take; `code` says why. */
  | { readonly type: 'refused'; readonly intent: Hash; readonly code: string }
  | { readonly type: 'dead'; readonly intent: Hash; readonly height: number; readonly code: string }
  | { readonly type: 'tick'; readonly height: number }
  /** The dispatch log was missing or damaged: what may have been called counts as called. */
  | { readonly type: 'log_lost'; readonly reason: 'missing' | 'damaged' | 'foreign' }
  /** The world failed: nothing is dispatched any more. Open it again. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string }

/** Since the effects host was made. */
export interface EffectsCounters {
  readonly calls: number
  readonly lookups: number
  readonly retries: number
  readonly receipts: number
  readonly unknown: number
  readonly refused: number
  readonly dead: number
  readonly ticks: number
}

/** What is under way now. */
export interface EffectsState {
  /** Open intents that wait for their turn. */
  readonly queued: number
  /** Calls, with their retries. */
  readonly running: number
  /** Results that are not durable yet. */
  readonly settling: number
}

/**
 * Dispatches what is open, tells the world what came of it, and fires what is due. One for each open world; it notices by itself what
 * anybody submits to that world.
 */
export interface EffectsHost {
  readonly counters: EffectsCounters
  readonly state: EffectsState
  /** Open intents whose calls have begun, here or by an earlier process: a change of manifest leaves them alone. */
  readonly inFlight: readonly Hash[]
  /** What made it stop by itself; the world must be opened again. */
  readonly failure: AosError | undefined
  /**
   * Begins, with what an earlier process left. Throws `host.no_genesis`, and `key.missing` when the world's host key is not
   * here.
   */
  start(): Promise<void>
  /**
   * Resolves `quiet` when no intent is left that is dispatched here, everything is durable, and nothing falls due within the time that is
   * left; `waiting` when the time is over. Rejects with what made the world fail.
   */
  quiet(options: { readonly timeoutMs: number }): Promise<'quiet' | 'waiting'>
  /**
   * Ends: nothing new is called, calls of kinds that are not idempotent get `graceMs` (default 5 s) to finish, all others are
   * aborted. What was not settled is resolved by the next start. Does not close the world.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>
  /** A receipt in its file form (spec/12-receipts.md, "Files"), answered when it is durable. Throws `receipt.*`. */
  submitReceipt(text: string): Promise<TurnResult>
  /** Same as `HostWorld.send`, for callers that have only this. */
  send(ingress: Ingress): Promise<TurnResult>
}
