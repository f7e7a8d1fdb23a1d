/** A world whose reducer is TypeScript with a library from npm: equal bytes, equal roots, nothing of a host. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const REDUCER = 'demo/CounterSM@1'
const EXAMPLE = join(CHECKOUT, 'examples/00-counter')

const INDEX = `import semver from 'semver'
import { defineReducer } from './generated'

/** Versions beside targets: 3 is ^1.2.3 of 1.2.3. */
const held: readonly string[] = ['1.2.3', '1.10.0', '1.9.0'].sort(semver.compare)

export const reducer = defineReducer((state, event) => {
  if (event.$tag === 'Start') {
    const { target } = event.$value
    if (target > 100n) throw new RangeError(\`no version is \${semver.maxSatisfying(held, '^1.2.3') ?? ''}\`)
    return { pc: { $tag: 'Counting' }, remaining: target + BigInt(semver.minor(held.at(-1) ?? '')) }
  }
  if (state === null) return { pc: { $tag: 'Idle' }, remaining: 0n }
  return { ...state, remaining: state.remaining - 1n }
})
`

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

function makeWorld(name: string, index: string): string {
  const world = join(sandbox.folder, name)
  cpSync(EXAMPLE, world, { recursive: true, filter: (path) => !/[\\/](\.aos|node_modules)$/.test(path) })
  mkdirSync(join(world, 'node_modules'))
  cpSync(join(CHECKOUT, 'node_modules/semver'), join(world, 'node_modules/semver'), { recursive: true })
  writeFileSync(join(world, 'reducers/counter/index.ts'), index)
  const modules = { [REDUCER]: { source: 'reducers/counter', language: 'typescript' } }
  writeFileSync(join(world, 'aos.sync.json'), JSON.stringify({ version: 1, air: { dir: 'air' }, modules }))
  return world
}

/** The hash of the module in force. */
async function moduleHash(world: string): Promise<string> {
  const { stdout } = await sandbox.run(['defs', 'get', REDUCER, '--world', world])
  return /sha256:[0-9a-f]{64}/.exec(stdout)?.[0] ?? stdout
}

/** A Node of another line, from the registry; undefined when that cannot be reached. */
function installNode(version: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'aos-node-'))
  spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', `node@${version}`], { cwd: folder })
  const node = join(folder, 'node_modules', 'node', 'bin', 'node')
  return existsSync(node) ? node : undefined
}

test('is built to equal bytes in two places, and replays to equal roots on two lines of Node', async (context) => {
  const world = makeWorld('one', INDEX)
  const other = makeWorld('deeper/down/two', INDEX)
  for (const each of [world, other]) expect(await sandbox.ask(['push', '--world', each])).toMatchObject({ exit: 0 })
  const hash = await moduleHash(world)
  expect(hash).toMatch(/^sha256:/)
  expect(await moduleHash(other)).toBe(hash)

  const send = (value: string): ReturnType<Sandbox['ask']> =>
    sandbox.ask(['event', 'send', 'demo/CounterEvent@1', value, '--world', world])
  await send('{"Start":{"target":3}}')
  await send('{"Tick":null}')
  const state = await sandbox.ask(['state', 'get', REDUCER, '--world', world])
  expect(state).toMatchObject({ data: { state: { remaining: 12 } } })
  const failed = await sandbox.run([
    'event',
    'send',
    'demo/CounterEvent@1',
    '{"Start":{"target":101}}',
    '--world',
    world,
  ])
  expect(failed.stdout + failed.stderr).toContain('RangeError: no version is 1.10.0 at reducers/counter/index.ts:10:')

  const verify = ['journal', 'replay', '--verify', '--json', '--world', world]
  const here = await sandbox.run(verify)
  expect(here).toMatchObject({ exit: 0 })
  expect(here.stdout).toContain('"root":"sha256:')
  const node = installNode('22')
  if (node === undefined) {
    context.skip('no registry to get Node 22 from')
    return
  }
  const environment = { ...process.env, AOS_KEY_DIR: sandbox.keys }
  const there = spawnSync(node, [join(CHECKOUT, 'cli/bin/aos.mjs'), ...verify], { env: environment, encoding: 'utf8' })
  expect(there.stderr).not.toContain('error')
  expect(rootOf(there.stdout)).toBe(rootOf(here.stdout))
}, 240_000)

function rootOf(document: string): string {
  return /"root":"(sha256:[0-9a-f]{64})"/.exec(document)?.[1] ?? document
}

test.each([
  ['Date.now', 'Date.now()', 'Date'],
  ['new Date', 'new Date()', 'Date'],
  ['Math.random', 'Math.random()', 'Math.random'],
  ['fetch', "fetch('https://example.com')", 'fetch'],
  ['process', 'process.env.HOME', 'process'],
  ['node:fs', "import('node:fs')", 'node:fs'],
])('%s is refused with its line, and nothing is changed', async (_, use, name) => {
  const index = `import { defineReducer } from './generated'\nexport const reducer = defineReducer((state) => {
  const used: unknown = ${use}
  return used === 1 ? null : state
})`
  const world = makeWorld(`refused ${use.replace(/\W/g, '')}`, index)
  const refused = await sandbox.ask(['push', '--world', world])
  expect(refused).toMatchObject({ exit: 1, error: { code: 'build.host_use' } })
  expect(refused.error?.message).toMatch(new RegExp(`reducers/counter/index\\.ts:3:\\d+: ${name} is not there: `))
  expect(await sandbox.ask(['manifest', 'get', '--world', world])).toMatchObject({ exit: 1 })
})
