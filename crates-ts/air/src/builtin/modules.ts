/** The modules that every world may list (spec/03-air.md, "Built-in definitions"). */
import { ZERO_HASH } from '../definitions/hash-field.ts'
import type { DefModule } from '../model.ts'
import { BUILTIN_MODULE_LINES } from './catalog.generated.ts'
import { BUILTIN_WASM } from './wasm-modules.ts'

/**
 * The 6 built-in modules by name. A module whose bytes this runtime ships has their hash, any other the placeholder; the hash
 * of the definition follows from it.
 */
export const BUILTIN_MODULES: ReadonlyMap<string, DefModule> = new Map(
  BUILTIN_MODULE_LINES.split('\n').map((line) => {
    const module = readLine(line)
    return [module.name, module]
  }),
)

/** `name pure input output` or `name reducer state event context [key]`. */
function readLine(line: string): DefModule {
  const [name = '', kind = '', first = '', second = '', context = '', keySchema] = line.split(' ')
  const common = { kind: 'defmodule', name, wasmHash: BUILTIN_WASM.get(name)?.wasmHash ?? ZERO_HASH } as const
  if (kind === 'pure') return { ...common, moduleKind: 'pure', pure: { input: first, output: second } }
  return {
    ...common,
    moduleKind: 'reducer',
    ...(keySchema === undefined ? {} : { keySchema }),
    reducer: { state: first, event: second, context, effectsEmitted: [], capSlots: new Map() },
  }
}
