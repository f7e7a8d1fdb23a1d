/** Every template: what `aos init` prints is run by a shell, as it stands, `npm test` passes, and `tsc` has nothing to say. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
  const bin = join(sandbox.folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'aos'), `#!/bin/sh\nexec "${process.execPath}" "${join(CHECKOUT, 'cli/bin/aos.mjs')}" "$@"\n`)
  chmodSync(join(bin, 'aos'), 0o755)
})

afterAll(() => {
  sandbox.remove()
})

interface Shown {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function shell(script: string, cwd = sandbox.folder): Shown {
  const { AOS_WORLD: _world, ...environment } = process.env
  const path = `${join(sandbox.folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`
  return spawnSync('/bin/sh', ['-c', script], {
    cwd,
    encoding: 'utf8',
    env: { ...environment, PATH: path, AOS_KEY_DIR: sandbox.keys },
  })
}

/** Makes a world and runs what is printed behind `next:`. */
async function follow(template: string): Promise<{ readonly world: string; readonly shown: Shown }> {
  const made = await sandbox.run(['init', `${template} world`, '--template', template])
  expect(made).toMatchObject({ exit: 0, stderr: '' })
  const next = made.stdout.slice(made.stdout.indexOf('next:\n') + 6)
  const script = next.trim().split('\n').join(' && ')
  return { world: join(sandbox.folder, `${template} world`), shown: shell(script) }
}

function compile(world: string, project: string): string {
  const tsc = join(CHECKOUT, 'node_modules/typescript/bin/tsc')
  return spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: world, encoding: 'utf8' }).stdout
}

/** Scripts of a README: what stands between fences, with the exit code that a comment says. */
function readmeCommands(world: string): readonly (readonly [command: string, exit: number])[] {
  const blocks = [...readFileSync(join(world, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)]
  return blocks.flatMap(([, block = '']) =>
    block
      .trim()
      .split('\n')
      .map((line) => [line, Number(/# exit (\d)/.exec(line)?.[1] ?? 0)] as const),
  )
}

const LAST: Readonly<Record<string, unknown>> = {
  counter: { pc: { Counting: null }, remaining: 3 },
  cells: { cents: 500, movements: 1 },
  'plan-http': { phase: { Seen: null }, status: 200, error: null },
  agent: { phase: { Done: null }, answer: 'Order 17: 42.00 are on their way back.', rounds: 3, calls_open: 0 },
  workspace: { phase: { Saved: null }, version: 1, error: null },
}

test.each(Object.keys(LAST))(
  '%s: the printed commands work from an empty folder',
  { timeout: 240_000 },
  async (template) => {
    const { world, shown } = await follow(template)
    expect(shown.status, shown.stderr).toBe(0)
    const state: unknown = JSON.parse(shown.stdout.slice(shown.stdout.lastIndexOf('\n{') + 1))
    expect(state).toMatchObject(LAST[template] as object)
    const verdict = await sandbox.ask(['journal', 'replay', '--verify'], { cwd: world })
    expect(verdict).toMatchObject({ exit: 0, data: { ok: true } })
    expect(existsSync(join(world, 'node_modules'))).toBe(false)
    const projects = readdirSync(world, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('tsconfig.json') && !path.startsWith('.aos'),
    )
    expect(projects.length).toBeGreaterThan(existsSync(join(world, 'world.air.ts')) ? 1 : 0)
    for (const project of projects) expect(compile(world, project), project).toBe('')
  },
)

test.each(['cells', 'plan-http', 'agent', 'workspace'])(
  '%s: the README says what happens',
  { timeout: 240_000 },
  async (template) => {
    const world = join(sandbox.folder, `${template}-readme`)
    await sandbox.ask(['init', world, '--template', template])
    const commands = readmeCommands(world)
    expect(commands.length).toBeGreaterThan(5)
    let height = ''
    for (const [written, exit] of commands) {
      // A host that is slow may cut a snapshot, which is an entry, too; what is meant is the command before.
      const command = written.replace(/(?<=(explain|show) )\d+/, height)
      const { status, stdout, stderr } = shell(command, world)
      expect(status, `${command}\n${stderr}`).toBe(exit)
      height = /^height (\d+)/m.exec(stdout)?.[1] ?? height
    }
  },
)

test.each(Object.keys(LAST))('%s: npm test', { timeout: 240_000 }, async (template) => {
  const world = join(sandbox.folder, `${template}-tested`)
  await sandbox.ask(['init', world, '--template', template])
  const { status, stdout } = shell('npm test --silent', world)
  expect(status, stdout).toBe(0)
  expect(stdout).toMatch(/^(#|ℹ) fail 0$/m)
  expect(existsSync(join(world, '.aos/world'))).toBe(false)
})

test('empty: a world with a manifest of nothing', { timeout: 180_000 }, async () => {
  const { shown } = await follow('empty')
  expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining('height 1') })
})
