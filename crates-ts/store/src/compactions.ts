/** The compactions of one opening, one after the other (spec/07-journal.md, "Compaction"). */
import type { AosError } from '@aos/cbor'
import type { SegmentPlace } from './active-segment.ts'
import { checkCompactOptions, prepareHeaders, type CompactOptions, type CompactReport } from './compact.ts'
import { asStoreError } from './disk.ts'
import type { Pause } from './pause.ts'

/** The journal, as far as compactions need it. */
export interface CompactionsOptions {
  readonly place: SegmentPlace
  readonly pause: Pause
  readonly firstWhole: number
  /** Why the journal takes no more calls; undefined while it does. */
  readonly refusal: () => AosError | undefined
  /** Makes the journal refuse everything from now on. */
  readonly die: (error: AosError) => AosError
}

/** One at a time, in the order in which they were asked for. */
export class Compactions {
  readonly #options: CompactionsOptions
  #firstWhole: number
  /** Settles when those before have; never rejects. */
  #settled: Promise<unknown> = Promise.resolve()

  constructor(options: CompactionsOptions) {
    this.#options = options
    this.#firstWhole = options.firstWhole
  }

  get firstWhole(): number {
    return this.#firstWhole
  }

  /** Settles when none is under way; one that has not come to its last steps gives up when the journal refuses. */
  get settled(): Promise<unknown> {
    return this.#settled
  }

  compact(options: CompactOptions): Promise<CompactReport> {
    const result = this.#settled.then(() => this.#compact(options))
    this.#settled = result.catch(() => undefined)
    return result
  }

  async #compact(options: CompactOptions): Promise<CompactReport> {
    const { place, pause, die } = this.#options
    this.#mustGoOn()
    checkCompactOptions(options)
    const prepared = await prepareHeaders(
      {
        ...place,
        pause,
        mustGoOn: () => {
          this.#mustGoOn()
        },
      },
      options,
    )
    if (prepared === undefined) {
      const compactedThrough = this.#firstWhole === 0 ? undefined : this.#firstWhole - 1
      return { compactedThrough, segments: 0, bytesBefore: 0, bytesAfter: 0, archivedBytes: 0 }
    }
    try {
      await prepared.rename()
      this.#firstWhole = prepared.firstWhole
      await prepared.removeReplaced()
    } catch (error) {
      throw die(asStoreError(error, 'putting a segment of headers in its place'))
    }
    return prepared.report
  }

  #mustGoOn(): void {
    const refusal = this.#options.refusal()
    if (refusal !== undefined) throw refusal
  }
}
