/** What turns have for the dispatcher, until it is durable (spec/14-dispatch.md, "What counts"). */
import type { Hash } from '@aos/cbor'

/** What entries that become durable together say. */
export interface Arrival {
  readonly opened: readonly Hash[]
  readonly gone: readonly Hash[]
}

interface Pending {
  readonly durable: Promise<void>
  readonly opened: Hash[]
  readonly gone: Hash[]
  entries: number
}

/** Where entries are on their way to. */
export interface ArrivalsOptions {
  /** Resolves when everything that was submitted is durable; undefined when it is. */
  readonly durable: () => Promise<void> | undefined
  /** In the order of the entries. */
  readonly onArrive: (arrival: Arrival) => void
  readonly onFailure: (thrown: unknown) => void
}

/** Entries become durable together and arrive together. */
export class Arrivals {
  readonly #options: ArrivalsOptions
  #newest: Pending | undefined
  /** Entries that are not durable yet. */
  entries = 0
  /** Intents that they open. */
  opening = 0

  constructor(options: ArrivalsOptions) {
    this.#options = options
  }

  /** The entry of the newest turn is one of them. */
  add({ opened, gone }: Arrival): void {
    const pending = this.#pending()
    pending.entries += 1
    pending.opened.push(...opened)
    pending.gone.push(...gone)
    this.entries += 1
    this.opening += opened.length
  }

  #pending(): Pending {
    const { durable, onArrive, onFailure } = this.#options
    const promise: Promise<void> = durable() ?? Promise.resolve()
    if (this.#newest?.durable === promise) return this.#newest
    const made: Pending = { durable: promise, entries: 0, opened: [], gone: [] }
    promise.then(
      () => {
        this.#leave(made)
        onArrive(made)
      },
      (thrown: unknown) => {
        this.#leave(made)
        onFailure(thrown)
      },
    )
    this.#newest = made
    return made
  }

  #leave({ entries, opened }: Pending): void {
    this.entries -= entries
    this.opening -= opened.length
  }
}
