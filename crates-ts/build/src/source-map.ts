/** The source map of a guest, as it is kept beside the module: it is never part of the module's bytes. */
import { createHash } from 'node:crypto'
import type { GuestSources } from './guest-files.ts'

/** What the compiler writes. Its own texts of the sources are left out. */
interface CompilerMap {
  readonly sources: readonly string[]
  readonly mappings: string
}

const SDK_PREFIX = '~lib/@aos/sdk/'

/**
 * Version 3, for the bytes of `wasm`, whose hash is its `file`. Sources go by their paths in the world; those that the
 * author did not write are in `ignoreList`.
 */
export function makeSourceMap(text: string, wasm: Uint8Array, sources: GuestSources): string {
  const { sources: given, mappings } = JSON.parse(text) as CompilerMap // the compiler has just written it
  const generatedName = sources.generatedName ?? sources.name
  const named = given.map((source) => nameOf(source, sources, generatedName))
  return JSON.stringify({
    version: 3,
    file: `sha256:${createHash('sha256').update(wasm).digest('hex')}`,
    sources: named.map(({ name }) => name),
    names: [],
    mappings,
    ignoreList: named.flatMap(({ authored }, index) => (authored ? [] : [index])),
  })
}

function nameOf(
  source: string,
  sources: GuestSources,
  generatedName: string,
): { readonly name: string; readonly authored: boolean } {
  if (source.startsWith(SDK_PREFIX)) return { name: `@aos/sdk/${source.slice(SDK_PREFIX.length)}`, authored: false }
  const path = source.startsWith(`${sources.name}/`) ? source.slice(sources.name.length + 1) : undefined
  if (path === undefined) return { name: source, authored: false }
  if (sources.generated.has(path)) return { name: `${generatedName}/${path}`, authored: false }
  return { name: source, authored: true }
}
