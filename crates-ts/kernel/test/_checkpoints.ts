/** Checkpoints of a bench as a host keeps them: one after the other on one base, and from the beginning when the base is another. */
import { createWorld } from '../src/index.ts'
import type { CheckpointWork, World } from '../src/index.ts'
import type { Bench } from './_util.ts'

export class Checkpoints {
  readonly #bench: Bench
  #bodies: Uint8Array[] = []
  #base: unknown
  #changes = 0
  #bytes = 0

  constructor(bench: Bench) {
    this.#bench = bench
  }

  get count(): number {
    return this.#bodies.length
  }

  /** Takes one down; what comes back writes it and keeps it, and may be called later. */
  take(isWhole = false): () => void {
    const { world } = this.#bench
    const asked = isWhole || this.#bodies.length === 0 ? 'root' : 'checkpoint'
    const first = world.takeCheckpoint(asked)
    // The base is another: what was written before does not belong to it.
    const isNew = asked === 'root' || first.base !== this.#base
    const work = isNew && asked === 'checkpoint' ? world.takeCheckpoint('root') : first
    return () => {
      if (isNew) {
        this.#bodies = []
        this.#changes = 0
        this.#bytes = 0
      }
      this.#base = work.base
      const body = bodyOf(work)
      this.#bodies.push(body)
      this.#changes += work.changes
      this.#bytes += body.length
      world.keepCheckpoint({ changes: this.#changes, bytes: this.#bytes })
    }
  }

  /** A world that starts from what was kept and derives the rest. */
  open(): World {
    const world = createWorld(this.#bench.ports())
    world.openCheckpoint(this.#bodies)
    for (const entry of this.#bench.entries.slice((world.head?.height ?? 0) + 1)) {
      const difference = world.replay(entry, { verify: false })
      if (difference !== undefined) throw new Error(JSON.stringify(difference))
    }
    return world
  }
}

/** In pieces of a few bytes, so that all of them are met. */
function bodyOf(work: CheckpointWork): Uint8Array {
  const parts: Uint8Array[] = []
  for (let part = work.next(100); part !== undefined; part = work.next(100)) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}
