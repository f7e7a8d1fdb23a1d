import { encodeNode, hashText, type Data } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { builtinModules, readBuiltinSources, readGeneratedModule } from '../scripts/embed-builtins.ts'
import {
  BUILTIN_CAP_HASHES,
  BUILTIN_CAPS,
  BUILTIN_EFFECT_HASHES,
  BUILTIN_EFFECTS,
  BUILTIN_MODULES,
  BUILTIN_SCHEMA_HASHES,
  BUILTIN_SCHEMAS,
  BUILTIN_WASM,
  definitionNode,
  hashDefinition,
  readBuiltinWasm,
  ZERO_HASH,
  type Definition,
} from '../src/index.ts'
import { NODE_SHA256, readVectors } from './_util.ts'

interface BuiltinVector {
  readonly kind: Definition['kind']
  readonly name: string
  /** AIR v1's hash of a built-in: of the node without `$kind`. */
  readonly bare_hash: string
  readonly node_hash_prefix: string
}

const vectors = readVectors<readonly BuiltinVector[]>('builtins.json')

function withoutKind(node: Data): Data {
  if (!(node instanceof Map)) throw new Error('expected a map')
  return new Map([...node].filter(([key]) => key !== '$kind'))
}

const OWN = ['sys/EffectFailure@1', 'sys/HttpRequestParams@2', 'sys/WorkspaceCommitResult@1', 'sys/http.request@2']

/** A module stands in the vectors as AIR v1 has it: with zeros for its bytes. */
function builtin(kind: Definition['kind'], name: string): Definition | undefined {
  const module = BUILTIN_MODULES.get(name)
  switch (kind) {
    case 'defeffect':
      return BUILTIN_EFFECTS.get(name)
    case 'defcap':
      return BUILTIN_CAPS.get(name)
    case 'defmodule':
      return module && { ...module, wasmHash: ZERO_HASH }
    default:
      return BUILTIN_SCHEMAS.get(name)
  }
}

describe('the built-in catalog', () => {
  it('is that of AIR v1 and four definitions more', () => {
    const names = [BUILTIN_SCHEMAS, BUILTIN_EFFECTS, BUILTIN_CAPS, BUILTIN_MODULES].flatMap((each) => [...each.keys()])
    expect(names.toSorted()).toEqual([...vectors.map(({ name }) => name), ...OWN].toSorted())
    const counts = ['defschema', 'defeffect', 'defcap', 'defmodule'].map(
      (kind) => vectors.filter((vector) => vector.kind === kind).length,
    )
    expect(counts).toEqual([82, 25, 8, 6])
  })

  it.each(vectors)('$name has the hashes of AIR v1', ({ kind, name, bare_hash, node_hash_prefix }) => {
    const definition = builtin(kind, name)
    if (definition === undefined) throw new Error('missing')
    const hash = hashDefinition(NODE_SHA256, definition)
    expect(hash.startsWith(node_hash_prefix)).toBe(true)
    expect(hashText(NODE_SHA256, encodeNode(withoutKind(definitionNode(definition))))).toBe(bare_hash)
  })

  it.each([
    ['schemas', BUILTIN_SCHEMAS, BUILTIN_SCHEMA_HASHES],
    ['effects', BUILTIN_EFFECTS, BUILTIN_EFFECT_HASHES],
    ['capabilities', BUILTIN_CAPS, BUILTIN_CAP_HASHES],
  ] as const)('gives the hashes of %s without computing them', (_, definitions, hashes) => {
    for (const [name, definition] of definitions) {
      expect(hashes.get(name)).toBe(hashDefinition(NODE_SHA256, definition))
    }
    expect(hashes.size).toBe(definitions.size)
  })

  it('has the bytes of the enforcers', () => {
    const shipped = [...BUILTIN_MODULES.values()].filter(({ wasmHash }) => wasmHash !== ZERO_HASH)
    expect(shipped.map(({ name }) => name)).toEqual([...BUILTIN_WASM.keys()])
    for (const { wasmHash } of shipped) expect(readBuiltinWasm(wasmHash)).toBeDefined()
  })

  it('is embedded as it stands in air/', () => {
    for (const [path, text] of builtinModules(readBuiltinSources())) expect(readGeneratedModule(path)).toBe(text)
  })
})
