/** Every command that changes nothing says the same with a daemon and without one (spec/15-control.md, "Life"). */
import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'
import { compareBothWays } from './_parity.ts'

const EVENT = 'demo/CounterEvent@1'

let sandbox: Sandbox
let world: string
let hash: string

beforeAll(async () => {
  sandbox = makeSandbox()
  world = join(sandbox.folder, 'w')
  const blob = join(sandbox.folder, 'blob')
  writeFileSync(blob, Buffer.from([0, 255, 10, 13, 128]))
  await sandbox.run(['init', world])
  await sandbox.run(['push', '--world', world])
  await sandbox.run(['event', 'send', EVENT, '{"Start":{"target":3}}', '--world', world])
  hash = (await sandbox.run(['blob', 'put', blob, '--world', world])).stdout.trim()
}, 60_000)

afterAll(() => {
  sandbox.remove()
})

test('commands that read, and commands that fail', async () => {
  const script: readonly (readonly string[])[] = [
    ['state', 'get', 'demo/CounterSM@1'],
    ['state', 'get', 'demo/CounterSM@1', '--raw'],
    ['state', 'get', 'demo/CounterSM@1', '--at', '2'],
    ['state', 'get', 'no/Such@1'],
    ['state', 'ls', 'demo/CounterSM@1'],
    ['state', 'ls', 'demo/CounterSM@1', '--limit', '0'],
    ['journal', 'head'],
    ['journal', 'show', '2'],
    ['journal', 'show', '999999'],
    ['journal', 'tail', '-n', '3'],
    ['journal', 'verify'],
    ['defs', 'ls'],
    ['defs', 'get', EVENT],
    ['manifest', 'get'],
    ['blob', 'get', hash],
    ['blob', 'stat', hash],
    ['event', 'send', EVENT, '{"Nope":1}'],
    ['event', 'send', 'no/Such@1', '1'],
    ['event', 'send', EVENT, '@no-such-file'],
    ['effects', 'ls'],
    ['plan', 'ls'],
    ['plan', 'show', '1.0/x'],
    ['approvals', 'ls'],
    ['receipt', 'ls'],
    ['policy', 'explain', '2'],
    ['upgrade'],
    ['approve', '0'.repeat(64)],
    ['push'],
    ['key', 'ls'],
  ]
  for (const form of [[], ['--json']]) {
    expect(await sandbox.run(['run', '--detach', '--world', world])).toMatchObject({ exit: 0 })
    await compareBothWays(
      sandbox,
      world,
      script.map((words) => [...words, ...form]),
    )
  }
}, 300_000)
