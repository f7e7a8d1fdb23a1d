/** Worlds that another thread keeps, as the thread that serves sees them (spec/15-control.md, "Threads"). */
import type { Worker } from 'node:worker_threads'
import { AosError } from '@aos/cbor'
import type { ControlCall, ControlResult } from '../daemon/control-call.ts'
import { OS_TIMERS } from '../dispatch/timers.ts'
import type { Cancel, Timers } from '../dispatch/timers.ts'
import { postBytes } from './shard-messages.ts'
import type { FromShard, ToShard } from './shard-messages.ts'
import type { Shard } from './shard.ts'
import type { WorldReport } from './world-slot.ts'

/** What a thread shard is given. */
export interface ThreadShardOptions {
  /** Starts a thread that runs `serveThread`. */
  readonly start: () => Worker
  readonly log: (line: string) => void
  readonly timers?: Timers
}

interface Waiting {
  /** Of a call alone. */
  readonly call: ControlCall | undefined
  readonly pieces: AsyncIterator<Uint8Array> | undefined
  readonly answer: (message: FromShard) => void
  readonly reject: (error: AosError) => void
}

/** A thread that ends sooner than this after its start is started again only after a while. */
const STEADY_MS = 10_000
const RESTART_MS = 250
const RESTART_MS_MAX = 30_000

/** Starts its thread at once, and another one whenever that ends. */
export class ThreadShard implements Shard {
  readonly #options: ThreadShardOptions
  readonly #timers: Timers
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | undefined
  #last = 0
  #startedAt = 0
  #deaths = 0
  #isStopped = false
  #cancelRestart: Cancel = () => undefined

  constructor(options: ThreadShardOptions) {
    this.#options = options
    this.#timers = options.timers ?? OS_TIMERS
    this.#start()
  }

  /** Rejects with `control.thread` when the thread ends first. */
  call(world: string, call: ControlCall): Promise<ControlResult> {
    const { verb, args, as, colour, quiet, input, signal } = call
    const pieces: AsyncIterator<Uint8Array> = input[Symbol.asyncIterator]()
    let number = 0
    const cancel = (): void => {
      this.#post({ kind: 'cancel', call: number })
    }
    const answered = new Promise<ControlResult>((resolve, reject) => {
      const answer = (message: FromShard): void => {
        if (message.kind === 'result') resolve(message.result)
      }
      number = this.#ask({ call, pieces, answer, reject }, (at) => ({
        kind: 'call',
        call: at,
        world,
        request: { verb, args, as, colour, quiet },
      }))
    })
    signal.addEventListener('abort', cancel, { once: true })
    return answered.finally(() => {
      signal.removeEventListener('abort', cancel)
    })
  }

  list(): Promise<readonly WorldReport[]> {
    return new Promise((resolve, reject) => {
      const answer = (message: FromShard): void => {
        if (message.kind === 'listed') resolve(message.worlds)
      }
      this.#ask({ call: undefined, pieces: undefined, answer, reject }, (call) => ({ kind: 'list', call }))
    })
  }

  /** Then ends the thread. */
  async stop({ timeoutMs }: { readonly timeoutMs: number }): Promise<number> {
    this.#isStopped = true
    this.#cancelRestart()
    const left = await new Promise<number>((resolve) => {
      const answer = (message: FromShard): void => {
        if (message.kind === 'stopped') resolve(message.left)
      }
      // A thread that has ended has closed nothing in order, and holds nothing any more.
      const reject = (): void => {
        resolve(0)
      }
      this.#ask({ call: undefined, pieces: undefined, answer, reject }, (call) => ({ kind: 'stop', call, timeoutMs }))
    })
    await this.#thread?.terminate()
    return left
  }

  /** Returns the number of what was asked. Rejects at once while there is no thread. */
  #ask(waiting: Waiting, message: (call: number) => ToShard): number {
    this.#last += 1
    if (this.#thread === undefined) {
      waiting.reject(threadEnded())
      return this.#last
    }
    this.#waiting.set(this.#last, waiting)
    this.#post(message(this.#last))
    return this.#last
  }

  #post(message: ToShard): void {
    this.#thread?.postMessage(message)
  }

  #start(): void {
    const thread = this.#options.start()
    this.#thread = thread
    this.#startedAt = performance.now()
    thread.on('message', (message: FromShard) => {
      this.#take(message)
    })
    thread.on('error', (error: unknown) => {
      this.#options.log(`a thread of the host fails: ${error instanceof Error ? error.message : String(error)}`)
    })
    thread.on('exit', (code) => {
      this.#onExit(thread, code)
    })
  }

  #take(message: FromShard): void {
    if (message.kind === 'log') {
      this.#options.log(message.line)
      return
    }
    const waiting = this.#waiting.get(message.call)
    switch (message.kind) {
      case 'more':
        if (waiting?.pieces !== undefined) void this.#feed(message.call, waiting.pieces)
        break
      case 'out':
      case 'err':
        waiting?.call?.[message.kind].write(message.bytes)
        break
      case 'progress':
        waiting?.call?.progress(message.line)
        break
      default:
        this.#waiting.delete(message.call)
        waiting?.answer(message)
    }
  }

  /** One piece, when it comes. */
  async #feed(call: number, pieces: AsyncIterator<Uint8Array>): Promise<void> {
    let piece: IteratorResult<Uint8Array, undefined>
    try {
      piece = await pieces.next()
    } catch {
      // The connection is gone, and with it whoever waits for the answer.
      piece = { done: true, value: undefined }
    }
    const thread = this.#thread
    if (thread === undefined || !this.#waiting.has(call)) return
    if (piece.done === true) this.#post({ kind: 'input', call, bytes: undefined })
    else postBytes<ToShard>(thread, piece.value, (bytes) => ({ kind: 'input', call, bytes }))
  }

  #onExit(thread: Worker, code: number): void {
    if (this.#thread !== thread) return
    this.#thread = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(threadEnded())
    if (this.#isStopped) return
    this.#deaths = performance.now() - this.#startedAt < STEADY_MS ? this.#deaths + 1 : 0
    const delayMs = this.#deaths === 0 ? 0 : Math.min(RESTART_MS_MAX, RESTART_MS * 2 ** (this.#deaths - 1))
    this.#options.log(`a thread of the host ended with ${code}; another one starts in ${delayMs} ms`)
    this.#cancelRestart = this.#timers.after(delayMs, () => {
      this.#start()
    })
  }
}

function threadEnded(): AosError {
  return new AosError('control.thread', 'the thread that kept the world ended before it answered', {
    hint: 'what was acknowledged is durable; try again, and see `aos logs --worlds DIR`',
  })
}
