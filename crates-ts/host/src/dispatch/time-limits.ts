/** Time limits of calls, one timer for all that begin together (spec/14-dispatch.md, "Calls"). */
import type { Cancel, Timers } from './timers.ts'

/** What has a limit. */
export interface Limited {
  /** The time is over. Called once at most. */
  onTimeout(): void
}

/** Limits of one length that began in the same turn of the event loop. */
export class LimitGroup {
  readonly #members = new Set<Limited>()
  #cancel: Cancel | undefined

  add(member: Limited): void {
    this.#members.add(member)
  }

  /** The member is over in time; does nothing when its time is over. */
  drop(member: Limited): void {
    if (this.#members.delete(member) && this.#members.size === 0) this.#cancel?.()
  }

  /** Begins to count; nobody is added any more. */
  run(ms: number, timers: Timers): void {
    if (this.#members.size === 0) return
    this.#cancel = timers.after(ms, () => {
      for (const member of [...this.#members]) if (this.#members.delete(member)) member.onTimeout()
    })
  }
}

/** Calls that are over in the turn of the event loop in which they began cost no timer, and those that begin together cost one. */
export class TimeLimits {
  readonly #timers: Timers
  /** What began in this turn, by milliseconds. */
  readonly #beginning = new Map<number, LimitGroup>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Calls `onTimeout`, not before that many milliseconds, unless the member is dropped from the group. */
  start(ms: number, member: Limited): LimitGroup {
    let group = this.#beginning.get(ms)
    if (group === undefined) {
      if (this.#beginning.size === 0) {
        setImmediate(() => {
          this.#run()
        })
      }
      group = new LimitGroup()
      this.#beginning.set(ms, group)
    }
    group.add(member)
    return group
  }

  /** The time of all runs from here, so that it is too short for none. */
  #run(): void {
    for (const [ms, group] of this.#beginning) group.run(ms, this.#timers)
    this.#beginning.clear()
  }
}
