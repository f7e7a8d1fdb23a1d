// Bundles the command into cli/dist, from sources: no tsc is needed before it.
import { build } from 'esbuild'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

for (const made of ['chunks', 'assets']) rmSync(here(`dist/${made}`), { recursive: true, force: true })
mkdirSync(here('dist/assets'), { recursive: true })
// What commands read at run time: a world folder needs nothing but the command.
const sources = (path) => !/(^|\/)(\.aos|node_modules|dist)$/.test(path)
cpSync(here('../crates-ts/sdk/assembly'), here('dist/assets/sdk'), { recursive: true })
cpSync(here('../examples/00-counter'), here('dist/assets/templates/counter'), { recursive: true, filter: sources })
await build({
  absWorkingDir: here('.'),
  entryPoints: { aos: here('src/main.ts') },
  outdir: here('dist'),
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  conditions: ['@aos/source'],
  // Native code, and a compiler that only the commands that build load.
  external: ['classic-level', 'level', 'assemblyscript', 'binaryen'],
  minifySyntax: true,
  legalComments: 'none',
  sourcemap: 'linked',
  logLevel: 'warning',
})
