/** Scripts for processes that a test starts and kills. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** `source`: a file beside this one. Bundled once for all lives of a test. */
export async function withScript<T>(source: string, body: (script: string) => Promise<T>): Promise<T> {
  // Where packages are found and nobody looks.
  const folder = mkdtempSync(join(import.meta.dirname, '../../../node_modules/.aos-host-'))
  try {
    const script = join(folder, 'child.mjs')
    await build({
      entryPoints: [join(import.meta.dirname, source)],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['@aos/source'],
      external: ['level'],
      logLevel: 'error',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    })
    return await body(script)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
