/**
 * The scheduler of the simulated machine: calls that take time wait here until chance lets one go on, and at any step
 * the machine may crash (spec/07-journal.md, "Conformance of a driver").
 */
import type { Random } from './random.ts'

/** Thrown by calls on the media of a machine that has crashed since. Promises of such calls never settle. */
export class Crash extends Error {
  constructor() {
    super('the machine has crashed')
  }
}

/** How a body that ran on the machine ended. `stuck`: it waits, and nothing on the machine is under way. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'crashed' }
  | { readonly kind: 'stuck' }

interface Call {
  readonly name: string
  /** Calls of one queue go on in order. */
  readonly queue: object | undefined
  readonly phases: (() => unknown)[]
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A call in phases: before each one, and after the last, the machine may crash. */
export interface Phases {
  readonly name: string
  readonly queue?: object
  readonly phases: readonly (() => unknown)[]
}

const NAMES_KEPT = 200

/** Counts steps, holds the calls that take time, and ends the life of what runs when a crash is due. */
export class Scheduler {
  /** Steps taken since the machine was made. */
  steps = 0
  /** The machine crashes when so many steps have been taken that are counted; undefined: it does not crash. */
  crashIn: { steps: number; readonly counts: RegExp } | undefined
  /** Rises with every crash; calls of an earlier life are void. */
  life = 0
  readonly #random: Random
  readonly #onCrash: (underWay: readonly (readonly (() => unknown)[])[]) => void
  #calls: Call[] = []
  #names: string[] = []

  /** `onCrash` is given what was left to do of every call under way. */
  constructor(random: Random, onCrash: (underWay: readonly (readonly (() => unknown)[])[]) => void) {
    this.#random = random
    this.#onCrash = onCrash
  }

  /** The last steps, for the report of a failure. */
  get trace(): readonly string[] {
    return this.#names
  }

  /** A call that is done at once: a step before it and one after it. */
  atOnce<T>(life: number, name: string, effect: () => T): T {
    this.#checkLife(life)
    this.#step(`${name}?`)
    const value = effect()
    this.#step(name)
    return value
  }

  /** A call that takes time. Its promise settles when `run` has let every phase of it happen. */
  inTime(life: number, { name, queue, phases }: Phases): Promise<unknown> {
    if (life !== this.life) return new Promise(() => undefined)
    return new Promise((resolve, reject) => {
      this.#calls.push({ name, queue, phases: [...phases], resolve, reject })
    })
  }

  /** Runs a body to its end, to a crash, or until it waits for nothing. */
  async run<T>(body: () => Promise<T>): Promise<Outcome<T>> {
    const { life } = this
    let outcome: Outcome<T> | undefined
    const settle = (to: Outcome<T>): void => {
      outcome ??= to
    }
    try {
      body().then(
        (value) => {
          settle({ kind: 'done', value })
        },
        (error: unknown) => {
          settle({ kind: 'failed', error })
        },
      )
    } catch (error) {
      settle({ kind: 'failed', error })
    }
    for (;;) {
      await quiescence()
      if (life !== this.life) return { kind: 'crashed' }
      if (outcome !== undefined) return outcome
      if (this.#calls.length === 0) return { kind: 'stuck' }
      this.#letOneGoOn()
    }
  }

  /** Ends the life of everything that runs. */
  crash(): void {
    this.life += 1
    this.crashIn = undefined
    const underWay = this.#calls.map((call) => call.phases)
    this.#calls = []
    this.#names.push('crash')
    this.#onCrash(underWay)
  }

  #letOneGoOn(): void {
    const first = new Map<object, Call>()
    for (const call of this.#calls) if (call.queue !== undefined && !first.has(call.queue)) first.set(call.queue, call)
    const call = this.#random.pick(
      this.#calls.filter((each) => each.queue === undefined || first.get(each.queue) === each),
    )
    try {
      this.#step(`${call.name}?`)
      const value = call.phases.shift()?.()
      if (call.phases.length > 0) return
      this.#step(call.name)
      this.#end(call)
      call.resolve(value)
    } catch (error) {
      if (error instanceof Crash) return
      this.#end(call)
      call.reject(error)
    }
  }

  #end(call: Call): void {
    this.#calls = this.#calls.filter((other) => other !== call)
  }

  #checkLife(life: number): void {
    if (life !== this.life) throw new Crash()
  }

  #step(name: string): void {
    this.steps += 1
    this.#names.push(name)
    if (this.#names.length > 2 * NAMES_KEPT) this.#names = this.#names.slice(-NAMES_KEPT)
    if (this.crashIn?.counts.test(name) !== true) return
    this.crashIn.steps -= 1
    if (this.crashIn.steps > 0) return
    this.crash()
    throw new Crash()
  }
}

/** Everything that can go on without the machine has gone on. */
function quiescence(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
