/** Telling calls under way that the host stops. */

/** What wants to know. */
export interface StopListener {
  /** Called once at most. */
  onStop(): void
}

/** Given once; many listen, each for a short time. */
export class StopNotice {
  readonly #listeners = new Set<StopListener>()
  #isGiven = false

  get isGiven(): boolean {
    return this.#isGiven
  }

  /** Tells the listener, now when the notice has been given. */
  add(listener: StopListener): void {
    if (this.#isGiven) listener.onStop()
    else this.#listeners.add(listener)
  }

  drop(listener: StopListener): void {
    this.#listeners.delete(listener)
  }

  give(): void {
    if (this.#isGiven) return
    this.#isGiven = true
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener.onStop()
  }
}
