/** AssemblyScript to WebAssembly, in this process and in memory. */
import { AosError } from '@aos/cbor'
import { guardCompiler } from './crash-guard.ts'
import { compareDiagnostics, formatDiagnostic } from './diagnostic.ts'
import type { Diagnostic } from './diagnostic.ts'
import { ASC_FLAGS } from './flags.ts'
import { guestFiles } from './guest-files.ts'
import type { GuestSources } from './guest-files.ts'
import { keepFunctionNames } from './name-section.ts'
import { makeSourceMap } from './source-map.ts'

/** A module as the compiler wrote it, before admission, with what it warned about. */
export interface CompiledGuest {
  readonly wasm: Uint8Array
  /** JSON that leads from offsets in `wasm` to places in the sources; no part of the bytes depends on it. */
  readonly sourceMap: string
  readonly warnings: readonly Diagnostic[]
}

const OUTPUT = 'guest.wasm'
const OUTPUT_MAP = `${OUTPUT}.map`
const MESSAGE_DIAGNOSTICS_MAX = 10

/**
 * Compiles a guest; equal sources give equal bytes. The first call loads the compiler, which takes about a second.
 * Throws `build.bad_sources`, `build.compiler_crashed`, and `build.compile_failed` with every error in
 * `details.diagnostics`.
 */
export async function compileGuest(sources: GuestSources): Promise<CompiledGuest> {
  const { files, entry } = guestFiles(sources)
  const { default: asc } = await import('assemblyscript/asc')
  const diagnostics: Diagnostic[] = []
  let output: Uint8Array | undefined
  let outputMap: string | undefined
  const { error } = await guardCompiler(sources.name, () =>
    asc.main([entry, '--outFile', OUTPUT, '--sourceMap', ...ASC_FLAGS], {
      stdout: { write: () => undefined },
      stderr: { write: () => undefined },
      readFile: (name) => files.get(name) ?? null,
      writeFile: (name, contents) => {
        if (name === OUTPUT && typeof contents !== 'string') output = contents
        if (name === OUTPUT_MAP && typeof contents === 'string') outputMap = contents
      },
      listFiles: () => [],
      reportDiagnostic: (message) => {
        diagnostics.push(diagnosticOf(message, files))
      },
    }),
  )
  diagnostics.sort(compareDiagnostics)
  if (error !== null || output === undefined || outputMap === undefined)
    throw compileError(sources.name, diagnostics, error)
  const wasm = keepFunctionNames(output)
  return {
    wasm,
    sourceMap: makeSourceMap(outputMap, wasm, sources),
    warnings: diagnostics.filter(({ severity }) => severity === 'warning'),
  }
}

/** The part of the compiler's message that is used. */
interface CompilerMessage {
  readonly category: number
  readonly code: number
  readonly message: string
  readonly range: { readonly start: number; readonly source: { readonly normalizedPath: string } | null } | null
}

const SEVERITIES: readonly Diagnostic['severity'][] = ['note', 'note', 'warning', 'error']

function diagnosticOf(message: CompilerMessage, files: ReadonlyMap<string, string>): Diagnostic {
  const file = message.range?.source?.normalizedPath
  const before = file === undefined ? undefined : files.get(file)?.slice(0, message.range?.start).split('\n')
  return {
    severity: SEVERITIES[message.category] ?? 'error',
    code: `AS${message.code}`,
    message: plainMessage(message.message),
    ...(file === undefined ? {} : { file }),
    ...(before === undefined ? {} : { line: before.length, column: (before.at(-1) ?? '').length + 1 }),
  }
}

/** The glue asks for what the author exports, and its own words would say nothing to the author. */
function plainMessage(message: string): string {
  const [, missing] = /^Property '(reduce|run)' does not exist on type '.*\/glue\/author'\.$/.exec(message) ?? []
  if (missing === undefined) return message
  return `index.ts has no exported member '${missing === 'run' ? 'pure' : 'reducer'}' and none '${missing}'.`
}

function compileError(name: string, diagnostics: readonly Diagnostic[], cause: unknown): AosError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const shown = errors.slice(0, MESSAGE_DIAGNOSTICS_MAX).map(formatDiagnostic)
  if (errors.length > shown.length) shown.push(`and ${errors.length - shown.length} more`)
  if (shown.length === 0) shown.push(cause instanceof Error ? cause.message : 'the compiler gave no reason')
  return new AosError('build.compile_failed', `${name} does not compile:\n${shown.join('\n')}`, {
    details: { name, diagnostics: errors },
    cause,
    ...(errors.some(isArgumentCount) ? { hint: ARGUMENTS_HINT } : {}),
  })
}

/** Among others what becomes of sources that name the fields of a record by their places. */
function isArgumentCount({ code }: Diagnostic): boolean {
  return code === 'AS2554'
}

const ARGUMENTS_HINT =
  'the constructor of a record takes only fields that have no default, such as a variant with a choice; all others are assigned by name'
