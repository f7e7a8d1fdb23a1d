/** Stores what turns make (spec/06-kernel.md, "Content"): in batches, one after the other. */
import type { FreshBlob, World } from '@aos/kernel'
import type { ContentStore } from '@aos/store'

/** One serves one open world. */
export class MadeContent {
  readonly #kernel: World
  readonly #content: Pick<ContentStore, 'putHashed'>
  readonly #onFailure: (error: unknown) => void
  #waiting: FreshBlob[] = []
  #writing: Promise<void> | undefined

  constructor(parts: {
    readonly kernel: World
    readonly content: Pick<ContentStore, 'putHashed'>
    readonly onFailure: (error: unknown) => void
  }) {
    this.#kernel = parts.kernel
    this.#content = parts.content
    this.#onFailure = parts.onFailure
  }

  /** To be called after every turn. Cheap when it made nothing. */
  collect(): void {
    const made = this.#kernel.takeMadeBlobs()
    if (made.length === 0) return
    this.#waiting.push(...made)
    this.#writing ??= this.#write()
    // Told to the world; whoever waits for it hears of it, too.
    this.#writing.catch(() => undefined)
  }

  /** Resolves when everything that was collected is durable; undefined when it is. Rejects with what went wrong. */
  stored(): Promise<void> | undefined {
    return this.#writing
  }

  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting
        this.#waiting = []
        await this.#content.putHashed(batch)
        this.#kernel.releaseMadeBlobs(batch)
      }
      this.#writing = undefined
    } catch (error) {
      this.#onFailure(error)
      throw error
    }
  }
}
