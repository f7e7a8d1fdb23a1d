/** Compiles guests with `@aos/build`, which is loaded only when something has to be built. */
import { BUILTIN_EFFECTS } from '@aos/air'
import type { CompiledGuest, GuestSources } from '@aos/build'
import { listFiles, makeSchemaTable, readText, slashed, writeWhole } from '@aos/host'
import type { BuildRequest, BuiltModule, FindBuilt, ModuleBuilder } from '@aos/host'
import type { GuestRequest, ScriptRequest } from '@aos/sdk'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CommandContext } from './context.ts'
import { installForEditors, installRustSdk, writeChanged } from './editor-files.ts'
import { makeRunWorldFile } from './world-files.ts'

/** A module whose sources were read: what is left is to compile them, unless that was done before. */
interface PreparedGuest {
  readonly name: string
  /** Equal keys, equal bytes; undefined when only the compiler knows whether anything changed. */
  readonly key: string | undefined
  readonly compile: () => Promise<CompiledGuest>
}

/** The compiler, loaded at the first module that the cache does not have. */
export function makeModuleBuilder(context: Pick<CommandContext, 'assets' | 'progress'>): ModuleBuilder {
  return {
    build: (request) => build(request, context),
    runWorldFile: makeRunWorldFile(context),
    installForEditors: (request) => installForEditors(request, context.assets),
  }
}

/** What an earlier build made of the sources as they stand. Compiles nothing and writes nothing. */
export function makeFindBuilt(context: Pick<CommandContext, 'assets'>): FindBuilt {
  return async (request) => {
    const { key } = await prepare(request, context.assets, () => undefined)
    const cached = key === undefined ? undefined : cachedFile(request, key)
    return cached !== undefined && existsSync(cached) ? readFileSync(cached) : undefined
  }
}

async function build(
  request: BuildRequest,
  context: Pick<CommandContext, 'assets' | 'progress'>,
): Promise<BuiltModule> {
  // Before compiling: whoever looks for a mistake wants to see the classes.
  const guest = await prepare(request, context.assets, (name, files) => {
    const generated = join(dirname(request.cacheDir), 'generated', name)
    for (const [file, text] of files) writeChanged(join(generated, file), text)
  })
  const cached = guest.key === undefined ? undefined : cachedFile(request, guest.key)
  const cachedMap = `${cached ?? ''}.map`
  if (!request.force && cached !== undefined && existsSync(cached) && existsSync(cachedMap)) {
    return { wasm: readFileSync(cached), sourceMap: readFileSync(cachedMap, 'utf8'), fromCache: true }
  }
  context.progress.announce(`compiling ${guest.name}`)
  const { wasm, sourceMap } = await guest.compile()
  if (cached !== undefined) {
    writeWhole(cachedMap, sourceMap)
    writeWhole(cached, wasm)
  }
  return { wasm, sourceMap: sourceMap === '' ? undefined : sourceMap, fromCache: false }
}

function cachedFile(request: BuildRequest, key: string): string {
  return join(request.cacheDir, `${key}.wasm`)
}

/** Given the files that were generated, as soon as they are. */
type OnGenerated = (name: string, files: ReadonlyMap<string, string>) => void

async function prepare(request: BuildRequest, assets: string, onGenerated: OnGenerated): Promise<PreparedGuest> {
  const folder = folderOf(request.sourcePath)
  const hidden = dirname(request.cacheDir)
  const root = dirname(hidden)
  const place: GuestPlace = { folder, hidden, root, name: slashed(root, folder), assets }
  switch (request.language) {
    case 'assemblyscript':
      return prepareAssembly(request, place, onGenerated)
    case 'typescript':
      return prepareScript(request, place, onGenerated)
    case 'rust': {
      const { compileRust } = await import('@aos/build')
      return {
        name: place.name,
        key: undefined,
        compile: () => {
          installRustSdk(assets, hidden)
          return compileRust({ name: place.name, folder, targetDir: join(hidden, 'rust') })
        },
      }
    }
  }
}

interface GuestPlace {
  readonly folder: string
  readonly hidden: string
  /** The world folder. */
  readonly root: string
  /** The module's folder as messages call it. */
  readonly name: string
  readonly assets: string
}

async function prepareAssembly(
  request: BuildRequest,
  { folder, hidden, root, name, assets }: GuestPlace,
  onGenerated: OnGenerated,
): Promise<PreparedGuest> {
  const [{ buildKey, compileGuest }, { readSdkFiles }] = await Promise.all([import('@aos/build'), import('@aos/sdk')])
  const sources: GuestSources = {
    name,
    generatedName: slashed(root, join(hidden, 'generated', name)),
    files: new Map(listFiles(folder, '.ts').map((file) => [slashed(folder, file), readText(file)])),
    generated: await generatedFiles(request),
    sdk: readSdkFiles({ sdkDir: join(assets, 'sdk') }),
  }
  onGenerated(name, sources.generated)
  return { name, key: buildKey(sources), compile: () => compileGuest(sources) }
}

/** Bundling is quick, and it alone knows which libraries are used; so the key is that of the bundle. */
async function prepareScript(
  request: BuildRequest,
  { folder, root, name, assets }: GuestPlace,
  onGenerated: OnGenerated,
): Promise<PreparedGuest> {
  const [{ bundleScript, compileScript, scriptKey }, { readScriptSdkFiles }] = await Promise.all([
    import('@aos/build'),
    import('@aos/sdk'),
  ])
  const generated = await generatedFiles(request)
  onGenerated(name, generated)
  const sdk = readScriptSdkFiles({ sdkDir: join(assets, 'sdk-script') })
  const bundle = await bundleScript({ name, folder, root, generated, sdk, unreached: request.unreached })
  return { name, key: scriptKey(bundle), compile: () => Promise.resolve(compileScript(bundle)) }
}

/** What is made of the definitions and stands beside the sources, by name: nothing for Rust. */
export async function generatedFiles(request: BuildRequest): Promise<ReadonlyMap<string, string>> {
  const { generateGuest, generateScript } = await import('@aos/sdk')
  switch (request.language) {
    case 'assemblyscript':
      return generateGuest(guestRequest(request))
    case 'typescript':
      return generateScript(scriptRequest(request))
    case 'rust':
      return new Map()
  }
}

/** Classes for every schema of the folder: a module may raise any event. The compiler leaves out what is not used. */
function guestRequest(request: BuildRequest): GuestRequest {
  return {
    module: request.module,
    schemas: makeSchemaTable(request.schemas),
    extraSchemas: [...request.schemas.keys()],
  }
}

function scriptRequest(request: BuildRequest): ScriptRequest {
  const effects = [...BUILTIN_EFFECTS.values(), ...request.effects.values()]
  return {
    ...guestRequest(request),
    effectParams: new Map(effects.map(({ effectKind, paramsSchema }) => [effectKind, paramsSchema])),
  }
}

/** The folder itself, or the one in which the entry file lies. */
function folderOf(sourcePath: string): string {
  return existsSync(sourcePath) && statSync(sourcePath).isFile() ? dirname(sourcePath) : sourcePath
}
