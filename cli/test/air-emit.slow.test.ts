import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'

/** World files with the definitions of the examples of the same names. */
const WORLD_FILES = join(CHECKOUT, 'crates-ts/author/test/fixtures')

let sandbox: Sandbox
let world = ''
let count = 0

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

beforeEach(() => {
  count += 1
  world = join(sandbox.folder, `w${count}`)
  mkdirSync(world)
  writeFileSync(join(world, 'aos.json'), '{"version":1}')
})

function write(text: string, name = 'world.air.ts'): void {
  writeFileSync(join(world, name), text)
}

function ask(...args: readonly string[]): Promise<Document> {
  return sandbox.ask(args, { cwd: world })
}

const EMITTED = 'air/world.air.json'
const SMALL = `import { nat, schema, world } from '@aos/author'

const A = schema('demo/A@1', nat)
export default world({ schemas: [A] })
`

test.each(['00-counter', '10-flights', '11-approval'])(
  '%s: what a world file gives has the hashes of what was written by hand',
  async (example) => {
    cpSync(join(WORLD_FILES, `${example}.air.ts`), join(world, 'world.air.ts'))
    const emitted = await ask('air', 'emit')
    expect(emitted).toMatchObject({ exit: 0, data: { file: EMITTED, changed: true, others: [] } })
    const byHand = await ask('air', 'hash', join(CHECKOUT, 'examples', example, 'air'))
    const hashes = sorted(byHand.data)
    expect(hashes.length).toBeGreaterThan(5)
    expect(sorted((await ask('air', 'hash', 'air')).data)).toEqual(hashes)
    expect(sorted((await ask('air', 'hash', 'world.air.ts')).data)).toEqual(hashes)
    expect(sorted((await ask('air', 'hash')).data)).toEqual(hashes)
    // One canonical text: formatting it changes nothing.
    const { stdout } = await sandbox.run(['air', 'fmt', 'air'], { cwd: world })
    expect(readFileSync(join(world, EMITTED), 'utf8')).toBe(stdout)
  },
)

/** The order of definitions in files means nothing. */
function sorted(hashes: unknown): readonly string[] {
  return (hashes as readonly unknown[]).map((each) => JSON.stringify(each)).toSorted((a, b) => (a < b ? -1 : 1)) // as `air hash` says
}

test('--check fails while the file differs, and writes nothing', async () => {
  write(SMALL)
  expect(await ask('air', 'emit', '--check')).toMatchObject({ exit: 1, ok: true, data: { changed: true } })
  expect(readdirSync(world)).toEqual(['aos.json', 'world.air.ts'])
  expect(await ask('air', 'emit')).toMatchObject({ exit: 0, data: { changed: true, definitions: 2 } })
  expect(await ask('air', 'emit', '--check')).toMatchObject({ exit: 0, data: { changed: false } })
  expect(await ask('air', 'emit')).toMatchObject({ exit: 0, data: { changed: false } })
  write(SMALL.replace('nat)', 'int)').replace('nat,', 'int,'))
  const human = await sandbox.run(['air', 'emit', '--check'], { cwd: world })
  expect(human).toMatchObject({ exit: 1, stdout: 'air/world.air.json is not what world.air.ts says\n' })
})

test('what is emitted depends on the file alone', async () => {
  cpSync(join(WORLD_FILES, '04-aggregator.air.ts'), join(world, 'world.air.ts'))
  await ask('air', 'emit', '--out', 'first')
  await sandbox.ask(['air', 'emit', join(world, 'world.air.ts'), '--out', join(world, 'second')], {
    environment: { TZ: 'Asia/Tokyo', LC_ALL: 'de_DE.UTF-8' },
  })
  const [first, second] = ['first', 'second'].map((out) => readFileSync(join(world, out, 'world.air.json'), 'utf8'))
  expect(first).toBe(second)
  expect(first).toContain('demo/aggregator_plan@1')
})

test('a world file and JSON that say different things are an error that says so, whatever is done', async () => {
  write(SMALL)
  await ask('air', 'emit')
  expect(await ask('air', 'check')).toMatchObject({ exit: 0, data: { ok: true } })
  write(
    SMALL.replace('nat)', "text)\nconst B = schema('demo/B@1', A)").replace('[A]', '[A, B]').replace('nat,', 'text,'),
  )
  for (const args of [
    ['air', 'check'],
    ['air', 'hash'],
    ['air', 'fmt'],
    ['air', 'diff'],
    ['push', '--dry-run'],
  ]) {
    const reply = await ask(...args)
    expect(reply, args.join(' ')).toMatchObject({
      exit: 1,
      error: {
        code: 'host.air_differs',
        message: expect.stringContaining('defschema demo/A@1 (and 2 more)'),
        hint: expect.stringContaining('aos air emit'),
      },
    })
  }
  expect((await ask('doctor')).data).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining({ name: 'in-step', state: 'fail' })]),
  })
  await ask('air', 'emit')
  expect(await ask('air', 'check')).toMatchObject({ exit: 0, data: { ok: true } })
})

test('JSON that would be read beside what is emitted is not passed over', async () => {
  write(SMALL)
  mkdirSync(join(world, 'air'))
  write('[{"$kind":"defschema","name":"demo/Old@1","type":"nat"}]', 'air/old.air.json')
  expect(await ask('air', 'emit')).toMatchObject({
    exit: 1,
    error: { code: 'host.air_differs', message: expect.stringContaining('air/old.air.json') },
  })
  expect(existsSync(join(world, EMITTED))).toBe(false)
  expect(await ask('air', 'check')).toMatchObject({ exit: 1, error: { code: 'host.air_differs' } })
  rmSync(join(world, 'air/old.air.json'))
  expect(await ask('air', 'emit')).toMatchObject({ exit: 0 })
})

test('a file that does not run has a code and a place, and no stack', async () => {
  write(SMALL.replace('demo/A@1', '${Date.now()}').replaceAll("'${Date.now()}'", '`${Date.now()}`'))
  const reply = await ask('air', 'emit')
  expect(reply).toMatchObject({
    exit: 1,
    error: { code: 'build.world_failed', message: expect.stringMatching(/^world\.air\.ts:3:\d+: .*no clock/) },
  })
  expect(reply.stderr).not.toMatch(/^\s+at /m)
  expect(await ask('air', 'emit', 'nowhere')).toMatchObject({ exit: 1, error: { code: 'host.no_air' } })
  expect(await ask('air', 'emit', '--check', '--out', 'x')).toMatchObject({ exit: 2, error: { code: 'cli.usage' } })
})

test('air diff compares a world file with what was emitted before', async () => {
  write(SMALL)
  await ask('air', 'emit', '--out', 'before')
  write(SMALL.replace('nat)', 'int)').replace('nat,', 'int,'))
  expect((await ask('air', 'diff', 'before', 'world.air.ts')).data).toMatchObject({
    equal: false,
    definitions: [{ kind: 'defschema', name: 'demo/A@1', change: 'changed' }, { kind: 'manifest' }],
  })
})
