/** A world file and what it imports, as one script. Nothing is written, and nothing but the files themselves is read. */
import { AosError } from '@aos/cbor'
import type { Message, Plugin } from 'esbuild'
import { builtinModules } from 'node:module'
import { formatDiagnostic } from '../diagnostic.ts'
import type { Diagnostic } from '../diagnostic.ts'

const AUTHOR_SOURCE = 'aos-author:builders.js'
const ENTRY_SOURCE = 'aos-entry.js'

/** How the source map calls what no author wrote: the builders, and the lines that ask them for the text. */
export const OWN_SOURCES: readonly string[] = [AUTHOR_SOURCE, ENTRY_SOURCE]

/** A file, and where what it imports is looked for. */
export interface WorldSources {
  readonly folder: string
  /** Its name in the folder. */
  readonly file: string
  readonly author: string
}

/** The script leaves a global `world` whose member `text` is what `writeWorld` gave. */
export interface WorldBundle {
  readonly code: string
  readonly map: string
}

/** Throws `build.world_refused`, with every diagnostic in the details. */
export async function bundleWorld({ folder, file, author }: WorldSources): Promise<WorldBundle> {
  const { build } = await import('esbuild')
  try {
    const { outputFiles } = await build({
      stdin: { contents: entryOf(file), resolveDir: folder, sourcefile: ENTRY_SOURCE, loader: 'js' },
      absWorkingDir: folder,
      outfile: 'world.js',
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'world',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['module', 'import', 'default'],
      target: 'es2023',
      charset: 'utf8',
      sourcemap: 'external',
      sourcesContent: false,
      // There is nothing to import later.
      supported: { 'dynamic-import': false },
      logLevel: 'silent',
      legalComments: 'none',
      // A tsconfig.json is for the editor; it would lead `@aos/author` to types.
      tsconfigRaw: { compilerOptions: { target: 'es2023', useDefineForClassFields: true } },
      plugins: [resolver(author)],
    })
    const text = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
    return { code: text('.js'), map: text('.map') }
  } catch (cause) {
    throw refusal(cause, file)
  }
}

/** Names of files may hold whatever file systems take. */
function entryOf(file: string): string {
  return [
    `import * as file from ${JSON.stringify(`./${file}`)}`,
    "import { writeWorld } from '@aos/author'",
    'export const text = writeWorld(file.default)',
  ].join('\n')
}

function resolver(author: string): Plugin {
  return {
    name: 'aos',
    setup(build) {
      build.onResolve({ filter: /^@aos\/author$/ }, () => ({ path: 'builders.js', namespace: 'aos-author' }))
      build.onLoad({ filter: /.*/, namespace: 'aos-author' }, () => ({ contents: author, loader: 'js' }))
      build.onResolve({ filter: /^(node:|[a-z])/ }, ({ path }) => {
        if (!path.startsWith('node:') && !builtinModules.includes(path)) return undefined
        return { errors: [{ text: `${path} belongs to Node: a world file has no host` }] }
      })
    },
  }
}

function refusal(cause: unknown, file: string): unknown {
  const messages = (cause as { readonly errors?: readonly Message[] }).errors // what the bundler throws has them
  if (messages === undefined) return cause
  const diagnostics = messages.map(diagnosticOf)
  const [first] = diagnostics
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : ''
  const said = first === undefined ? `${file} does not compile` : formatDiagnostic(first)
  return new AosError('build.world_refused', `${said}${more}`, { details: { diagnostics } })
}

function diagnosticOf({ text, location }: Message): Diagnostic {
  const place = location === null ? {} : { file: location.file, line: location.line, column: location.column + 1 }
  return { severity: 'error', code: 'esbuild', message: text, ...place }
}
