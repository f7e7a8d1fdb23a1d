/** The bytes of the built-in modules (spec/11-gate.md, "Built-in enforcers"), for hosts that have no compiler. */
import { parseHash, type Hash } from '@aos/cbor'
import { parseBase64 } from '../codec/base64.ts'
import { BUILTIN_WASM_LINES } from './wasm-modules.generated.ts'

/** A built-in module that was compiled before. */
export interface BuiltinWasm {
  readonly name: string
  /** Of the bytes. */
  readonly wasmHash: Hash
  /** Names the sources, flags and compiler that the bytes were made from (`buildKey` of @aos/build). */
  readonly buildKey: string
  /** Decodes them anew at each call. */
  readonly readBytes: () => Uint8Array
}

/** By name, in order of their names. */
export const BUILTIN_WASM: ReadonlyMap<string, BuiltinWasm> = new Map(
  BUILTIN_WASM_LINES.split('\n').map((line) => {
    const [name = '', hash = '', buildKey = '', base64 = ''] = line.split(' ')
    const readBytes = (): Uint8Array => parseBase64(base64) ?? new Uint8Array(0)
    return [name, { name, wasmHash: parseHash(hash), buildKey, readBytes }]
  }),
)

const BY_HASH: ReadonlyMap<Hash, BuiltinWasm> = new Map(
  [...BUILTIN_WASM.values()].map((module) => [module.wasmHash, module]),
)

/** The bytes of the built-in module that has this hash; undefined when none has. */
export function readBuiltinWasm(wasmHash: Hash): Uint8Array | undefined {
  return BY_HASH.get(wasmHash)?.readBytes()
}
