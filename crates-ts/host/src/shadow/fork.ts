/** Forks of a world: kernels on its content and journal, of which nothing is ever written (spec/24-shadow-report.md, "Forks"). */
import type { Hash } from '@aos/cbor'
import { createWorld } from '@aos/kernel'
import type { World } from '@aos/kernel'
import { MODULE_PROFILE } from '../engine.ts'
import type { HostWorld } from '../host-world.ts'
import { nodeSha256 } from '../sha256.ts'
import { BadSnapshots } from '../snapshots/bad-snapshots.ts'
import { openNewestSteps } from '../snapshots/open-newest.ts'
import type { Steps } from '../steps.ts'
import { hashOf } from './hash-of.ts'

/** Content of a world, with what a fork has put beside it; that stays in memory. */
export class SideContent {
  readonly #host: HostWorld
  readonly #beside = new Map<Hash, Uint8Array>()

  constructor(host: HostWorld) {
    this.#host = host
  }

  /** Throws `store.missing_blob` on a miss. */
  get(hash: Hash): Uint8Array {
    return this.#beside.get(hash) ?? this.#host.readContent(hash)
  }

  /** Undefined on a miss. */
  find(hash: Hash): Uint8Array | undefined {
    return this.#beside.get(hash) ?? this.#host.store.content.get(hash)
  }

  /** The bytes belong to this from now on. */
  put(bytes: Uint8Array): Hash {
    const hash = hashOf(bytes)
    this.#beside.set(hash, bytes)
    return hash
  }

  /** True for what is in either. */
  has(hash: Hash): boolean {
    return this.#beside.has(hash) || this.#host.store.content.has(hash)
  }
}

/** A fork that stands at a height, with content of its own. */
export interface Fork {
  readonly world: World
  readonly content: SideContent
}

/** Cells and nodes that a fork keeps in memory beside what it has changed. */
const FORK_MEMORY = { cells: 33_554_432, nodes: 16_777_216 }

/** Throws what `openNewest` throws. */
export function* openFork(host: HostWorld, height: number): Steps<Fork> {
  const content = new SideContent(host)
  const makeKernel = (): World => {
    const world = createWorld({
      sha256: nodeSha256,
      modules: host.modules,
      profile: MODULE_PROFILE,
      content: { get: (hash) => content.get(hash), has: (hash) => content.has(hash) },
    })
    world.limitMemory(FORK_MEMORY)
    return world
  }
  const { kernel } = yield* openNewestSteps({
    store: host.store,
    readContent: host.readContent,
    makeKernel,
    findCheckpoint: host.findCheckpoint,
    bad: new BadSnapshots(host.folder.badSnapshots),
    to: height,
  })
  return { world: kernel, content }
}
