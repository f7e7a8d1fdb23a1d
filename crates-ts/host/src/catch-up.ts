/** Who has many events waits while the world is behind with something else. */

/** Those who wait for one thing. */
export class CatchUp {
  readonly #isBehind: () => boolean
  #waiting: (() => void)[] = []

  constructor(isBehind: () => boolean) {
    this.#isBehind = isBehind
  }

  /** A promise while the world is behind; it never rejects, and `release` ends it. Cheap. */
  wait(): Promise<void> | undefined {
    if (!this.#isBehind()) return undefined
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** What they wait for is there, or will not come. */
  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
