/** From a folder to a complete set of nodes: modules built, hashes filled in, everything checked. */
import {
  BUILTIN_MODULES,
  SECTION_OF_KIND,
  ZERO_HASH,
  completeManifest,
  definitionsOf,
  encodeDefinition,
  hashDefinition,
  readBuiltinWasm,
  sortDefinitions,
} from '@aos/air'
import type { DefModule, Manifest, NamedDefinition, SortedDefinitions } from '@aos/air'
import { AosError, formatPath, hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { checkDefinitions } from '@aos/expr'
import { isComponent, unwrapComponent } from '@aos/wasm'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readMapBeside } from '../module-maps.ts'
import { nodeSha256 } from '../sha256.ts'
import { languageOf } from '../sync-file.ts'
import type { SyncFile } from '../sync-file.ts'
import type { WorldFolder } from '../world-folder.ts'
import { readAirSources, withLine } from './air-folder.ts'
import type { AirSources, FileIssue, PlacedDefinition } from './air-folder.ts'
import { worldFileAt } from './world-file.ts'
import type { BuildRequest, ModuleBuilder } from './module-builder.ts'

/** Where a world comes from, and what compiles its modules. */
export interface AssembleOptions {
  readonly folder: WorldFolder
  readonly sync: SyncFile
  readonly builder: ModuleBuilder
  readonly forceBuild: boolean
  /** Bytes of a module that was stored before. */
  readonly stored: (hash: Hash) => Uint8Array | undefined | Promise<Uint8Array | undefined>
  readonly onProgress: (line: string) => void
  /** Files or folders with the definitions; those of the world folder unless given. */
  readonly airPath?: string | undefined
}

/** A module definition with its bytes, freshly compiled or from the cache. */
export interface AssembledModule {
  /** With the hash of its bytes. */
  readonly module: DefModule
  readonly bytes: Uint8Array
  /** The text of its source map, when it has one. */
  readonly sourceMap: string | undefined
}

/** All that a push would put in force, compiled and hashed; nothing is stored yet. */
export interface Assembly {
  readonly manifest: Manifest
  readonly manifestHash: Hash
  /** Manifest and definitions, encoded. */
  readonly nodes: readonly Uint8Array[]
  readonly modules: readonly AssembledModule[]
  /** Hashes of everything above: what the manifest relies on. */
  readonly blobs: readonly Hash[]
  readonly builds: readonly BuildRequest[]
  readonly warnings: readonly FileIssue[]
}

/** Throws `host.no_air`, `host.invalid_air` (details.issues), `host.missing_wasm`, `build.*`. */
export async function assemble(options: AssembleOptions): Promise<Assembly> {
  const { runWorldFile } = options.builder
  const sources = await readAirSources([airPathOf(options)], { lenient: false, runWorldFile })
  const first = checkSources(sources)
  if (first.length > 0) throw invalidAir(first)
  const found = sortDefinitions(sources.definitions.map(({ definition }) => definition))
  const { modules } = found
  refuseUnknownModules(options.sync, modules)
  const built = await buildModules(options, found)
  const filled = new Map(built.modules.map(({ module }) => [module.name, module]))
  const manifest = completeManifest({ ...found, manifest: needManifest(sources), modules: filled, sha256: nodeSha256 })
  const listed = definitionsOf({ ...found, modules: filled }).filter((node) => isListed(manifest, node))
  const builtins = builtinModules(manifest)
  const nodes = [manifest, ...listed, ...builtins.map(({ module }) => module)].map((node) => encodeDefinition(node))
  const allModules = [...built.modules, ...builtins]
  return {
    manifest,
    manifestHash: hashDefinition(nodeSha256, manifest),
    nodes,
    modules: allModules,
    blobs: [...nodes, ...allModules.map(({ bytes }) => bytes)].map((bytes) => hashText(nodeSha256, bytes)),
    builds: built.builds,
    warnings: sources.warnings,
  }
}

/** The world folder when it has a world file; else the AIR folder, which need not be a part of a world folder. */
function airPathOf({ folder, sync, airPath }: AssembleOptions): string {
  if (airPath !== undefined) return airPath
  return worldFileAt(folder.root) === undefined ? join(folder.root, sync.airDir) : folder.root
}

/** Every issue of the files and of the manifest over them. Placeholders of hashes are no issue. */
export function checkSources(sources: AirSources): readonly FileIssue[] {
  return findSourceIssues(sources).issues
}

/** What `checkSources` finds, and the warnings of files that are read leniently. */
export function findSourceIssues(sources: AirSources): {
  readonly issues: readonly FileIssue[]
  readonly warnings: readonly FileIssue[]
} {
  const { issues, warnings, lenient } = sources
  if (issues.length > 0) return { issues, warnings }
  const placed = sources.definitions.find(({ definition }) => definition.kind === 'manifest')
  if (placed === undefined) return { issues, warnings }
  const found = sortDefinitions(sources.definitions.map(({ definition }) => definition))
  const manifest = completeManifest({ ...found, manifest: needManifest(sources), sha256: nodeSha256 })
  const places = new Map(sources.definitions.map((each) => [nameOf(each), each]))
  const checked = checkDefinitions({ ...found, manifest, sha256: nodeSha256, lenient })
  return {
    issues: checked.issues.map((issue) => withLine(placeIssue(issue, placed, places), sources.places)),
    warnings: [
      ...warnings,
      ...checked.warnings.map((issue) => withLine(placeIssue(issue, placed, places), sources.places)),
    ],
  }
}

/** `host.invalid_air` with all of them. */
export function invalidAir(issues: readonly FileIssue[]): AosError {
  const first = issues[0]
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more; see \`aos air check\`)` : ''
  const said = first === undefined ? 'there are issues' : `${placeText(first)}: ${first.message} [${first.code}]`
  return new AosError('host.invalid_air', `the AIR folder does not validate: ${said}${more}`, {
    path: first?.path,
    details: { issues: issues.map((issue) => ({ ...issue, path: formatPath(issue.path) })) },
  })
}

/** `file:line:column` where lines are known, else the file. */
export function placeText({ file, line, column }: Pick<FileIssue, 'file' | 'line' | 'column'>): string {
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`
}

function nameOf({ definition }: PlacedDefinition): string {
  return definition.kind === 'manifest' ? 'manifest' : `${SECTION_OF_KIND[definition.kind]} ${definition.name}`
}

/** Built-in modules that the manifest lists, with the bytes that come with this release. */
export function builtinModules(manifest: Manifest): readonly AssembledModule[] {
  return manifest.modules.flatMap(({ name }) => {
    const module = BUILTIN_MODULES.get(name)
    const bytes = module === undefined ? undefined : readBuiltinWasm(module.wasmHash)
    return module === undefined || bytes === undefined ? [] : [{ module, bytes, sourceMap: undefined }]
  })
}

function needManifest(sources: AirSources): Manifest {
  for (const { definition } of sources.definitions) if (definition.kind === 'manifest') return definition
  throw new AosError('host.no_manifest', 'the AIR folder holds no manifest', {
    hint: 'add {"$kind":"manifest","air_version":"1","schemas":[…],"modules":[…]}',
  })
}

/** Issues of a manifest whose path begins with a definition's name are about that definition. */
function placeIssue(
  issue: { readonly code: string; readonly path: FileIssue['path']; readonly message: string },
  manifest: PlacedDefinition,
  places: ReadonlyMap<string, PlacedDefinition>,
): FileIssue {
  const [section, name, ...rest] = issue.path
  const about = typeof section === 'string' && typeof name === 'string' ? places.get(`${section} ${name}`) : undefined
  if (about !== undefined) return { ...issue, file: about.file, path: [...about.path, ...rest] }
  return { ...issue, file: manifest.file, path: [...manifest.path, ...issue.path] }
}

function refuseUnknownModules(sync: SyncFile, modules: ReadonlyMap<string, DefModule>): void {
  for (const name of sync.modules.keys()) {
    if (modules.has(name)) continue
    throw new AosError(
      'host.unknown_module',
      `aos.sync.json names the module ${name}, which the AIR folder does not define`,
      {
        path: ['modules', name],
        hint: modules.size === 0 ? 'it defines none' : `it defines ${[...modules.keys()].join(', ')}`,
      },
    )
  }
}

async function buildModules(
  options: AssembleOptions,
  found: ModuleTypes & Pick<SortedDefinitions, 'modules'>,
): Promise<{
  readonly modules: readonly AssembledModule[]
  readonly builds: readonly BuildRequest[]
}> {
  const built: AssembledModule[] = []
  const builds: BuildRequest[] = []
  for (const module of found.modules.values()) {
    const { request, bytes, sourceMap } = await buildModule(options, module, found)
    if (request !== undefined) builds.push(request)
    built.push({ module: { ...module, wasmHash: hashText(nodeSha256, bytes) }, bytes, sourceMap })
  }
  return { modules: built, builds }
}

/** What the sources of a module can name. */
export type ModuleTypes = Pick<SortedDefinitions, 'schemas' | 'effects'>

/** The bytes that a push takes for a module: compiled, from a file, or stored. `request` when there are sources. Throws `build.*`, `host.missing_wasm`. */
export async function buildModule(
  options: Omit<AssembleOptions, 'airPath'>,
  module: DefModule,
  { schemas, effects }: ModuleTypes,
): Promise<BuiltBytes & { readonly request?: BuildRequest }> {
  const source = options.sync.modules.get(module.name)
  if (source === undefined) return { bytes: await storedWasm(options, module), sourceMap: undefined }
  if (source.source.endsWith('.wasm')) return compiledWasm(options, module, source.source)
  options.onProgress(`building ${module.name}`)
  const sourcePath = join(options.folder.root, source.source)
  const language = languageOf(source, sourcePath)
  const { unreached } = source
  const kept = { cacheDir: options.folder.cache, force: options.forceBuild }
  const request = { module, sourcePath, language, unreached, schemas, effects, ...kept }
  const { wasm, sourceMap } = await options.builder.build(request)
  return { bytes: wasm, sourceMap, request }
}

async function storedWasm(options: Pick<AssembleOptions, 'stored'>, module: DefModule): Promise<Uint8Array> {
  const bytes = module.wasmHash === ZERO_HASH ? undefined : await options.stored(module.wasmHash)
  if (bytes !== undefined) return bytes
  throw new AosError(
    'host.missing_wasm',
    `${module.name} has no source in aos.sync.json, and the store has no bytes for it`,
    {
      path: ['modules', module.name],
      hint: 'name its source under modules in aos.sync.json, or put the file with `aos blob put` and name its hash',
    },
  )
}

type BuiltBytes = Pick<AssembledModule, 'bytes' | 'sourceMap'>

/** A module that was compiled elsewhere is taken as it is. */
function compiledWasm(options: Pick<AssembleOptions, 'folder'>, module: DefModule, source: string): BuiltBytes {
  const file = join(options.folder.root, source)
  if (existsSync(file)) {
    const given = new Uint8Array(readFileSync(file))
    if (isComponent(given)) return { bytes: unwrapComponent(given), sourceMap: undefined }
    return { bytes: given, sourceMap: readMapBeside(file, given, options.folder.root) }
  }
  throw new AosError('host.missing_wasm', `${module.name} is to come from ${source}, which does not exist`, {
    path: ['modules', module.name, 'source'],
  })
}

function isListed(manifest: Manifest, node: NamedDefinition): boolean {
  return manifest[SECTION_OF_KIND[node.kind]].some((ref) => ref.name === node.name)
}
