/** When a module need not be compiled again. */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { ASC_FLAGS } from './flags.ts'
import { guestFiles } from './guest-files.ts'
import type { GuestSources } from './guest-files.ts'

/** Raised when this package does something else with the same sources and the same compiler. */
const BUILDER_VERSION = 1

/** The version of AssemblyScript that `compileGuest` uses; reading it does not load the compiler. */
export function compilerVersion(): string {
  // The shape of every package.json.
  const manifest = createRequire(import.meta.url)('assemblyscript/package.json') as { readonly version: string }
  return manifest.version
}

/**
 * 64 hexadecimal digits over everything the bytes of a module depend on: sources, flags, versions. A host that stores
 * results under it compiles each state of the sources once. Throws `build.bad_sources`.
 */
export function buildKey(sources: GuestSources): string {
  const { entry, files } = guestFiles(sources)
  const hash = createHash('sha256')
  const paths = [...files.keys()].sort((left, right) => (left < right ? -1 : 1))
  const parts = [BUILDER_VERSION.toString(), compilerVersion(), ASC_FLAGS.join(' '), entry]
  for (const part of [...parts, ...paths.flatMap((path) => [path, files.get(path) ?? ''])]) {
    // The length stands before each part, so that no two lists of parts give the same bytes.
    hash.update(`${Buffer.byteLength(part)}:${part}`)
  }
  return hash.digest('hex')
}
