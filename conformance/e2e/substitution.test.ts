import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import type { Sandbox, Verdict } from './command.ts'
import { COUNTER, feedCounter, makeCounterWorld, pushWorld } from './worlds.ts'

interface Module {
  readonly wasm_hash: string
}

test('a module that differs in one constant is found out: height, reducer and key', async () => {
  const sandbox = makeSandbox()
  const world = await makeCounterWorld(sandbox)
  const { height } = await feedCounter(sandbox, world, 5)
  const same = await writeModule(sandbox, world, 'same.wasm')
  const other = await makeOtherModule(sandbox)
  const replay = ['journal', 'replay', '--verify', '--world', world]

  expect(await sandbox.ask<Verdict>([...replay, '--module', `${COUNTER.reducer}=${same}`])).toMatchObject({ exit: 0 })
  const reply = await sandbox.ask<Verdict>([...replay, '--module', `${COUNTER.reducer}=${other}`])
  expect(reply.exit).toBe(1)
  if (!reply.ok) throw new Error(reply.error.message)
  const difference = reply.data.first_difference
  expect(reply.data.ok).toBe(false)
  expect(difference).toMatchObject({ reducer: COUNTER.reducer })
  // Start at height 2 only sets the target; the first tick is where the constant counts.
  expect(difference?.height).toBe(height - 4)
  expect(difference?.path).toMatch(/^derived\[0\]/)
})

async function writeModule(sandbox: Sandbox, world: string, file: string): Promise<string> {
  const { wasm_hash: hash } = await sandbox.data<Module>(['defs', 'get', COUNTER.reducer, '--world', world])
  const path = sandbox.path(file)
  await sandbox.data(['blob', 'get', hash, '--out', path, '--world', world])
  return path
}

/** The counter again, taking two at a tick. */
async function makeOtherModule(sandbox: Sandbox): Promise<string> {
  const world = sandbox.path('other')
  await sandbox.data(['init', world, '--template', 'counter'])
  const source = findSource(join(world, 'reducers'))
  const text = readFileSync(source, 'utf8')
  const changed = text.replace(/remaining(\s*-=?\s*)1\b/, 'remaining$12')
  expect(changed).not.toBe(text)
  writeFileSync(source, changed)
  await pushWorld(sandbox, world)
  return writeModule(sandbox, world, 'other.wasm')
}

function findSource(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const found = names.find((name) => name.endsWith('index.ts'))
  if (found === undefined) throw new Error(`no index.ts under ${folder}`)
  return join(folder, found)
}
