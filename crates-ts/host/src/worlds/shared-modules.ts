/** One pool of module instances for all worlds of a thread (spec/15-control.md, "A host of many worlds"). */
import type { Hash } from '@aos/cbor'
import type { ModuleRuntime } from '@aos/kernel'
import { createModuleRuntime } from '@aos/wasm'
import { readModuleMap } from '../module-maps.ts'
import { nodeSha256 } from '../sha256.ts'
import type { WorldFolder } from '../world-folder.ts'

/** Modules of which it is remembered who uses them, and folders kept for each: for the source maps of traps. */
const MODULES_MAX = 256
const FOLDERS_MAX = 8

/** Worlds that use the same bytes share what was admitted and its instance. The pool is bounded by `@aos/wasm`. */
export class SharedModules {
  /** Who loaded a module; the one loaded longest ago is first. */
  readonly #users = new Map<Hash, WorldFolder[]>()
  readonly #runtime: ModuleRuntime

  constructor() {
    this.#runtime = createModuleRuntime({ sha256: nodeSha256, sourceMap: (wasmHash) => this.#findMap(wasmHash) })
  }

  /** The runtime as one world is given it. */
  forWorld(folder: WorldFolder): ModuleRuntime {
    return {
      load: (module) => {
        this.#remember(module.wasmHash, folder)
        return this.#runtime.load(module)
      },
    }
  }

  #remember(wasmHash: Hash, folder: WorldFolder): void {
    const others = (this.#users.get(wasmHash) ?? []).filter(({ root }) => root !== folder.root)
    this.#users.delete(wasmHash)
    this.#users.set(wasmHash, [folder, ...others].slice(0, FOLDERS_MAX))
    for (const oldest of this.#users.keys()) {
      if (this.#users.size <= MODULES_MAX) break
      this.#users.delete(oldest)
    }
  }

  /** Maps are named by the hash of the module, so that of any world will do. */
  #findMap(wasmHash: Hash): string | undefined {
    for (const folder of this.#users.get(wasmHash) ?? []) {
      const map = readModuleMap(folder, wasmHash)
      if (map !== undefined) return map
    }
    return undefined
  }
}
