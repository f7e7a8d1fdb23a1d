/** aos.sync.json: what goes between the folder and the world. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readText } from './files.ts'
import { badConfig, isRecord, parseConfig, refuseOthers } from './config-file.ts'
import { readWorkspaces } from './sync/workspace-sources.ts'
import type { WorkspaceSource } from './sync/workspace-sources.ts'

/** What the sources of a module are written in; `typescript` stands for JavaScript too. */
export const GUEST_LANGUAGES = ['assemblyscript', 'typescript', 'rust'] as const

/** The language of a module that is built. */
export type GuestLanguage = (typeof GUEST_LANGUAGES)[number]

/** Where a module's bytes come from. Paths are relative to the world folder. */
export interface ModuleSource {
  /** Folder of a guest's sources; or a compiled module, whose name ends in .wasm. */
  readonly source: string
  /** Undefined: the folder says it (`languageOf`). */
  readonly language: GuestLanguage | undefined
  /** What the libraries of a module in TypeScript may mention although it is not there, such as `Date`. */
  readonly unreached: readonly string[]
}

/** A folder with Cargo.toml is Rust, one with index.js is JavaScript, and any other one AssemblyScript. */
export function languageOf({ language }: Pick<ModuleSource, 'language'>, sourcePath: string): GuestLanguage {
  if (language !== undefined) return language
  if (existsSync(join(sourcePath, 'Cargo.toml'))) return 'rust'
  const isScript = ['index.js', 'index.mjs', 'index.mts'].some((file) => existsSync(join(sourcePath, file)))
  return isScript || /\.m?js$/.test(sourcePath) ? 'typescript' : 'assemblyscript'
}

/** Which folders hold AIR and the sources of modules; paths are relative to the world folder. */
export interface SyncFile {
  /** Folder with AIR JSON. */
  readonly airDir: string
  /** By AIR name of the module. */
  readonly modules: ReadonlyMap<string, ModuleSource>
  readonly workspaces: readonly WorkspaceSource[]
}

/** A missing file means `air/`, no modules and no workspaces. Throws `host.bad_config`. */
export function readSyncFile(file: string): SyncFile {
  if (!existsSync(file)) return { airDir: 'air', modules: new Map(), workspaces: [] }
  const text = readText(file)
  const record = parseConfig(file, text)
  refuseOthers(file, record, ['version', 'air', 'modules', 'workspaces'], [])
  if (record['version'] !== 1) throw badConfig(file, ['version'], 'expected 1')
  return {
    airDir: readAirDir(file, record['air']),
    modules: readModules(file, record['modules']),
    workspaces: readWorkspaces({ file, text }, record['workspaces']),
  }
}

function readAirDir(file: string, air: unknown): string {
  if (air === undefined) return 'air'
  if (!isRecord(air)) throw badConfig(file, ['air'], 'expected {"dir": FOLDER}')
  refuseOthers(file, air, ['dir'], ['air'])
  const dir = air['dir']
  if (dir === undefined) return 'air'
  if (typeof dir !== 'string') throw badConfig(file, ['air', 'dir'], 'expected a folder')
  return dir
}

function readModules(file: string, modules: unknown): ReadonlyMap<string, ModuleSource> {
  const found = new Map<string, ModuleSource>()
  if (modules === undefined) return found
  if (!isRecord(modules)) throw badConfig(file, ['modules'], 'expected {NAME: {"source": FOLDER or FILE.wasm}}')
  for (const [name, entry] of Object.entries(modules)) {
    const path = ['modules', name]
    if (!isRecord(entry)) throw badConfig(file, path, 'expected {"source": FOLDER or FILE.wasm}')
    refuseOthers(file, entry, ['source', 'language', 'unreached'], path)
    const source = entry['source']
    if (typeof source !== 'string') throw badConfig(file, [...path, 'source'], 'expected a folder or a .wasm file')
    const language = readLanguage(file, entry['language'], path)
    found.set(name, { source, language, unreached: readNames(file, entry['unreached'], [...path, 'unreached']) })
  }
  return found
}

function readLanguage(file: string, language: unknown, path: readonly string[]): GuestLanguage | undefined {
  if (language === undefined) return undefined
  const known = GUEST_LANGUAGES.find((each) => each === language)
  if (known === undefined) throw badConfig(file, [...path, 'language'], `expected one of ${GUEST_LANGUAGES.join(', ')}`)
  return known
}

function readNames(file: string, names: unknown, path: readonly string[]): readonly string[] {
  if (names === undefined) return []
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw badConfig(file, path, 'expected a list of names')
}
