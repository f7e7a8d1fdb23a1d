import { expect, it } from 'vitest'
import { builtinModulesText, readGeneratedModules } from '../scripts/embed-modules.ts'

it('the built-in modules compile to the bytes that are committed, every time', async () => {
  expect(await builtinModulesText()).toBe(readGeneratedModules())
  expect(await builtinModulesText()).toBe(readGeneratedModules())
})
