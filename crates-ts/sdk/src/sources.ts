/** The guest SDK's own files, for the compiler and for the copy in a world's `.aos/sdk`. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AosError } from '@aos/cbor'

/** Where the sources of the guest SDK lie; beside this package unless given. */
export interface SdkFilesOptions {
  /** Where the folder `assembly` was put when this code is not run from its package, as in a bundle. */
  readonly sdkDir?: string
}

/** AssemblyScript sources by file name, in the order of the names. Throws `sdk.sources_missing`. */
export function readSdkFiles(options: SdkFilesOptions = {}): ReadonlyMap<string, string> {
  return readFolder(options.sdkDir ?? fileURLToPath(new URL('../assembly', import.meta.url)))
}

/** The same for the SDK of modules in TypeScript; `sdkDir` is then where the folder `script` was put. */
export function readScriptSdkFiles(options: SdkFilesOptions = {}): ReadonlyMap<string, string> {
  return readFolder(options.sdkDir ?? fileURLToPath(new URL('./script', import.meta.url)))
}

function readFolder(directory: string): ReadonlyMap<string, string> {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.ts') && !/\.(test|d)\.ts$/.test(name))
    names.sort((left, right) => (left < right ? -1 : 1))
    return new Map(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]))
  } catch (cause) {
    throw new AosError(
      'sdk.sources_missing',
      `expected the sources of the guest SDK in ${directory}, could not read them`,
      { cause },
    )
  }
}
