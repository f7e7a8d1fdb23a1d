/** How the host has modules compiled. Compilers are heavy, so only commands that build bring one. */
import type { DefEffect, DefModule, DefSchema } from '@aos/air'
import type { GuestLanguage } from '../sync-file.ts'
import type { RunWorldFile } from './world-file.ts'

/** A module to be compiled: its definition, its sources, and where results are kept. */
export interface BuildRequest {
  readonly module: DefModule
  /** Folder of the guest's sources, or the index.ts in it. */
  readonly sourcePath: string
  readonly language: GuestLanguage
  /** As in `ModuleSource`. */
  readonly unreached: readonly string[]
  /** Schemas of the folder, by name; without the built-in ones. */
  readonly schemas: ReadonlyMap<string, DefSchema>
  /** Effects of the folder, by name; without the built-in ones. */
  readonly effects: ReadonlyMap<string, DefEffect>
  /** Compiled modules by build key. */
  readonly cacheDir: string
  /** Compile although the cache has it. */
  readonly force: boolean
}

/** A compiled module; not yet admitted, which the push asks of the module runtime. */
export interface BuiltModule {
  readonly wasm: Uint8Array
  /** JSON of the source map; undefined when the builder has none. */
  readonly sourceMap: string | undefined
  readonly fromCache: boolean
}

/** The compiler as the host sees it. Commands that do not build never load one. */
export interface ModuleBuilder {
  /** Puts the generated classes beside the cache, then compiles. Throws `build.*` with what the compiler said. */
  build(request: BuildRequest): Promise<BuiltModule>
  /** Runs a world file. */
  readonly runWorldFile: RunWorldFile
  /** Puts the guest SDK under `hidden`, where an editor finds it. */
  installForEditors(request: { readonly hidden: string; readonly builds: readonly BuildRequest[] }): Promise<void>
}
