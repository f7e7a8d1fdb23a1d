/** Answers of the script that wait for a height at which they can come. */
import type { Hash } from '@aos/cbor'
import type { Ingress, IntentReport } from '@aos/kernel'
import type { ForkPair, Pending, Side } from './pair.ts'
import type { ScriptAnswers } from './script-answers.ts'

/** Of one side of a pair. */
export class AnswerQueue implements Pending {
  readonly #pair: ForkPair
  readonly #of: 'base' | 'candidate'
  readonly #script: ScriptAnswers | undefined
  readonly #asked = new Set<Hash>()
  readonly #made: { readonly intent: Hash; readonly ingress: Ingress }[] = []

  constructor(
    pair: ForkPair,
    options: { readonly of: 'base' | 'candidate'; readonly script: ScriptAnswers | undefined },
  ) {
    this.#pair = pair
    this.#of = options.of
    this.#script = options.script
  }

  /** Asks the script about every intent that is new and that nothing recorded up to `since` is for. */
  async fill(since: number): Promise<void> {
    if (this.#script === undefined) return
    for (const intent of this.#pair.unanswered(this.#of, since)) await this.#ask(intent, this.#script)
  }

  take(): Ingress | undefined {
    for (;;) {
      const first = this.#made.shift()
      if (first === undefined) return undefined
      if (this.#side.fork.world.readIntent(first.intent)?.status === 'open') return first.ingress
    }
  }

  get #side(): Side {
    return this.#of === 'base' ? this.#pair.base : this.#pair.candidate
  }

  async #ask(intent: IntentReport, script: ScriptAnswers): Promise<void> {
    if (this.#asked.has(intent.hash)) return
    this.#asked.add(intent.hash)
    const ingress = await script.answer(intent)
    if (ingress !== undefined) this.#made.push({ intent: intent.hash, ingress })
  }
}
