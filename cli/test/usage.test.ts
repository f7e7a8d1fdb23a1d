import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

test('the version is the one of package.json', async () => {
  const manifest = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')) as { readonly version: string } // npm's shape
  expect(await sandbox.run(['--version'])).toEqual({ exit: 0, stdout: `${manifest.version}\n`, stderr: '' })
})

test('help lists every command and goes to standard output', async () => {
  const help = await sandbox.run(['--help'])
  expect(help).toMatchObject({ exit: 0, stderr: '' })
  for (const verb of ['init', 'push', 'event', 'state', 'journal', 'air', 'module', 'key', 'examples', 'bench']) {
    expect(help.stdout).toMatch(new RegExp(`^  aos ${verb}\\b`, 'm'))
  }
  expect((await sandbox.run(['journal', '--help'])).stdout).toContain('aos journal verify')
})

test('what is not understood is a usage error: exit 2, a code, no stack', async () => {
  const wrong: readonly (readonly string[])[] = [
    [],
    ['nonsense'],
    ['state'],
    ['state', 'get'],
    ['state', 'get', 'demo/A@1', '--bogus'],
    ['state', 'get', 'demo/A@1', '--at', 'minus'],
    ['state', 'get', 'demo/A@1', '--key', 'a', '--key', 'b'],
    ['event', 'send', 'demo/A@1', '1', '--acks'],
    ['air', 'fmt', '--lens', 'round'],
  ]
  const world = join(sandbox.folder, 'empty')
  await sandbox.ask(['init', world, '--template', 'empty'])
  for (const args of wrong) {
    const reply = await sandbox.ask(args, { cwd: world })
    expect(reply, args.join(' ')).toMatchObject({ exit: 2, ok: false, error: { code: 'cli.usage' } })
    expect(reply.stderr, args.join(' ')).toContain('cli.usage')
    expect(reply.stderr).not.toMatch(/^\s+at /m)
  }
})

test('without a world: what was expected, what was found, what to do', async () => {
  const nowhere = await sandbox.ask(['state', 'get', 'demo/A@1'])
  expect(nowhere).toMatchObject({
    exit: 1,
    error: { code: 'host.no_world', hint: expect.stringContaining('aos init') },
  })
  const named = await sandbox.ask(['journal', 'head', '--world', join(sandbox.folder, 'none')])
  expect(named).toMatchObject({ exit: 1, error: { code: 'host.no_world' } })
})

test('an empty world has no genesis until it is pushed, and then a manifest of nothing is in force already', async () => {
  const world = join(sandbox.folder, 'nothing')
  await sandbox.ask(['init', world, '--template', 'empty'])
  expect(await sandbox.ask(['journal', 'head', '--world', world])).toMatchObject({
    exit: 1,
    error: { code: 'host.no_genesis' },
  })
  expect(await sandbox.ask(['init', world])).toMatchObject({ exit: 1, error: { code: 'host.world_exists' } })
  const template = await sandbox.ask(['init', join(sandbox.folder, 'x'), '--template', 'pyramid'])
  expect(template).toMatchObject({
    exit: 1,
    error: { code: 'cli.unknown_template', message: expect.stringContaining('counter, cells, plan-http, ') },
  })
  const help = await sandbox.run(['init', '--help'])
  for (const name of ['counter', 'cells', 'plan-http', 'agent', 'empty']) {
    expect(help.stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'))
  }
})

test('configuration that is not understood is refused with its path', async () => {
  const world = join(sandbox.folder, 'config')
  mkdirSync(world)
  writeFileSync(join(world, 'aos.json'), '{"version":1,"segment_byte":4096}')
  expect(await sandbox.ask(['status', '--world', world])).toMatchObject({
    exit: 1,
    error: { code: 'host.bad_config', path: '$.segment_byte' },
  })
})

test('AOS_WORLD names a world, and a folder inside finds it by walking up', async () => {
  const world = join(sandbox.folder, 'named')
  await sandbox.ask(['init', world, '--template', 'empty'])
  const status = await sandbox.ask(['status'], { environment: { AOS_WORLD: world } })
  expect(status).toMatchObject({ exit: 0, data: { folder: world, world: null } })
  expect(await sandbox.ask(['status'], { cwd: join(world, 'air') })).toMatchObject({ exit: 0, data: { folder: world } })
})
