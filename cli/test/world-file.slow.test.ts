/** A world folder with a world file: what an editor and `tsc` say, and what a push makes of it. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox
let world = ''

beforeAll(() => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'approval')
  cpSync(join(CHECKOUT, 'examples/11-approval'), world, { recursive: true })
  for (const name of ['air', 'story.json']) rmSync(join(world, name), { recursive: true })
  cpSync(join(CHECKOUT, 'crates-ts/author/test/fixtures/11-approval.air.ts'), join(world, 'world.air.ts'))
})

afterAll(() => {
  sandbox.remove()
})

/** What the compiler says of the folder, by the tsconfig.json that is there. */
function compile(folder: string): readonly string[] {
  const tsc = join(CHECKOUT, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
    cwd: world,
    encoding: 'utf8',
  })
  return stdout.split('\n').filter((line) => line !== '')
}

test('a push takes the world file, and puts what editors need', { timeout: 180_000 }, async () => {
  const inWorld = { cwd: world }
  const reply = await sandbox.ask(['push'], inWorld)
  expect(reply).toMatchObject({ exit: 0, data: { outcome: 'pushed', height: 1 } })
  const byHand = join(sandbox.folder, 'by-hand')
  cpSync(join(CHECKOUT, 'examples/11-approval'), byHand, { recursive: true })
  const { manifest_hash: wanted } = (await sandbox.ask(['push', '--dry-run'], { cwd: byHand })).data as {
    readonly manifest_hash: string
  } // as spec/schemas says
  expect(reply.data).toMatchObject({ manifest_hash: wanted })
  expect(await sandbox.ask(['push'], inWorld)).toMatchObject({ exit: 0, data: { outcome: 'unchanged' } })
  expect(await sandbox.ask(['air', 'diff'], inWorld)).toMatchObject({ exit: 0, data: { equal: true } })
  expect((await sandbox.ask(['doctor'], inWorld)).data).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining({ name: 'in-step', state: 'ok' })]),
  })
  expect(existsSync(join(world, 'node_modules'))).toBe(false)
  // The one that lay there was for guests, and lies with them now.
  expect(JSON.parse(readFileSync(join(world, 'tsconfig.json'), 'utf8'))).toMatchObject({ include: ['world.air.ts'] })
  expect(JSON.parse(readFileSync(join(world, 'reducers/tsconfig.json'), 'utf8'))).toMatchObject({
    compilerOptions: { noLib: true, paths: { '@aos/sdk': ['../.aos/sdk/index.ts'] } },
  })
})

test('tsc finds nothing wrong, with what is in the folder alone', () => {
  expect(compile('.')).toEqual([])
  expect(compile('reducers')).toEqual([])
})

test('a mistake in a plan is a red line before anything runs', () => {
  const file = join(world, 'world.air.ts')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('payload.code', 'payload.kode'))
  try {
    expect(compile('.')).toEqual([
      expect.stringMatching(/^world\.air\.ts\(\d+,\d+\): error TS2\d+: Property 'kode' does not exist/),
    ])
  } finally {
    writeFileSync(file, text)
  }
})

test('a tsconfig.json that somebody wrote stays', async () => {
  const own = '{"compilerOptions":{"strict":true}}\n'
  writeFileSync(join(world, 'tsconfig.json'), own)
  expect(await sandbox.ask(['air', 'emit'], { cwd: world })).toMatchObject({ exit: 0, ok: true })
  expect(readFileSync(join(world, 'tsconfig.json'), 'utf8')).toBe(own)
  expect(readdirSync(join(world, 'air'))).toEqual(['world.air.json'])
})
