import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

it('README: the example runs', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'aos-readme-'))
  try {
    const outfile = join(folder, 'example.mjs')
    writeFileSync(join(folder, 'example.ts'), code)
    await build({
      stdin: { contents: code, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['@aos/source'],
      logLevel: 'error',
    })
    const example: unknown = await import(pathToFileURL(outfile).href)
    expect(example).toMatchObject({ result: { outcome: 'ok', fuel: 3, output: [1, 2, 3] } })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
