/** Which bytes of modules a pull brings into a folder (spec/22-sync.md, "Definitions"). */
import type { DefModule, Manifest, SortedDefinitions } from '@aos/air'
import { isPlaceholder, isReservedName } from '@aos/air'
import type { Hash } from '@aos/cbor'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AssembleOptions } from '../push/assemble.ts'
import { bytesItem } from './items.ts'
import type { Items } from './items.ts'
import { bytesInFolder, moduleFile } from './module-files.ts'

/** A module whose bytes in the folder are not those in force, or lie in the world only. */
export interface PulledModule {
  readonly name: string
  /** In force. */
  readonly hash: Hash
  /** What the folder would push; undefined: it cannot be built, or it is what is in force and lies in the world only. */
  readonly folder: Hash | undefined
  /** As aos.sync.json has it. */
  readonly source: string | undefined
  /**
   * `taken`: the bytes come into the folder as `file`. `kept`: only the folder changed. `differs`: the world changed, and the folder stays as it is.
   * `stored`: the definition names bytes that only the world has. `conflict`: both changed.
   */
  readonly state: 'taken' | 'kept' | 'differs' | 'stored' | 'conflict'
  readonly file?: string
  /** Why it cannot be built. */
  readonly problem?: { readonly code: string; readonly message: string }
}

/** Both sides after the definitions were brought, and how the folder was before. */
export interface ModuleSides {
  readonly build: Omit<AssembleOptions, 'airPath'>
  readonly manifest: Manifest
  /** Bytes in force, by module. */
  readonly inForce: ReadonlyMap<string, Hash>
  /** Definitions of the folder as they will be, and as they are. */
  readonly after: SortedDefinitions
  readonly before: SortedDefinitions
  readonly last: Items | undefined
  /** Bytes are brought. */
  readonly take: boolean
  readonly overwrite: boolean
}

/** The modules, and the bytes that a push would take for each, as far as they are known. */
export interface ModuleVerdicts {
  readonly modules: readonly PulledModule[]
  readonly bytes: ReadonlyMap<string, Hash>
}

/** Builds what has sources. Throws `host.bad_config`, and what reading of sources throws. */
export async function comparePulledModules(sides: ModuleSides): Promise<ModuleVerdicts> {
  const modules: PulledModule[] = []
  const bytes = new Map<string, Hash>()
  for (const module of sides.after.modules.values()) {
    const hash = sides.inForce.get(module.name)
    const isListed = sides.manifest.modules.some(({ name }) => name === module.name)
    if (isReservedName(module.name) || hash === undefined || !isListed) continue
    const found = await compareModule(sides, module, hash)
    if (found.folder !== undefined) bytes.set(module.name, found.folder)
    if (found.module !== undefined) modules.push(found.module)
  }
  return { modules, bytes }
}

interface Compared {
  readonly folder: Hash | undefined
  /** undefined: nothing is to be said of it. */
  readonly module: PulledModule | undefined
}

async function compareModule(sides: ModuleSides, module: DefModule, hash: Hash): Promise<Compared> {
  const { build, after, take } = sides
  const { name } = module
  const source = build.sync.modules.get(name)?.source
  const file = moduleFile(name, hash)
  const row = { name, hash, source }
  if (source === undefined) {
    const isLeftOut = take && isPlaceholder(module.wasmHash)
    if (module.wasmHash !== hash && !isLeftOut) return { folder: module.wasmHash, module: undefined }
    const state = take ? ({ state: 'taken', file } as const) : ({ state: 'stored' } as const)
    return { folder: hash, module: { ...row, folder: undefined, ...state } }
  }
  const built = await bytesInFolder(build, module, after)
  if ('hash' in built && built.hash === hash) return { folder: hash, module: undefined }
  const folder = 'hash' in built ? built.hash : undefined
  const problem = 'problem' in built ? { problem: { code: built.problem.code, message: built.problem.message } } : {}
  const state = await judge(sides, { module, hash, source })
  const about = { ...row, folder, ...problem }
  if (state === 'taken') return { folder: hash, module: { ...about, state, file } }
  return { folder, module: { ...about, state } }
}

/** The sources are compared as they stand, with the definitions that they were written for. */
async function judge(
  { build, before, last, take, overwrite }: ModuleSides,
  { module, hash, source }: { readonly module: DefModule; readonly hash: Hash; readonly source: string },
): Promise<PulledModule['state']> {
  const known = last?.get(bytesItem(module.name))
  if (take && overwrite) return 'taken'
  if (known === hash) return 'kept'
  if (!take) return 'differs'
  if (!existsSync(join(build.folder.root, source))) return 'taken'
  const own = await bytesInFolder(build, before.modules.get(module.name) ?? module, before)
  return known !== undefined && 'hash' in own && own.hash === known ? 'taken' : 'conflict'
}
