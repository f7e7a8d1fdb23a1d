/** A module's TypeScript or JavaScript, with the libraries it uses, as one script that needs no host. */
import { AosError } from '@aos/cbor'
import { decodeScriptMap } from '@aos/wasm'
import type { BuildResult, Message, Plugin } from 'esbuild'
import { existsSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { isAbsolute, join, relative, sep } from 'node:path'
import { compareDiagnostics, formatDiagnostic } from '../diagnostic.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { PRELUDE, ambientDefines, answerQuestions, findAmbientUses } from './ambient.ts'
import type { Ambient } from './ambient.ts'

/** A module's folder, from which libraries are resolved as Node does, and what stands beside it. */
export interface ScriptSources {
  /** How messages call the folder, such as `reducers/notes`. */
  readonly name: string
  /** The folder, with `index.ts` or `index.js`. */
  readonly folder: string
  /** Messages name files from here. */
  readonly root: string
  /** What `generateScript` made. */
  readonly generated: ReadonlyMap<string, string>
  /** What `readScriptSdkFiles` read. */
  readonly sdk: ReadonlyMap<string, string>
  /** Names that libraries may mention although they are not there: the module never reaches them, or traps. */
  readonly unreached: readonly string[]
}

/** What the bundler writes. */
export interface BundleMap {
  readonly sources: readonly string[]
  readonly mappings: string
}

/** A script and the way back to its sources. */
export interface ScriptBundle {
  readonly name: string
  /** The first line prepares the engine; the sources follow. */
  readonly script: string
  /** For the lines behind the first; sources by their paths from the root. */
  readonly map: BundleMap
  readonly warnings: readonly Diagnostic[]
}

const MESSAGE_USES_MAX = 10

/**
 * Bundles a module; equal sources give equal scripts wherever they lie. Types are not checked. Throws
 * `build.bad_sources`, `build.compile_failed`, and `build.host_use` for what uses a clock, chance or a host, with every
 * place in `details.uses`.
 */
export async function bundleScript(sources: ScriptSources): Promise<ScriptBundle> {
  const { name, folder } = sources
  if (!['index.ts', 'index.js', 'index.mts', 'index.mjs'].some((file) => existsSync(join(folder, file)))) {
    throw new AosError('build.bad_sources', `expected the file ${name}/index.ts or ${name}/index.js, found none`)
  }
  const first = await joinSources(sources)
  const { transform } = await import('esbuild')
  // The questions are answered in between, so that what hangs on them is dropped.
  const second = await transform(`${answerQuestions(first.code)}\n${MAP_COMMENT.join('')}${first.map}`, {
    ...OUTPUT,
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'external',
    sourcesContent: false,
    loader: 'js',
  })
  const given = JSON.parse(second.map) as BundleMap // the bundler has just written it
  const map = { sources: given.sources.map((source) => nameOf(source, sources)), mappings: given.mappings }
  refuseUses(second.code, map, sources)
  return { name, script: `${PRELUDE}\n${second.code}`, map, warnings: first.warnings }
}

// In two parts, so that nobody takes it for the map of the file that it stands in.
const MAP_COMMENT = ['//# sourceMapping', 'URL=data:application/json;base64,'] as const

const OUTPUT = { target: 'es2023', charset: 'ascii', logLevel: 'silent', legalComments: 'none' } as const

interface JoinedSources {
  readonly code: string
  /** In base 64. */
  readonly map: string
  readonly warnings: readonly Diagnostic[]
}

async function joinSources(sources: ScriptSources): Promise<JoinedSources> {
  const { build } = await import('esbuild')
  let result: BuildResult<{ readonly write: false }>
  try {
    result = await build({
      ...OUTPUT,
      entryPoints: ['aos:glue.ts'],
      outfile: 'bundle.js',
      absWorkingDir: sources.root,
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: ['module', 'import', 'default'],
      // Names of files would stand in the output otherwise.
      minifyIdentifiers: true,
      minifyWhitespace: true,
      sourcemap: 'external',
      sourcesContent: false,
      define: ambientDefines(),
      // A tsconfig.json is for the editor; it would lead `@aos/sdk` elsewhere.
      tsconfigRaw: { compilerOptions: { target: 'es2023', useDefineForClassFields: true } },
      plugins: [filesOf(sources)],
    })
  } catch (error) {
    throw compileError(sources, error)
  }
  const text = (end: string): string => result.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  const map = Buffer.from(text('.map')).toString('base64')
  return {
    code: text('.js'),
    map,
    warnings: result.warnings.map((message) => diagnosticOf(message, 'warning', sources)),
  }
}

const PLUGIN = 'aos'
const WHY_NOT_NODE = 'it belongs to Node, and a reducer runs without a host; ask for an effect'
const GENERATED = 'aos-generated'
const SDK = 'aos-sdk'

/** Finds what is on no disk: the SDK and what was generated. Everything else is found as Node finds it. */
function filesOf({ folder, generated, sdk }: ScriptSources): Plugin {
  return {
    name: PLUGIN,
    setup(build) {
      build.onResolve({ filter: /^aos:glue\.ts$/ }, () => ({ path: 'glue.ts', namespace: GENERATED }))
      build.onResolve({ filter: /^@aos\/sdk$/ }, () => ({ path: 'guest.ts', namespace: SDK }))
      build.onResolve({ filter: /^\.\//, namespace: SDK }, ({ path }) => ({ path: path.slice(2), namespace: SDK }))
      build.onResolve({ filter: /(^|\/)generated(\.[jt]s)?$/ }, ({ path, resolveDir, namespace }) => {
        const isOwn =
          namespace === GENERATED || join(resolveDir, path).replace(/\.[jt]s$/, '') === join(folder, 'generated')
        return isOwn && path.startsWith('.') ? { path: 'generated.ts', namespace: GENERATED } : undefined
      })
      build.onResolve({ filter: /^node:|^[a-z]/ }, ({ path }) => {
        if (!path.startsWith('node:') && !builtinModules.includes(path)) return undefined
        return { errors: [{ text: WHY_NOT_NODE, detail: path }] }
      })
      build.onLoad({ filter: /.*/, namespace: GENERATED }, ({ path }) => ({
        contents: generated.get(path) ?? '',
        loader: 'ts',
        resolveDir: folder,
      }))
      build.onLoad({ filter: /.*/, namespace: SDK }, ({ path }) => ({ contents: sdk.get(path) ?? '', loader: 'ts' }))
    },
  }
}

/** From the bundler's name of a source to one that people know. */
function nameOf(source: string, { root }: ScriptSources): string {
  if (source.startsWith(`${SDK}:`)) return `@aos/sdk/${source.slice(SDK.length + 1)}`
  if (source.startsWith(`${GENERATED}:`)) return `generated/${source.slice(GENERATED.length + 1)}`
  const path = isAbsolute(source) ? relative(root, source) : source
  return path.split(sep).join('/')
}

function refuseUses(code: string, map: BundleMap, { name, unreached }: ScriptSources): void {
  const positions = decodeScriptMap(JSON.stringify({ version: 3, ...map }))
  const uses = findAmbientUses(code).flatMap((use) => {
    const position = positions?.find(use.line, use.column + 1)
    const file = position?.source ?? name
    // Libraries write warnings; they get a console that says nothing.
    if (isForeign(file) && (use.name === 'console' || unreached.includes(use.name))) return []
    return [{ name: use.name, why: use.why, file, line: position?.line ?? 0, column: position?.column ?? 0 }]
  })
  if (uses.length > 0) throw hostUse(name, uses)
}

/** A use with its place; lines and columns from 1. */
interface PlacedUse extends Ambient {
  readonly file: string
  readonly line: number
  readonly column: number
}

function hostUse(name: string, uses: readonly PlacedUse[]): AosError {
  const shown = uses
    .slice(0, MESSAGE_USES_MAX)
    .map((use) => `${use.file}:${use.line}:${use.column}: ${use.name} is not there: ${use.why}`)
  if (uses.length > shown.length) shown.push(`and ${uses.length - shown.length} more`)
  const isForeignUse = uses.some(({ file, why }) => file.includes('node_modules/') && why !== WHY_NOT_NODE)
  return new AosError('build.host_use', `${name} uses what a reducer does not have:\n${shown.join('\n')}`, {
    details: { name, uses },
    ...(isForeignUse
      ? {
          hint: 'if a library only mentions them and is never asked to use them, list them as "unreached" in aos.sync.json',
        }
      : {}),
  })
}

/** True for sources that the author did not write. */
export function isForeign(source: string): boolean {
  return source.includes('node_modules/') || source.startsWith('@aos/sdk/') || source.startsWith('generated/')
}

function compileError(sources: ScriptSources, cause: unknown): AosError {
  const messages = (cause as { readonly errors?: readonly Message[] }).errors // what the bundler throws has them
  if (messages === undefined) throw cause
  const hosts = messages.filter(({ pluginName }) => pluginName === PLUGIN)
  if (hosts.length > 0) {
    return hostUse(
      sources.name,
      hosts.map(({ detail, text, location }) => ({
        name: String(detail),
        why: text,
        file: location === null ? sources.name : nameOf(location.file, sources),
        line: location?.line ?? 0,
        column: (location?.column ?? -1) + 1,
      })),
    )
  }
  const diagnostics = messages.map((message) => diagnosticOf(message, 'error', sources)).sort(compareDiagnostics)
  const shown = diagnostics.slice(0, MESSAGE_USES_MAX).map(formatDiagnostic)
  if (diagnostics.length > shown.length) shown.push(`and ${diagnostics.length - shown.length} more`)
  return new AosError('build.compile_failed', `${sources.name} does not compile:\n${shown.join('\n')}`, {
    details: { name: sources.name, diagnostics },
  })
}

function diagnosticOf(
  { text, location }: Message,
  severity: Diagnostic['severity'],
  sources: ScriptSources,
): Diagnostic {
  const place =
    location === null ? {} : { file: nameOf(location.file, sources), line: location.line, column: location.column + 1 }
  return { severity, code: 'esbuild', message: text, ...place }
}
