/** A reducer of a world folder, compiled and ready to be tested step by step. */
import { BUILTIN_EFFECTS } from '@aos/air'
import { hashText } from '@aos/cbor'
import { createModuleRuntime } from '@aos/wasm'
import { loadDefinitions, needReducer } from '../definitions.ts'
import { assemble } from '../push/assemble.ts'
import type { ModuleBuilder } from '../push/module-builder.ts'
import { nodeSha256 } from '../sha256.ts'
import { readSyncFile } from '../sync-file.ts'
import type { WorldFolder } from '../world-folder.ts'
import { StepRunner } from './run-step.ts'
import { makeGiven } from './given.ts'
import type { ReducerHarness, TestTypes } from './port.ts'

/** Which reducer of which folder, and what compiles it. */
export interface OpenHarnessOptions {
  readonly folder: WorldFolder
  readonly reducer: string
  readonly builder: ModuleBuilder
}

/**
 * Assembles the folder as a push would and opens no world. Throws what `assemble` throws, `host.unknown_reducer`, and
 * `wasm.*` for a module that is refused.
 */
export async function openHarness<Types extends TestTypes>(
  options: OpenHarnessOptions,
): Promise<ReducerHarness<Types>> {
  const { folder, builder } = options
  const assembly = await assemble({
    folder,
    sync: readSyncFile(folder.syncFile),
    builder,
    forceBuild: false,
    stored: () => undefined,
    onProgress: () => undefined,
  })
  const nodes = new Map(assembly.nodes.map((node) => [hashText(nodeSha256, node), node]))
  const definitions = loadDefinitions(assembly.manifestHash, (hash) => nodes.get(hash) ?? new Uint8Array())
  const module = needReducer(definitions, options.reducer)
  const built = assembly.modules.find((each) => each.module.name === module.name)
  const { wasmHash } = module
  const runtime = createModuleRuntime({ sha256: nodeSha256, sourceMap: () => built?.sourceMap })
  const loaded = runtime.load({ wasmHash, bytes: built?.bytes ?? new Uint8Array(), entry: 'step' })
  const effects = new Map(
    [...BUILTIN_EFFECTS.values(), ...definitions.effects.values()].map((each) => [each.effectKind, each]),
  )
  const runner = new StepRunner({ module, definitions, loaded, effects })
  return { wasmHash, given: (state, context = {}) => makeGiven<Types>(runner, runner.readState(state), context) }
}
