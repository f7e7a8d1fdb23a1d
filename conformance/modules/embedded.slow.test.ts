import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { GENERATED, builtinModulesText } from './module-sources.ts'

it('the built-in modules compile to the bytes that are committed, every time', async () => {
  const committed = readFileSync(GENERATED, 'utf8')
  expect(await builtinModulesText()).toBe(committed)
  expect(await builtinModulesText()).toBe(committed)
})
