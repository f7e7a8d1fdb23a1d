/** What an author's tests import (spec/20-authoring.md, "Tests"): the harness of the host with the compilers of the command. */
import { findWorldFolder, openHarness } from '@aos/host'
import type { TestReducer } from '@aos/host'
import { fileURLToPath } from 'node:url'
import { makeModuleBuilder } from './module-builder.ts'

const SILENT = { announce: () => undefined, report: () => undefined, done: () => undefined }

/** Opens the harness of one reducer of a world folder. */
export const testReducer: TestReducer = (reducer, { world } = {}) => {
  const folder = findWorldFolder({ option: world, variable: undefined, cwd: process.cwd() })
  const assets = fileURLToPath(new URL('assets', import.meta.url))
  return openHarness({ folder, reducer, builder: makeModuleBuilder({ assets, progress: SILENT }) })
}
