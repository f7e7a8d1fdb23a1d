/**
 * Group commit (spec/07-journal.md, "Appending").
 *
 * Entries are collected while the append before is under way, and become durable in height order. At most two appends
 * are in flight, so that one is written while the next is made ready. After the first failure nothing is taken any more.
 */
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import type { AppendResult, JournalHead, JournalPort, JournalRecord } from '@aos/store'

/** Appends that a journal takes before the first of them is durable (spec/07-journal.md, "Appending"). */
export const IN_FLIGHT_MAX = 2

/** Collected entries beyond this do not wait for the append before, as long as only one is in flight. */
const EAGER_GROUP_ENTRIES = 256

interface Group {
  readonly records: JournalRecord[]
  readonly durable: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: AosError) => void
}

/** The journal that groups go to, and who is told when one of them failed. */
export interface CommitLoopOptions {
  readonly journal: JournalPort
  /** Asked at every append; genesis is appended under its own leaf. */
  readonly worldId: () => Hash
  /** Called once, before the waiting replies are rejected. */
  readonly onFailure: (error: AosError) => void
}

/** Makes entries durable in groups and answers in height order. After a failure it takes nothing any more. */
export class CommitLoop {
  readonly #options: CommitLoopOptions
  #collecting: Group = makeGroup()
  #inFlight: Group[] = []
  /** Head after everything that was handed to the journal. */
  #expected: JournalHead | undefined
  #failure: AosError | undefined

  constructor(options: CommitLoopOptions) {
    this.#options = options
    this.#expected = options.journal.head
  }

  /** Takes an entry; `flush` says when it may go. */
  add(record: JournalRecord): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#collecting.records.push(record)
  }

  /** Starts an append unless one is under way; then the collected entries go with the next one. */
  flush(): void {
    const collected = this.#collecting.records.length
    if (collected === 0 || this.#failure !== undefined) return
    if (this.#inFlight.length === 0 || (this.#inFlight.length < IN_FLIGHT_MAX && collected >= EAGER_GROUP_ENTRIES)) {
      void this.#append()
    }
  }

  /** Resolves when everything added so far is durable; undefined when it is already. Rejects with the failure. */
  durable(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#collecting.records.length > 0) return this.#collecting.durable
    return this.#inFlight.at(-1)?.durable
  }

  /** Waits until nothing is under way, whether it went well or not. */
  async drain(): Promise<void> {
    for (;;) {
      this.flush()
      const last = this.#inFlight.at(-1)
      if (last === undefined) return
      await last.durable.catch(() => undefined)
    }
  }

  async #append(): Promise<void> {
    const { journal, worldId } = this.#options
    const group = this.#collecting
    const expected = this.#expected
    const last = group.records.at(-1)
    if (last === undefined) return
    this.#collecting = makeGroup()
    this.#inFlight.push(group)
    this.#expected = { height: last.height, leaf: last.leaf }
    try {
      const result = await journal.appendIf({
        world: worldId(),
        epoch: journal.epoch,
        expected,
        entries: group.records,
      })
      if (this.#failure !== undefined) return
      if (result.kind !== 'appended') throw appendRefused(result)
      journal.acknowledge(result.head)
    } catch (thrown) {
      this.#fail(thrown)
      return
    }
    this.#inFlight.shift()
    group.resolve()
    this.flush()
  }

  #fail(thrown: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure =
      thrown instanceof AosError
        ? thrown
        : new AosError(
            'host.fault',
            `the journal failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
            {
              cause: thrown,
            },
          )
    this.#options.onFailure(this.#failure)
    const waiting = [...this.#inFlight, this.#collecting]
    this.#inFlight = []
    this.#collecting = makeGroup()
    for (const group of waiting) group.reject(this.#failure)
  }
}

function makeGroup(): Group {
  let resolve: () => void = () => undefined
  let reject: (error: AosError) => void = () => undefined
  const durable = new Promise<void>((onDurable, onFailure) => {
    resolve = onDurable
    reject = onFailure
  })
  // Nobody may be waiting; whoever waits gets the rejection all the same.
  durable.catch(() => undefined)
  return { records: [], durable, resolve, reject }
}

function appendRefused(result: Exclude<AppendResult, { readonly kind: 'appended' }>): AosError {
  if (result.kind === 'fenced') {
    return new AosError('host.fenced', `the journal was opened again with epoch ${result.epoch}`, {
      hint: 'use the process that opened it last',
    })
  }
  const found = result.head === undefined ? 'an empty journal' : `height ${result.head.height}`
  return new AosError('host.conflict', `another writer appended to the journal; it stands at ${found}`, {
    hint: 'run the command again',
  })
}
