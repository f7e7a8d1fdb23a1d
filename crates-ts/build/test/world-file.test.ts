import { isAosError } from '@aos/cbor'
import { build } from 'esbuild'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runWorldFile } from '../src/index.ts'
import type { EmittedWorld } from '../src/index.ts'

const root = mkdtempSync(join(tmpdir(), 'aos-world-file-'))
let author = ''
let folder = ''

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../author/src/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    conditions: ['@aos/source'],
  })
  author = outputFiles[0]?.text ?? ''
})

beforeEach(() => {
  folder = mkdtempSync(join(root, 'w-'))
})

afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

function run(files: Readonly<Record<string, string>>, timeoutMs = 10_000): Promise<EmittedWorld> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return runWorldFile({ file: join(folder, 'world.air.ts'), author, timeoutMs })
}

const GOOD = `import { nat, plan, record, schema, trigger, world } from '@aos/author'
import type { Term } from '@aos/author'

const A = schema('demo/A@1', record({ n: nat }))
const P = plan('demo/p@1', { input: A }, ({ input, raise, end }) => {
  raise('again', A, {
    n: input.n,
  })
  end('done')
})
export default world({ triggers: [trigger(A, P)] })
`

test('definitions as JSON, and the lines of their calls; nothing is written', async () => {
  const { text, places } = await run({ 'world.air.ts': GOOD })
  expect(JSON.parse(text)).toMatchObject([
    { $kind: 'defschema', name: 'demo/A@1', type: { record: { n: 'nat' } } },
    { $kind: 'defplan', name: 'demo/p@1' },
    { $kind: 'manifest', schemas: ['demo/A@1'], plans: ['demo/p@1'] },
  ])
  expect(places).toEqual([
    { path: [0], file: 'world.air.ts', line: 4, column: 11 },
    { path: [1], file: 'world.air.ts', line: 5, column: 11 },
    { path: [1, 'steps', 0], file: 'world.air.ts', line: 6, column: 3 },
    { path: [1, 'steps', 1], file: 'world.air.ts', line: 9, column: 3 },
    { path: [2], file: 'world.air.ts', line: 11, column: 16 },
  ])
  expect(readdirSync(folder)).toEqual(['world.air.ts'])
})

test('the same text wherever the folder lies, and whenever', async () => {
  const first = await run({ 'world.air.ts': GOOD })
  folder = mkdtempSync(join(root, 'elsewhere-'))
  expect(await run({ 'world.air.ts': GOOD })).toEqual(first)
})

test('other files and packages can be imported; a place names its own file', async () => {
  const { places } = await run({
    'parts/schemas.ts': "import { nat, schema } from '@aos/author'\n\nexport const A = schema('demo/A@1', nat)\n",
    'node_modules/names/index.js': "export const NAME = 'demo/B@1'\n",
    'node_modules/names/package.json': '{"name":"names","type":"module","main":"index.js"}',
    'world.air.ts':
      "import { text, schema, world } from '@aos/author'\nimport { NAME } from 'names'\nimport { A } from './parts/schemas.ts'\nexport default world({ schemas: [A, schema(NAME, text)] })",
  })
  expect(places.map(({ file, line }) => `${file}:${line}`)).toEqual([
    'parts/schemas.ts:3',
    'world.air.ts:4',
    'world.air.ts:4',
  ])
})

const WORLD = "import { world } from '@aos/author'\n"

test.each<readonly [name: string, files: Readonly<Record<string, string>> | string, code: string, message: string]>([
  [
    'a syntax error',
    `${WORLD}export default world({,})`,
    'build.world_refused',
    'world.air.ts:2:23: Expected identifier but found "," (esbuild)',
  ],
  [
    'a file that is not there',
    `${WORLD}import './other.ts'\nexport default world({})`,
    'build.world_refused',
    'world.air.ts:2:8: Could not resolve "./other.ts" (esbuild)',
  ],
  [
    'a name that the builders do not have',
    "import { wurld } from '@aos/author'\nexport default wurld({})",
    'build.world_refused',
    'world.air.ts:1:10: No matching export in "aos-author:builders.js" for import "wurld" (esbuild)',
  ],
  [
    'a module of Node',
    `import 'node:fs'\n${WORLD}export default world({})`,
    'build.world_refused',
    'world.air.ts:1:8: node:fs belongs to Node: a world file has no host (esbuild)',
  ],
  [
    'a module of Node by its old name',
    `import 'fs/promises'\n${WORLD}export default world({})`,
    'build.world_refused',
    'world.air.ts:1:8: fs/promises belongs to Node: a world file has no host (esbuild)',
  ],
  [
    'no default export',
    'export const a = 1',
    'author.no_world',
    'world.air.ts: expected `export default world({ … })`',
  ],
  [
    'a default export that is none',
    'export default { kind: "wurld" }',
    'author.no_world',
    'world.air.ts: expected `export default world({ … })`',
  ],
  [
    'an error of the file itself',
    `${WORLD}const a: any = undefined\n\nexport default world(a.b)`,
    'build.world_failed',
    "world.air.ts:4:24: TypeError: Cannot read properties of undefined (reading 'b')",
  ],
  [
    'an error of a file that it imports',
    { 'a.ts': '\nthrow new RangeError("no")', 'world.air.ts': "import './a.ts'" },
    'build.world_failed',
    'a.ts:2:7: RangeError: no',
  ],
  ['what is no error', 'throw "no"', 'build.world_failed', 'world.air.ts throws no'],
  [
    'an error of a builder',
    GOOD.replace('n: input.n', 'm: input.n'),
    'author.bad_value',
    'world.air.ts:6:3: $.value: expected one of the fields n, found "m"',
  ],
  [
    'an error of a term',
    GOOD.replace('n: input.n', 'n: input.m'),
    'author.unknown_member',
    'world.air.ts:7:14: @plan.input has no member m; it has n',
  ],
  [
    'the clock',
    'const now = () => Date.now()\nexport default now()',
    'build.world_failed',
    'world.air.ts:1:24: Error: a world file has no clock: Date is not there',
  ],
  [
    'chance',
    'export default Math.random()',
    'build.world_failed',
    'world.air.ts:1:21: Error: a world file has no chance: Math.random is not there',
  ],
  [
    'the locale',
    'export default ["b", "a"].sort((a, b) => a.localeCompare(b))',
    'build.world_failed',
    'world.air.ts:1:44: Error: a world file has no locale: localeCompare is not there',
  ],
  [
    'the process',
    'export default process.env',
    'build.world_failed',
    'world.air.ts:1:16: Error: a world file has no process: process is not there',
  ],
  [
    'code from text',
    'export default Function("return 1")()',
    'build.world_failed',
    'world.air.ts:1:16: EvalError: Code generation from strings disallowed for this context',
  ],
  [
    'a way to the host by a constructor',
    'export default (globalThis as any).constructor.constructor("return process")()',
    'build.world_failed',
    'world.air.ts:1:48: EvalError: Code generation from strings disallowed for this context',
  ],
  [
    'what is imported later',
    "import(['node', 'fs'].join(':'))",
    'build.world_failed',
    'world.air.ts: Error: a world file has no modules of Node: require is not there',
  ],
  [
    'more memory than there is',
    'const all: unknown[] = []\nfor (;;) all.push(new Array(1e6).fill(0.5))',
    'build.world_failed',
    'world.air.ts needs too much memory',
  ],
  ['a loop without end', 'for (;;);', 'build.world_timeout', 'world.air.ts does not end within 0.2 s'],
])('refused: %s', async (_name, files, code, message) => {
  const thrown: unknown = await run(
    typeof files === 'string' ? { 'world.air.ts': files } : files,
    code === 'build.world_timeout' ? 200 : 20_000,
  ).catch((error: unknown) => error)
  expect(isAosError(thrown) ? [thrown.code, thrown.message] : thrown).toEqual([code, message])
  expect(readdirSync(folder).length).toBe(typeof files === 'string' ? 1 : 2)
})

test('a folder behind a link is as good as any', async () => {
  await run({ 'world.air.ts': GOOD })
  const link = join(root, 'link')
  symlinkSync(folder, link)
  const { places } = await runWorldFile({ file: join(link, 'world.air.ts'), author })
  expect(places[0]?.file).toBe('world.air.ts')
})
