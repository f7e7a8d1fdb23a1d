import { expect, test } from 'vitest'
import { hashDefinitionJson } from './independent-encoder.ts'

test('the second opinion reproduces the published check value', () => {
  const point = { $kind: 'defschema', name: 'com.acme/Point@1', type: { record: { x: { int: {} }, y: { int: {} } } } }
  expect(hashDefinitionJson(point)).toBe('sha256:9b74eadb8810612f1becfbf9b4502cccb0ef290b90e3e912b316fc279e779add')
})

test('what is absent and what is empty are the same where a member is optional', () => {
  const module = {
    $kind: 'defmodule',
    name: 'demo/M@1',
    module_kind: 'reducer',
    wasm_hash: `sha256:${'0'.repeat(64)}`,
    abi: { reducer: { state: 'demo/S@1', event: 'demo/E@1' } },
  }
  const spelled = { ...module, abi: { reducer: { ...module.abi.reducer, effects_emitted: [], cap_slots: {} } } }
  expect(hashDefinitionJson(spelled)).toBe(hashDefinitionJson(module))
})
