// Bundles the command into cli/dist, from sources: no tsc is needed before it.
import { build } from 'esbuild'
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const options = {
  absWorkingDir: here('.'),
  outdir: here('dist'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  conditions: ['@aos/source'],
  // Native code, a compiler that only the commands that build load, and what is no ES module.
  external: ['classic-level', 'level', 'assemblyscript', 'binaryen', 'undici'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  sourcemap: 'linked',
  logLevel: 'warning',
}

const { metafile } = await build({
  ...options,
  entryPoints: { aos: here('src/main.ts') },
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
})
// On its own, so that measuring code stays out of the chunks of the command.
await build({ ...options, entryPoints: { bench: here('../bench/index.ts') } })
copyAssets()
removeOldChunks(new Set(Object.keys(metafile.outputs).map((path) => basename(path))))

// What commands read at run time: a world folder needs nothing but the command.
function copyAssets() {
  const made = here(`dist/assets-${process.pid}`)
  const sources = (path) => !['.aos', 'node_modules', 'dist'].includes(basename(path))
  mkdirSync(made, { recursive: true })
  cpSync(here('../crates-ts/sdk/assembly'), join(made, 'sdk'), { recursive: true })
  cpSync(here('../examples/00-counter'), join(made, 'templates/counter'), { recursive: true, filter: sources })
  const old = here('dist/assets')
  rmSync(old, { recursive: true, force: true })
  renameSync(made, old)
}

// Last, so that a command that is running finds its chunks until the new ones are there.
function removeOldChunks(current) {
  const chunks = here('dist/chunks')
  if (!existsSync(chunks)) return
  for (const name of readdirSync(chunks)) if (!current.has(name)) rmSync(join(chunks, name), { force: true })
}
