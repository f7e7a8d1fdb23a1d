// Bundles the command into cli/dist, from sources: no tsc is needed before it.
import { build } from 'esbuild'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { loadLater } from './load-later.mjs'
import { pastDoors } from './past-doors.mjs'

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
  external: ['classic-level', 'level', 'assemblyscript', 'binaryen', 'esbuild', 'quickjs-wasi', 'undici'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  sourcemap: 'linked',
  logLevel: 'warning',
}

const { metafile } = await build({
  ...options,
  entryPoints: {
    aos: here('src/main.ts'),
    'worlds-worker': here('src/worlds-worker.ts'),
    testkit: here('src/testkit.ts'),
  },
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
  // What lays out help starts the break iterators of ICU: 2.6 MB in every process that only looks at its command line.
  plugins: [pastDoors(here('../crates-ts')), loadLater({ packages: ['cliui', 'string-width'], importer: 'yargs' })],
})
refuseWideCharacters(Object.keys(metafile.outputs))
// On its own, so that measuring code stays out of the chunks of the command.
await build({ ...options, entryPoints: { bench: here('../bench/index.ts') } })
copyAssets()
await writeAuthor()
writeTestkitTypes()
removeOldChunks(new Set(Object.keys(metafile.outputs).map((path) => basename(path))))

// What commands read at run time: a world folder needs nothing but the command.
function copyAssets() {
  const made = here(`dist/assets-${process.pid}`)
  const sources = (path) => !['.aos', 'node_modules', 'dist'].includes(basename(path))
  mkdirSync(made, { recursive: true })
  cpSync(here('../crates-ts/sdk/assembly'), join(made, 'sdk'), { recursive: true })
  cpSync(here('../crates-ts/sdk/src/script'), join(made, 'sdk-script'), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts'),
  })
  for (const part of ['Cargo.toml', 'README.md', 'src']) {
    cpSync(here(`../reducers/sdk-rust/${part}`), join(made, 'sdk-rust', part), { recursive: true })
  }
  cpSync(here('../examples/00-counter'), join(made, 'templates/counter'), { recursive: true, filter: sources })
  for (const name of readdirSync(here('templates')).filter((each) => each !== 'every')) {
    cpSync(here('templates/every'), join(made, 'templates', name), { recursive: true })
    cpSync(join(here('templates'), name), join(made, 'templates', name), { recursive: true })
  }
  const old = here('dist/assets')
  rmSync(old, { recursive: true, force: true })
  renameSync(made, old)
}

// What a world file imports: one script to run it with, and declarations for editors.
async function writeAuthor() {
  const sources = here('../crates-ts/author/src')
  const made = here(`dist/author-${process.pid}`)
  mkdirSync(join(made, 'types'), { recursive: true })
  await build({
    absWorkingDir: here('.'),
    entryPoints: [join(sources, 'index.ts')],
    outfile: join(made, 'builders.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: options.target,
    conditions: options.conditions,
    legalComments: 'none',
    logLevel: options.logLevel,
  })
  const waiting = ['index.ts']
  for (const name of waiting) {
    const outputText = declarationsOf(join(sources, name))
    const imported = [...outputText.matchAll(/ from '([^']+)'/g)].map(([, specifier]) => specifier)
    const foreign = imported.find((specifier) => !specifier.startsWith('./'))
    if (foreign !== undefined) throw new Error(`the types of @aos/author must stand alone: ${name} imports ${foreign}`)
    for (const specifier of imported) if (!waiting.includes(specifier.slice(2))) waiting.push(specifier.slice(2))
    const text = outputText.replaceAll(/( from '\.\/[^']+)\.ts'/g, "$1.js'")
    writeFileSync(join(made, 'types', name.replace(/\.ts$/, '.d.ts')), text)
  }
  renameSync(made, here('dist/assets/author'))
}

// What an author's test imports: its types stand in one file of the host.
function writeTestkitTypes() {
  const text = declarationsOf(here('../crates-ts/host/src/harness/port.ts'))
  const made = here('dist/assets/testkit')
  mkdirSync(made, { recursive: true })
  writeFileSync(join(made, 'index.d.ts'), `${text}export declare const testReducer: TestReducer;\n`)
}

function declarationsOf(file) {
  const { outputText } = ts.transpileDeclaration(readFileSync(file, 'utf8'), {
    fileName: basename(file),
    compilerOptions: { isolatedDeclarations: true, target: ts.ScriptTarget.ES2023 },
  })
  return outputText
}

// One of them, and the engine keeps the whole chunk in two bytes a character.
function refuseWideCharacters(outputs) {
  for (const path of outputs.filter((each) => each.endsWith('.mjs'))) {
    const wide = /[^\u0000-\u00ff]/.exec(readFileSync(here(path), 'utf8'))
    if (wide !== null) throw new Error(`${path} holds ${JSON.stringify(wide[0])}: write it as an escape`)
  }
}

// Last, so that a command that is running finds its chunks until the new ones are there.
function removeOldChunks(current) {
  const chunks = here('dist/chunks')
  if (!existsSync(chunks)) return
  for (const name of readdirSync(chunks)) if (!current.has(name)) rmSync(join(chunks, name), { force: true })
}
