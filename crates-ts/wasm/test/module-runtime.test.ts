import { AosError, hashText, isAosError } from '@aos/cbor'
import type { LoadedModule } from '@aos/kernel'
import { beforeAll, describe, expect, it } from 'vitest'
import { createModuleRuntime, POOL_MODULES_MAX } from '../src/index.ts'
import { SHA256 } from './_guests.ts'
import { hostileBytes } from './_hostile.ts'
import { loadAssembler, type Assembler } from './_wat.ts'

let assembler: Assembler
beforeAll(async () => {
  assembler = await loadAssembler()
})

/** Answers with the number. */
function constantModule(value: number): Uint8Array {
  return assembler.assemble(
    'constant',
    `(module (memory (export "memory") 1 1) (data (i32.const 0) "\\${(value >> 8).toString(16).padStart(2, '0')}\\${(
      value & 255
    )
      .toString(16)
      .padStart(2, '0')}")
      (func (export "alloc") (param i32) (result i32) (i32.const 16))
      (func (export "step") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 2)))`,
  )
}

describe('createModuleRuntime', () => {
  it('refuses bytes that do not have the hash, and keeps nothing of them', () => {
    const runtime = createModuleRuntime({ sha256: SHA256 })
    const bytes = constantModule(7)
    const wasmHash = hashText(SHA256, bytes)
    const wrong = { wasmHash, bytes: constantModule(8), entry: 'step' } as const
    expect(() => runtime.load(wrong)).toThrow(expect.objectContaining({ code: 'wasm.hash_mismatch' }))
    expect([...runtime.load({ wasmHash, bytes, entry: 'step' }).call(new Uint8Array(1), 100).output]).toEqual([0, 7])
  })

  it('says why a module is refused, with its offset', () => {
    const bytes = hostileBytes('simd')
    const load = (): LoadedModule =>
      createModuleRuntime({ sha256: SHA256 }).load({ wasmHash: hashText(SHA256, bytes), bytes, entry: 'step' })
    expect(load).toThrow(AosError)
    expect(load).toThrow(expect.objectContaining({ code: 'wasm.simd' }))
    expect(load).toThrow(expect.objectContaining({ details: expect.objectContaining({ offset: expect.any(Number) }) }))
  })

  it('serves more modules than it keeps, each with its own answer', () => {
    const runtime = createModuleRuntime({ sha256: SHA256 })
    const count = POOL_MODULES_MAX + 20
    const all = Array.from({ length: count }, (_, value) => {
      const bytes = constantModule(value)
      return runtime.load({ wasmHash: hashText(SHA256, bytes), bytes, entry: 'step' })
    })
    expect(new Set(all.map(({ rewrittenHash }) => rewrittenHash)).size).toBe(count)
    all.forEach((loaded, value) => {
      expect([...loaded.call(new Uint8Array(1), 100).output]).toEqual([value >> 8, value & 255])
    })
  })

  it('throws a host fault when the native stack is spent elsewhere, and works on', () => {
    const bytes = hostileBytes('recursion')
    const loaded = createModuleRuntime({ sha256: SHA256 }).load({
      wasmHash: hashText(SHA256, bytes),
      bytes,
      entry: 'step',
    })
    const call = (): string => loaded.call(new Uint8Array(4), 5_000_000).outcome
    const descend = (): string => {
      try {
        return descend()
      } catch (error) {
        if (isAosError(error)) throw error
        return call()
      }
    }
    expect(descend).toThrow(expect.objectContaining({ code: 'wasm.host_fault' }))
    expect(call()).toBe('stack_overflow')
  })
})
