/** What an editor must know of AssemblyScript beyond TypeScript. */

/**
 * The compiler's own declarations of its types and built-in functions, for the file `.aos/sdk/assembly.d.ts` of a
 * world. Loads the compiler.
 */
export async function readEditorTypes(): Promise<string> {
  const { default: asc } = await import('assemblyscript/asc')
  return asc.definitionFiles.assembly
}
