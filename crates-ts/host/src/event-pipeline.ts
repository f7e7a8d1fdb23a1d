/** Many events with few waits: turns run at once, replies come in order when they are durable. */
import type { EventIngress, TurnResult } from '@aos/kernel'
import type { HostWorld } from './host-world.ts'
import { IN_FLIGHT_MAX } from './commit-loop.ts'

/** Events per group: enough that the flush is a small part, few enough that an ack waits only milliseconds. */
const GROUP_EVENTS = 512

/** A reply that may leave: what it says is durable. `ticket` is what the caller gave with the event. */
export type OnReply<Ticket> = (reply: TurnResult, ticket: Ticket) => void

interface Waiting<Ticket> {
  readonly reply: TurnResult
  readonly ticket: Ticket
}

/**
 * The caller pushes and, whenever `room` gives a promise, awaits it before the next push. Errors of the world reject
 * `room` and `end`; no reply is delivered after one.
 */
export class EventPipeline<Ticket> {
  readonly #world: HostWorld
  readonly #onReply: OnReply<Ticket>
  #group: Waiting<Ticket>[] = []
  #underWay: Promise<void>[] = []

  constructor(world: HostWorld, onReply: OnReply<Ticket>) {
    this.#world = world
    this.#onReply = onReply
  }

  /** Runs the turn. Throws as `HostWorld.submit` does. */
  push(event: EventIngress, ticket: Ticket): void {
    this.#group.push({ reply: this.#world.submit(event), ticket })
    if (this.#group.length >= GROUP_EVENTS) this.flush()
  }

  /** Lets the group go as it is: for a source that has nothing more at the moment. */
  flush(): void {
    const group = this.#group
    if (group.length === 0) return
    this.#group = []
    this.#world.flush()
    const durable: Promise<void> = this.#world.durable() ?? Promise.resolve()
    const delivered: Promise<void> = durable.then(() => {
      for (const { reply, ticket } of group) this.#onReply(reply, ticket)
      void this.#underWay.shift()
    })
    // A rejection stays at the head of the queue, where `room` and `end` find it.
    delivered.catch(() => undefined)
    this.#underWay.push(delivered)
  }

  /** A promise when two groups are on their way already, or a snapshot is: the kernel runs no further ahead of the disk. */
  room(): Promise<void> | undefined {
    if (this.#underWay.length >= IN_FLIGHT_MAX) return this.#underWay[0]
    const catchingUp = this.#world.catchingUp()
    if (catchingUp !== undefined) this.flush()
    return catchingUp
  }

  /** Resolves when every reply was delivered. */
  async end(): Promise<void> {
    this.flush()
    for (;;) {
      const next = this.#underWay[0]
      if (next === undefined) return
      await next
    }
  }
}
