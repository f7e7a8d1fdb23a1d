/** What an editor must know of AssemblyScript beyond TypeScript. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * The compiler's own declarations of its types and built-in functions, for the file `.aos/sdk/assembly.d.ts` of a
 * world. Does not load the compiler.
 */
export function readEditorTypes(): string {
  return readFileSync(createRequire(import.meta.url).resolve('assemblyscript/std/assembly/index.d.ts'), 'utf8')
}
