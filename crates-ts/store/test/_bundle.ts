/** Programs for a plain Node, bundled from sources. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

/** Bundles where LevelDB's binding is found and nobody looks, and removes the file afterwards. */
export async function withBundle<T>(input: BuildOptions, body: (script: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(import.meta.dirname, '../../../node_modules/.aos-store-'))
  try {
    const outfile = join(folder, 'program.mjs')
    await build({
      ...input,
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['@aos/source'],
      external: ['level'],
      logLevel: 'error',
    })
    return await body(outfile)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
