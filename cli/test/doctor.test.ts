import { appendFileSync, chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Document, Sandbox } from './_command.ts'

interface Check {
  readonly name: string
  readonly state: string
  readonly message: string
  readonly hint?: string
}

let sandbox: Sandbox
let world: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  await sandbox.ask(['init', world])
  expect(await sandbox.ask(['push', '--world', world])).toMatchObject({ exit: 0 })
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

/** The checks that are not ok. */
function wrong({ data }: Document): readonly Check[] {
  return (data as { readonly checks: readonly Check[] }).checks.filter(({ state }) => state !== 'ok') // as documented
}

/** Free space is a matter of the machine that tests. */
const apartFromDisk = (checks: readonly Check[]): readonly Check[] => checks.filter(({ name }) => name !== 'disk')

test('a world that is well, quickly and in full', async () => {
  for (const more of [[], ['--full']]) {
    const reply = await sandbox.ask(['doctor', '--world', world, ...more])
    expect(apartFromDisk(wrong(reply))).toEqual([])
    expect(reply).toMatchObject({ ok: true, data: { checks: expect.any(Array) } })
  }
  const { stdout } = await sandbox.run(['doctor', '--world', world])
  expect(stdout).toMatch(/^ok {4}release {7}aos \d/)
}, 60_000)

test('what is wrong, what to do, and exit 1; a source that was not pushed is only a warning', async () => {
  appendFileSync(join(world, 'reducers/counter/index.ts'), '// changed\n')
  const unpushed = await sandbox.ask(['doctor', '--world', world])
  expect(apartFromDisk(wrong(unpushed))).toMatchObject([
    { name: 'in-step', state: 'warn', message: expect.stringContaining('module demo/CounterSM@1') },
  ])
  expect(unpushed.exit).toBe(0)
  const owner = join(sandbox.keys, 'owner.key')
  chmodSync(owner, 0o640)
  const { exit, stdout } = await sandbox.run(['doctor', '--world', world])
  chmodSync(owner, 0o600)
  expect(exit).toBe(1)
  expect(stdout).toContain(`chmod 600 ${owner}`)
}, 60_000)

test('outside of a world it looks at the rest; a world that was named must be there', async () => {
  const outside = join(sandbox.folder, 'outside')
  mkdirSync(outside)
  const reply = await sandbox.ask(['doctor'], { cwd: outside })
  expect(reply.exit).toBe(0)
  expect(apartFromDisk(wrong(reply))).toMatchObject([{ name: 'world', state: 'warn' }])
  const named = await sandbox.ask(['doctor', '--world', outside])
  expect(named).toMatchObject({ exit: 1, error: { code: 'host.no_world' } })
  expect(await sandbox.ask(['doctor', 'nonsense'])).toMatchObject({ exit: 2, error: { code: 'cli.usage' } })
}, 60_000)
