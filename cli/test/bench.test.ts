/** What `aos bench` refuses before it measures anything. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

test.each([
  [['nonsense'], 1, 'cli.unknown_bench'],
  [['start', 'nonsense'], 1, 'cli.unknown_bench'],
  [['start', '--rounds', '0'], 2, 'cli.usage'],
  [['start', '--rounds', '1001'], 2, 'cli.usage'],
  [['start', '--rounds', 'many'], 2, 'cli.usage'],
  [['start', '--compare', 'none.json'], 1, 'host.file'],
  [['start', '--compare', 'text.json'], 1, 'cli.bad_base'],
  [['start', '--compare', 'failure.json'], 1, 'cli.bad_base'],
  [['start', '--compare', 'rows.json'], 1, 'cli.bad_base'],
])('aos bench %j', async (args, exit, code) => {
  writeFileSync(join(sandbox.folder, 'text.json'), 'figures')
  writeFileSync(join(sandbox.folder, 'failure.json'), '{"ok":false,"error":{"code":"cli.usage","message":"no"}}')
  writeFileSync(join(sandbox.folder, 'rows.json'), '[{"name":"start.version","unit":"ms"}]')
  const reply = await sandbox.ask(['bench', ...args])
  expect(reply).toMatchObject({ exit, ok: false, error: { code } })
  expect(reply.stderr).not.toMatch(/^(bench|\s+at) /m)
})
