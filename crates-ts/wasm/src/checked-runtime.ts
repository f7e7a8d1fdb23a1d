/** A runtime for tests that holds every call to the oracles (spec/05-determinism.md, "Proof"). */
import { AosError, toHex, type Sha256Port } from '@aos/cbor'
import type { CallResult, LoadedModule, ModuleRuntime } from '@aos/kernel'
import { BinaryReader } from './binary-reader.ts'
import { makeInstruction, readInstruction } from './instruction.ts'
import { createModuleRuntime } from './module-runtime.ts'
import { makesNanF32, makesNanF64 } from './opcode-table.ts'
import { readModule } from './read-module.ts'
import { callFresh, callOriginal, makeFresh, makeOriginal } from './testkit.ts'

/** One call that agreed, as text: module, outcome, fuel, output in hexadecimal; `compared` with the original bytes too. */
export interface CheckedCall {
  readonly text: string
  readonly compared: boolean
}

/**
 * Like `createModuleRuntime`, and every call is made in a fresh instance as well, and, when it ends `ok` and no instruction
 * of the module can make a NaN, in an instance of the original bytes. Throws `wasm.rewriter_defect` for a difference.
 */
export function createCheckedRuntime(
  ports: { readonly sha256: Sha256Port },
  onCall: (call: CheckedCall) => void = () => {},
): ModuleRuntime {
  const runtime = createModuleRuntime(ports)
  return {
    load(module) {
      const loaded = runtime.load(module)
      const { entry, bytes, wasmHash } = module
      const fresh = makeFresh(bytes)
      const original = canMakeNan(bytes) ? undefined : makeOriginal(bytes, fresh.rewritten)
      const call: LoadedModule['call'] = (input, fuelLimit) => {
        const result = loaded.call(input, fuelLimit)
        expectSame(describe(callFresh(fresh, { entry, input, fuelLimit })), describe(result))
        const compared = original !== undefined && result.outcome === 'ok'
        if (compared) {
          const output = callOriginal(original, { entry, input })
          expectSame(output === undefined ? 'a trap' : toHex(output), toHex(result.output))
        }
        onCall({ text: `${wasmHash} ${describe(result)}`, compared })
        return result
      }
      return { ...loaded, call }
    },
  }
}

function describe({ outcome, fuel, output }: CallResult): string {
  return `${outcome} ${fuel} ${toHex(output)}`
}

function expectSame(expected: string, found: string): void {
  if (expected === found) return
  throw new AosError('wasm.rewriter_defect', `oracles disagree: expected ${expected}; found ${found}`)
}

/** True when code of the module holds an instruction whose NaN the rewriter makes canonical. */
export function canMakeNan(bytes: Uint8Array): boolean {
  const instruction = makeInstruction()
  return readModule(bytes).bodies.some(({ codeAt, end }) => {
    const reader = new BinaryReader(bytes, codeAt, end)
    while (!reader.done) {
      readInstruction(reader, instruction)
      if (makesNanF32(instruction.code) || makesNanF64(instruction.code)) return true
    }
    return false
  })
}
