/** Is what the folder says what the world does: definitions, sources of modules, and what was not pushed. Builds nothing. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { EMPTY_MANIFEST } from '@aos/air'
import { isAosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { loadDefinitions } from '../definitions.ts'
import { isUnfinished } from '../pull/write-files.ts'
import { assemble } from '../push/assemble.ts'
import { compareManifests } from '../push/changes.ts'
import type { BuildRequest, ModuleBuilder } from '../push/module-builder.ts'
import type { RunWorldFile } from '../push/world-file.ts'
import { readSyncFile } from '../sync-file.ts'
import type { SyncFile } from '../sync-file.ts'
import type { WorldFolder } from '../world-folder.ts'
import { failed, failedWith, passed, warned } from './report.ts'
import type { Check } from './report.ts'

/** The bytes that a build would give, when they are known without building. */
export type FindBuilt = (request: BuildRequest) => Promise<Uint8Array | undefined>

/** One of them makes a folder the sources of a module. */
const ENTRY_FILES: readonly string[] = ['index.ts', 'index.js', 'index.mts', 'index.mjs', 'Cargo.toml']

/** Where `aos push` would look: every source that aos.sync.json names. Throws `host.bad_config`. */
export function checkSources(folder: WorldFolder): Check {
  const { modules } = readSyncFile(folder.syncFile)
  const missing = [...modules].flatMap(([name, { source }]) => {
    const path = join(folder.root, source)
    const lacks = source.endsWith('.wasm')
      ? !isFile(path)
      : !isFile(path) && !ENTRY_FILES.some((file) => isFile(join(path, file)))
    return lacks ? [{ module: name, source }] : []
  })
  const [first] = missing
  if (first === undefined) {
    return passed('sources', `${modules.size} ${modules.size === 1 ? 'module has its' : 'modules have their'} source`)
  }
  const what = first.source.endsWith('.wasm') ? 'the file' : 'a folder with index.ts at'
  const more = missing.length === 1 ? '' : ` (and ${missing.length - 1} more)`
  return failed('sources', `${first.module} is to come from ${first.source}, which is not there${more}`, {
    hint: `put ${what} ${first.source}, or change \`modules\` in aos.sync.json`,
    details: { missing },
  })
}

/** What the check of a folder needs of its world. */
export interface InStepOptions {
  readonly folder: WorldFolder
  readonly manifest: Hash | undefined
  readonly read: (hash: Hash) => Uint8Array
  readonly stored: (hash: Hash) => Uint8Array | undefined
  readonly findBuilt: FindBuilt
  readonly runWorldFile: RunWorldFile
}

/** What `aos push` would change. A source that was not compiled as it stands counts as changed. */
export async function checkInStep(options: InStepOptions): Promise<Check> {
  const { folder, manifest: inForce, read } = options
  if (isUnfinished(folder))
    return warned('in-step', 'a pull was broken off', { hint: 'run `aos pull`, which finishes it' })
  try {
    const sync: SyncFile = readSyncFile(folder.syncFile)
    const definitions = inForce === undefined ? undefined : loadDefinitions(inForce, read)
    const unbuilt: string[] = []
    const known = async (request: BuildRequest): Promise<Uint8Array> => {
      const bytes = await options.findBuilt(request)
      if (bytes !== undefined) return bytes
      unbuilt.push(request.module.name)
      const hash = definitions?.modules.get(request.module.name)?.wasmHash
      return (hash === undefined ? undefined : options.stored(hash)) ?? new Uint8Array(0)
    }
    const builder: ModuleBuilder = {
      build: async (request) => ({ wasm: await known(request), sourceMap: undefined, fromCache: true }),
      runWorldFile: options.runWorldFile,
      installForEditors: () => Promise.resolve(),
    }
    const onProgress = (): void => undefined
    const { stored } = options
    const assembly = await assemble({ folder, sync, builder, forceBuild: false, stored, onProgress })
    const changes = compareManifests(definitions?.manifest ?? EMPTY_MANIFEST, assembly.manifest)
    const names = new Set([
      ...changes.map(({ kind, name }) => `${kind} ${name}`),
      ...unbuilt.map((name) => `module ${name}`),
    ])
    if (names.size === 0) return passed('in-step', 'the folder is what the world runs')
    const what =
      names.size === 1 ? `${[...names][0] ?? ''} is` : `${[...names][0] ?? ''} and ${names.size - 1} more are`
    return warned('in-step', `${what} not in the world as the folder has it`, {
      hint: '`aos push --dry-run` says what the folder would bring, `aos pull --dry-run` what the world would',
      details: { changed: [...names] },
    })
  } catch (error) {
    if (!isAosError(error)) throw error
    return failedWith('in-step', error)
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}
