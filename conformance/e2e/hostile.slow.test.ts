import { expect, test } from 'vitest'
import { makeSandbox } from './command.ts'
import {
  expectOutcomes,
  expectSameEverywhere,
  hostileFile,
  makeHostileWorld,
  readHostileCases,
} from './hostile-world.ts'

const cases = readHostileCases()

test('every hostile module that is admitted, in one world', { timeout: 900_000 }, async () => {
  const sandbox = makeSandbox()
  const admitted = cases.filter(({ refused }) => refused === undefined)
  const world = await makeHostileWorld(sandbox, admitted)
  await expectOutcomes(sandbox, world, admitted)
  await expectSameEverywhere(sandbox, world)
})

test('every hostile module that is not', { timeout: 900_000 }, async () => {
  const sandbox = makeSandbox()
  for (const { name, refused, refused_by_command: code = refused } of cases.filter(
    (item) => item.refused !== undefined,
  )) {
    const ran = await sandbox.run(['module', 'check', hostileFile(name), '--json'])
    expect(ran.code, name).toBe(1)
    expect(ran.stdout, name).toContain(`"${code}"`)
  }
})
