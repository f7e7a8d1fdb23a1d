/** Modules of a folder beside those of the world: what sources build to, and bytes as files (spec/22-sync.md, "Definitions"). */
import { formatJson, isJsonObject, parseJson } from '@aos/air'
import type { DefModule, JsonNode, SortedDefinitions } from '@aos/air'
import { hashText, isAosError } from '@aos/cbor'
import type { AosError, Hash } from '@aos/cbor'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readBytes, readText } from '../files.ts'
import { buildModule } from '../push/assemble.ts'
import type { AssembleOptions } from '../push/assemble.ts'
import { nodeSha256 } from '../sha256.ts'
import { encodeFileName } from '../sync/file-names.ts'
import { applySplices, editValue, keyOf } from './json-edit.ts'
import { spansOfJson } from './json-spans.ts'
import type { FileChange } from './write-files.ts'

/** What a push would take for a module, or why it could not. */
export type FolderBytes = { readonly hash: Hash } | { readonly problem: AosError }

/** Errors of a build or of a missing file are what it says; throws everything else. */
export async function bytesInFolder(
  options: Omit<AssembleOptions, 'airPath'>,
  module: DefModule,
  types: Pick<SortedDefinitions, 'schemas' | 'effects'>,
): Promise<FolderBytes> {
  try {
    const { bytes } = await buildModule(options, module, types)
    return { hash: hashText(nodeSha256, bytes) }
  } catch (error) {
    if (isAosError(error) && (error.code.startsWith('build.') || error.code === 'host.missing_wasm')) {
      return { problem: error }
    }
    throw error
  }
}

/** Characters of each part of a name that stand in the name of a file; the hash tells apart what is cut. */
const NAME_PART_MAX = 80

/** `modules/NAME-HASH.wasm`, each part of the name as a file may be called on every system. */
export function moduleFile(name: string, hash: Hash): string {
  const parts = name.split('/').map((part) => safeName(part.slice(0, NAME_PART_MAX)))
  return `modules/${parts.join('/')}-${hash.slice('sha256:'.length)}.wasm`
}

/** A name that no system gives another meaning, as it is; else its bytes in hexadecimal digits behind `~`. */
function safeName(name: string): string {
  try {
    encodeFileName(name)
    return name
  } catch (error) {
    if (!isAosError(error)) throw error
    return `~${Buffer.from(name, 'utf8').toString('hex').toUpperCase()}`
  }
}

/** `modules` of aos.sync.json: a new source for some, nothing any more for others. */
export interface SourcesChange {
  readonly set: ReadonlyMap<string, string>
  readonly drop: ReadonlySet<string>
}

/** Everything else in the file stays as it is. undefined: there is nothing to change. Throws `host.file`. */
export function changeSyncFile(root: string, { set, drop }: SourcesChange): FileChange | undefined {
  if (set.size === 0 && drop.size === 0) return undefined
  const file = 'aos.sync.json'
  const sources = [...set].map(([name, source]): [string, JsonNode] => [name, new Map([['source', source]])])
  const path = join(root, file)
  if (!existsSync(path)) {
    const node = new Map<string, JsonNode>([['version', { kind: 'number', text: '1' }], ['modules', new Map(sources)]]) // prettier-ignore
    return { file, before: undefined, after: { text: `${formatJson(node, { indent: 2 })}\n` } }
  }
  const before = hashText(nodeSha256, readBytes(path))
  const text = readText(path)
  const from = parseJson(text)
  if (!isJsonObject(from)) return undefined
  const known = from.get('modules')
  const modules = new Map(isJsonObject(known) ? known : [])
  for (const name of drop) modules.delete(name)
  for (const [name, source] of sources) modules.set(name, source)
  const to = new Map(from).set('modules', modules)
  const edited = applySplices(text, editValue(text, spansOfJson(text), { from, to }))
  const isRight = keyOf(parseJson(edited)) === keyOf(to)
  return { file, before, after: { text: isRight ? edited : `${formatJson(to, { indent: 2 })}\n` } }
}
