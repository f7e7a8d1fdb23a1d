/** Who may be woken now: few at a time, and no more awake than allowed (spec/15-control.md, "Sleep"). */
import { AosError } from '@aos/cbor'
import type { Cancel, Timers } from '../dispatch/timers.ts'

/** Why a world is woken. What is first in this list goes first. */
export const WAKE_REASONS = ['command', 'due', 'look'] as const

/** A command for it; something due; or nobody knows what is left in it. */
export type WakeReason = (typeof WAKE_REASONS)[number]

/** How many may be opened at a time, and whether there is room for more. */
export interface WakeQueueOptions {
  /** Openings under way at a time: each takes the thread for a while. */
  readonly openingsMax: number
  /** False while as many are awake as allowed; then whoever answers sees to it that there will be room. */
  readonly hasRoom: () => boolean
  /** How long a command waits for room. */
  readonly patienceMs: number
  readonly timers: Timers
}

interface Waiting {
  readonly name: string
  reason: WakeReason
  readonly enter: () => void
  readonly refuse: (error: AosError) => void
  cancel: Cancel
}

/** Lets openings begin, commands first, each kind in the order in which it came. */
export class WakeQueue {
  readonly #options: WakeQueueOptions
  #waiting: Waiting[] = []
  #opening = 0
  #isClosed = false

  constructor(options: WakeQueueOptions) {
    this.#options = options
  }

  get opening(): number {
    return this.#opening
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves when the opening may begin; `leave` must follow. Rejects with `control.busy`. */
  enter(name: string, reason: WakeReason): Promise<void> {
    if (this.#isClosed) return Promise.reject(stopping())
    return new Promise((enter, refuse) => {
      const waiting: Waiting = { name, reason, enter, refuse, cancel: () => undefined }
      this.#waiting.push(waiting)
      if (reason === 'command') this.#beImpatient(waiting)
      this.pump()
    })
  }

  /** A command waits now for what was to be woken for something else. */
  hurry(name: string): void {
    const waiting = this.#waiting.find((one) => one.name === name)
    if (waiting === undefined || waiting.reason === 'command') return
    waiting.reason = 'command'
    this.#beImpatient(waiting)
    this.pump()
  }

  leave(): void {
    this.#opening -= 1
    this.pump()
  }

  /** To be called when there may be room. */
  pump(): void {
    const { openingsMax, hasRoom } = this.#options
    while (this.#waiting.length > 0 && this.#opening < openingsMax && hasRoom()) {
      const next = this.#takeNext()
      if (next === undefined) return
      this.#opening += 1
      next.cancel()
      next.enter()
    }
  }

  /** Nobody is let in any more. */
  close(): void {
    this.#isClosed = true
    for (const { cancel, refuse } of this.#waiting.splice(0)) {
      cancel()
      refuse(stopping())
    }
  }

  #takeNext(): Waiting | undefined {
    for (const reason of WAKE_REASONS) {
      const at = this.#waiting.findIndex((one) => one.reason === reason)
      if (at !== -1) return this.#waiting.splice(at, 1)[0]
    }
    return undefined
  }

  #beImpatient(waiting: Waiting): void {
    waiting.cancel = this.#options.timers.after(this.#options.patienceMs, () => {
      this.#waiting = this.#waiting.filter((one) => one !== waiting)
      waiting.refuse(
        new AosError('control.busy', 'as many worlds are awake as allowed, and all of them are busy', {
          hint: 'raise awake_max in aos.worlds.json, or try again',
        }),
      )
    })
  }
}

/** What is asked of a host that stops. */
export function stopping(): AosError {
  return new AosError('control.lost', 'the host stops', { hint: 'start it again with `aos run`' })
}
