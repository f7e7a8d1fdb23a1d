/** Runs a compiled guest in a plain instance, fresh for each call, as the pooled runtime makes it look. */
import { decodeReducerOutput, encodeReducerInput } from '@aos/abi'
import type { ReducerInput, ReducerOutput } from '@aos/abi'
import type { DefModule, SchemaTable } from '@aos/air'
import { generateGuest, readSdkFiles } from '@aos/sdk'
import { compileGuest } from '../src/index.ts'
import type { CompiledGuest, GuestSources } from '../src/index.ts'

/** The part of the engine that the tests use; TypeScript has it only with the DOM library. */
export interface GuestModule {
  readonly compiled: true
}

declare const WebAssembly: {
  readonly Module: (new (bytes: Uint8Array) => GuestModule) & {
    imports(module: GuestModule): readonly unknown[]
    exports(module: GuestModule): readonly { readonly name: string; readonly kind: string }[]
    customSections(module: GuestModule, name: string): readonly ArrayBuffer[]
  }
  readonly Instance: new (
    module: GuestModule,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
  readonly RuntimeError: new () => Error
}

interface GuestExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly alloc: (size: number) => number
  readonly entry: (target: number, pointer: number, size: number) => void
}

/** What a trap throws. */
export const Trap = WebAssembly.RuntimeError

export function loadGuest(wasm: Uint8Array): GuestModule {
  return new WebAssembly.Module(wasm)
}

export function describeGuest(module: GuestModule): {
  readonly imports: number
  readonly exports: readonly string[]
  readonly names: Uint8Array
} {
  const [names = new ArrayBuffer(0)] = WebAssembly.Module.customSections(module, 'name')
  return {
    imports: WebAssembly.Module.imports(module).length,
    exports: WebAssembly.Module.exports(module)
      .map(({ name, kind }) => `${kind} ${name}`)
      .sort((left, right) => (left < right ? -1 : 1)),
    names: new Uint8Array(names),
  }
}

export interface GuestOptions {
  readonly module: DefModule
  readonly schemas: SchemaTable
  readonly source: string
  readonly extraSchemas?: readonly string[]
}

export function guestSources(options: GuestOptions): GuestSources {
  return {
    name: 'reducers/test',
    files: new Map([['index.ts', options.source]]),
    generated: generateGuest(options),
    sdk: readSdkFiles(),
  }
}

export async function buildGuest(options: GuestOptions): Promise<CompiledGuest> {
  return compileGuest(guestSources(options))
}

/** Calls `step` or `run` of a fresh instance; a trap is thrown. */
export function callGuest(module: GuestModule, name: 'step' | 'run', input: Uint8Array): Uint8Array {
  const { exports } = new WebAssembly.Instance(module, {})
  // The exports that every guest has; the tests of the ABI check their types.
  const guest = { ...exports, entry: exports[name] } as unknown as GuestExports
  const pointer = guest.alloc(input.length)
  new Uint8Array(guest.memory.buffer).set(input, pointer)
  const target = guest.alloc(8)
  guest.entry(target, pointer, input.length)
  const pair = new DataView(guest.memory.buffer, target, 8)
  return new Uint8Array(guest.memory.buffer, pair.getUint32(0, true), pair.getUint32(4, true)).slice()
}

export function callReducer(module: GuestModule, input: ReducerInput): ReducerOutput {
  return decodeReducerOutput(callGuest(module, 'step', encodeReducerInput(input)))
}

export function reducerModule(abi: { state: string; event: string; context?: string }): DefModule {
  return {
    kind: 'defmodule',
    name: 'test/Module@1',
    moduleKind: 'reducer',
    // Tests compile from source, so the hash is never looked at.
    wasmHash: '' as DefModule['wasmHash'],
    reducer: { ...abi, effectsEmitted: [], capSlots: new Map() },
  }
}
