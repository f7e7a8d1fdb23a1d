/**
 * Source maps of modules, for trap reports. They lie in `.aos/build`, named by the hash of the module that they explain,
 * so that the map of an older version is still there when an old entry is looked at. Nothing depends on them: without
 * one, or with one that cannot be used, a report names functions and offsets.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { slashed, writeWhole } from './files.ts'
import { isRecord } from './config-file.ts'
import { nodeSha256 } from './sha256.ts'
import type { WorldFolder } from './world-folder.ts'

/** The file that holds, or would hold, the map of a module. */
export function moduleMapFile(folder: WorldFolder, wasmHash: Hash): string {
  return join(folder.maps, `${wasmHash.slice('sha256:'.length)}.map`)
}

/** The text of a module's map; undefined when there is none, when it is unreadable, or when it is another module's. */
export function readModuleMap(folder: WorldFolder, wasmHash: Hash): string | undefined {
  const text = readOrNothing(moduleMapFile(folder, wasmHash))
  if (text === undefined) return undefined
  const file = parseOrNothing(text)?.['file']
  return typeof file === 'string' && file.startsWith('sha256:') && file !== wasmHash ? undefined : text
}

/** Keeps the map that a build made. An equal one is left alone. */
export function keepModuleMap(folder: WorldFolder, wasm: Uint8Array, text: string): void {
  const file = moduleMapFile(folder, hashText(nodeSha256, wasm))
  if (readOrNothing(file) !== text) writeWhole(file, text)
}

/**
 * The map beside a module that was compiled elsewhere, `FILE.wasm.map` or `FILE.map`, with the paths of its sources relative to
 * `root` where they lie in it. Undefined when there is none that is JSON.
 */
export function readMapBeside(wasmFile: string, wasm: Uint8Array, root: string): string | undefined {
  for (const file of [`${wasmFile}.map`, wasmFile.replace(/\.wasm$/, '.map')]) {
    const text = file === wasmFile ? undefined : readOrNothing(file)
    const document = text === undefined ? undefined : parseOrNothing(text)
    if (document === undefined) continue
    const sourceRoot = typeof document['sourceRoot'] === 'string' ? document['sourceRoot'] : ''
    const given: readonly unknown[] = Array.isArray(document['sources']) ? document['sources'] : []
    const sources = given.map((source) =>
      typeof source === 'string' ? placeIn(root, dirname(file), join(sourceRoot, source), source) : null,
    )
    const { mappings, ignoreList, version } = document
    return JSON.stringify({ version, file: hashText(nodeSha256, wasm), sources, names: [], mappings, ignoreList })
  }
  return undefined
}

/** The path relative to the root; what lies elsewhere keeps its name as it was given. */
function placeIn(root: string, folder: string, path: string, given: string): string {
  const within = relative(root, resolve(folder, path))
  return within === '' || within.startsWith('..') || isAbsolute(within) ? given : slashed(root, resolve(folder, path))
}

function readOrNothing(file: string): string | undefined {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined
  } catch {
    // A map is a convenience: a folder in its place, or one that may not be read, is no reason to fail.
    return undefined
  }
}

function parseOrNothing(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}
