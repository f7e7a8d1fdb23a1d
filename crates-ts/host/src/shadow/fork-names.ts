/**
 * Names for what two forks of one world have in common (spec/24-shadow-report.md, "Names"): whatever stands before it in its entry, an instance is the same
 * when the same height starts the same plan.
 */
import { toHex } from '@aos/cbor'
import type { EffectOrigin } from '@aos/effects'
import type { World } from '@aos/kernel'

/** Gives instances and whoever asks for effects what they are called in either fork; grows with what is started. */
export class ForkNames {
  readonly #instances = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  /** Knows what is running already. */
  constructor(world: World) {
    for (const { id } of world.listInstances()) this.start(id)
  }

  /** Names an instance; to be called in the order of starting. */
  start(id: string): string {
    const slash = id.indexOf('/')
    const height = id.slice(0, id.indexOf('.'))
    const plain = `${height}/${id.slice(slash + 1)}`
    const count = this.#counts.get(plain) ?? 0
    this.#counts.set(plain, count + 1)
    const name = count === 0 ? plain : `${plain}#${count + 1}`
    this.#instances.set(id, name)
    return name
  }

  /** What never started goes by its id. */
  instance(id: string): string {
    return this.#instances.get(id) ?? id
  }

  /** Says who asked; the same for the same asking in both forks. */
  origin(origin: EffectOrigin): string {
    if (origin.kind === 'plan') return `${this.instance(origin.instance)} ${origin.step}`
    return origin.key === undefined ? origin.reducer : `${origin.reducer} ${toHex(origin.key)}`
  }

  /** A step of an instance asks once; a cell may ask again at any height. */
  asking(asked: { readonly origin: EffectOrigin; readonly effectKind: string; readonly height: number }): string {
    const { origin, effectKind, height } = asked
    return `${origin.kind === 'plan' ? '' : String(height)} ${this.origin(origin)} ${effectKind}`
  }
}

/** Counts what has the same name: `a`, then `a 2`, and so on. */
export class Counter {
  readonly #counts = new Map<string, number>()

  /** The name with its place among those that are alike. */
  next(name: string): string {
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    return `${name} ${count}`
  }
}
