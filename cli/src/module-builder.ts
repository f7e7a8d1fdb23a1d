/** Compiles guests with `@aos/build`, which is loaded only when something has to be built. */
import { listFiles, makeSchemaTable, readText, slashed, writeWhole } from '@aos/host'
import type { BuildRequest, BuiltModule, FindBuilt, ModuleBuilder } from '@aos/host'
import type { GuestSources } from '@aos/build'
import type { GuestRequest } from '@aos/sdk'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CommandContext } from './context.ts'
import { makeRunWorldFile } from './world-files.ts'

/** The compiler, loaded at the first module that the cache does not have. */
export function makeModuleBuilder(context: Pick<CommandContext, 'assets' | 'progress'>): ModuleBuilder {
  const sdkDir = join(context.assets, 'sdk')
  return {
    build: (request) => build(request, sdkDir, context),
    runWorldFile: makeRunWorldFile(context),
    installForEditors: async (request) => {
      if (request.builds.length === 0) return
      const [{ guestTsconfig, readSdkFiles }, { readEditorTypes }] = await Promise.all([
        import('@aos/sdk'),
        import('@aos/build'),
      ])
      for (const [name, text] of readSdkFiles({ sdkDir })) writeChanged(join(request.hidden, 'sdk', name), text)
      writeChanged(join(request.hidden, 'sdk', 'assembly.d.ts'), readEditorTypes())
      const root = dirname(request.hidden)
      const config = join(root, 'tsconfig.json')
      if (!existsSync(config)) writeWhole(config, guestTsconfig())
    },
  }
}

/** What an earlier build made of the sources as they stand. Compiles nothing and writes nothing. */
export function makeFindBuilt(context: Pick<CommandContext, 'assets'>): FindBuilt {
  const sdkDir = join(context.assets, 'sdk')
  return async (request) => {
    const { buildKey } = await import('@aos/build')
    const cached = cachedFile(request, buildKey(await sourcesOf(request, sdkDir)))
    return existsSync(cached) ? readFileSync(cached) : undefined
  }
}

async function build(
  request: BuildRequest,
  sdkDir: string,
  context: Pick<CommandContext, 'progress'>,
): Promise<BuiltModule> {
  const { buildKey, compileGuest } = await import('@aos/build')
  const sources = await sourcesOf(request, sdkDir)
  // Before compiling: whoever looks for a mistake wants to see the classes.
  const generated = join(dirname(request.cacheDir), 'generated', sources.name)
  for (const [name, text] of sources.generated) writeChanged(join(generated, name), text)
  const cached = cachedFile(request, buildKey(sources))
  const cachedMap = `${cached}.map`
  if (!request.force && existsSync(cached) && existsSync(cachedMap)) {
    return { wasm: readFileSync(cached), sourceMap: readFileSync(cachedMap, 'utf8'), fromCache: true }
  }
  context.progress.announce(`compiling ${sources.name}`)
  const { wasm, sourceMap } = await compileGuest(sources)
  writeWhole(cachedMap, sourceMap)
  writeWhole(cached, wasm)
  return { wasm, sourceMap, fromCache: false }
}

function cachedFile(request: BuildRequest, key: string): string {
  return join(request.cacheDir, `${key}.wasm`)
}

async function sourcesOf(request: BuildRequest, sdkDir: string): Promise<GuestSources> {
  const { generateGuest, readSdkFiles } = await import('@aos/sdk')
  const folder = folderOf(request.sourcePath)
  const hidden = dirname(request.cacheDir)
  const name = slashed(dirname(hidden), folder)
  return {
    name,
    generatedName: slashed(dirname(hidden), join(hidden, 'generated', name)),
    files: new Map(listFiles(folder, '.ts').map((file) => [slashed(folder, file), readText(file)])),
    generated: generateGuest(guestRequest(request)),
    sdk: readSdkFiles({ sdkDir }),
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

/** The folder itself, or the one in which the entry file lies. */
function folderOf(sourcePath: string): string {
  return existsSync(sourcePath) && statSync(sourcePath).isFile() ? dirname(sourcePath) : sourcePath
}

/** Editors watch these files; one that has not changed is left alone. */
function writeChanged(file: string, text: string): void {
  if (!existsSync(file) || readText(file) !== text) writeWhole(file, text)
}
