/** @aos/build: guests from source to WebAssembly, in process. */
export { buildKey, compilerVersion } from './build-key.ts'
export { compileGuest } from './compile-guest.ts'
export type { CompiledGuest } from './compile-guest.ts'
export { formatDiagnostic } from './diagnostic.ts'
export type { Diagnostic } from './diagnostic.ts'
export { readEditorTypes } from './editor-types.ts'
export { BUILD_ERRORS } from './errors.ts'
export type { GuestSources } from './guest-files.ts'
