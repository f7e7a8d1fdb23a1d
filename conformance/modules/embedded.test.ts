import { createHash } from 'node:crypto'
import { BUILTIN_MODULES, BUILTIN_WASM, readBuiltinWasm } from '@aos/air'
import { buildKey } from '@aos/build'
import { parseHash } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { BUILTIN_MODULE_SOURCES, builtinModuleSources } from './module-sources.ts'

describe('built-in modules', () => {
  it('are embedded, all of them and no other, in the order of their names', () => {
    expect([...BUILTIN_WASM.keys()]).toEqual(BUILTIN_MODULE_SOURCES.map(({ name }) => name))
    expect([...BUILTIN_WASM.keys()].toSorted()).toEqual([...BUILTIN_WASM.keys()])
  })

  it.each(BUILTIN_MODULE_SOURCES)(
    '$name was compiled from the sources of the tree: else run conformance/builtin-modules.ts',
    (source) => {
      expect(BUILTIN_WASM.get(source.name)?.buildKey).toBe(buildKey(builtinModuleSources(source)))
    },
  )

  it('are found by the hash of their bytes', () => {
    for (const { name, wasmHash, readBytes } of BUILTIN_WASM.values()) {
      const bytes = readBytes()
      expect(BUILTIN_MODULES.get(name)?.wasmHash).toBe(wasmHash)
      expect(wasmHash).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
      expect(readBuiltinWasm(wasmHash)).toEqual(bytes)
    }
    expect(readBuiltinWasm(parseHash(`sha256:${'0'.repeat(64)}`))).toBeUndefined()
  })
})
