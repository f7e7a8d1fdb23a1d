import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recoveryCost } from '../src/index.ts'
import { crashWorld, sendMany } from './_checkpoint-world.ts'
import { REDUCER, makeTestWorld, openPushed } from './_world.ts'
import type { TestWorld } from './_world.ts'

let world: TestWorld

beforeEach(() => {
  world = makeTestWorld()
  writeFileSync(world.folder.settingsFile, '{"version":1,"recovery_ms":10}')
})

afterEach(() => {
  world.remove()
})

test('a file of checkpoints is followed by another one before it is longer than what is read', async () => {
  const bytesMax = 20_000
  const host = await openPushed(world)
  // Read whenever something is due.
  Object.assign(host.bounds, { checkpointBytes: bytesMax })
  await host.createSnapshot()
  mkdirSync(world.folder.checkpoints)
  const files = new Set<string>()
  let longest = 0
  for (let from = 0; from < 3000; from += 50) {
    await sendMany(host, from, 50)
    for (const name of readdirSync(world.folder.checkpoints)) {
      files.add(name)
      longest = Math.max(longest, readFileSync(join(world.folder.checkpoints, name)).length)
    }
    expect(recoveryCost(host.kernel)).toBeLessThan(15)
  }
  // The last checkpoint in it may begin right before.
  expect(longest).toBeLessThan(2 * bytesMax)
  expect(files.size).toBeGreaterThan(1)
  const looked = await crashWorld(world, host, ({ kernel }) => [kernel.head, kernel.readCell(REDUCER, undefined)])
  const again = await world.open()
  expect(again.kernel.recovery.changes).toBeGreaterThan(0)
  expect([again.kernel.head, again.kernel.readCell(REDUCER, undefined)]).toEqual(looked)
  await again.close()
})
