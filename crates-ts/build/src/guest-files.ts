/** The virtual files of one compilation. */
import { AosError } from '@aos/cbor'

/** Everything that a guest is compiled from, as text: the compiler sees no file beside these. */
export interface GuestSources {
  /** The module's source folder in its world, such as `reducers/counter`: where messages say that files are. */
  readonly name: string
  /** The author's files by path within the folder, `index.ts` among them. */
  readonly files: ReadonlyMap<string, string>
  /** What `generateGuest` made. */
  readonly generated: ReadonlyMap<string, string>
  /** Where in the world the generated files are put for people to read; default: `name`. For the source map only. */
  readonly generatedName?: string
  /** What `readSdkFiles` read. */
  readonly sdk: ReadonlyMap<string, string>
}

/** Where the compiler looks for the package `@aos/sdk`. */
const SDK_FOLDER = 'node_modules/@aos/sdk'

export interface GuestFiles {
  readonly entry: string
  readonly files: ReadonlyMap<string, string>
}

/** Lays the sources out in one tree. Throws `build.bad_sources`. */
export function guestFiles(sources: GuestSources): GuestFiles {
  const { name, generated, sdk } = sources
  if (!sources.files.has('index.ts')) {
    throw new AosError('build.bad_sources', `expected the file ${name}/index.ts, found none`)
  }
  const files = new Map<string, string>()
  for (const [path, text] of sources.files) {
    if (generated.has(path)) {
      throw new AosError('build.bad_sources', `expected no file ${name}/${path}: a generated one has this name`)
    }
    files.set(`${name}/${path}`, text)
  }
  for (const [path, text] of generated) files.set(`${name}/${path}`, text)
  for (const [path, text] of sdk) files.set(`${SDK_FOLDER}/${path}`, text)
  return { entry: `${name}/glue.ts`, files }
}
