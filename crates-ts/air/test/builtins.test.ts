import { encodeNode, hashText, type Data } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { builtinModules, readBuiltinSources, readGeneratedModule } from '../scripts/embed-builtins.ts'
import { BUILTIN_SCHEMA_HASHES, BUILTIN_SCHEMAS, definitionNode, hashDefinition } from '../src/index.ts'
import { NODE_SHA256, readVectors } from './_util.ts'

interface BuiltinVector {
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

describe('built-in schemas', () => {
  it('are the 82 of AIR v1 and two more', () => {
    const own = ['sys/EffectFailure@1', 'sys/HttpRequestParams@2']
    expect([...BUILTIN_SCHEMAS.keys()].toSorted()).toEqual([...vectors.map(({ name }) => name), ...own].toSorted())
    expect(vectors).toHaveLength(82)
  })

  it.each(vectors)('$name has the hashes of AIR v1', ({ name, bare_hash, node_hash_prefix }) => {
    const schema = BUILTIN_SCHEMAS.get(name)
    if (schema === undefined) throw new Error('missing')
    const hash = hashDefinition(NODE_SHA256, schema)
    expect(hash.startsWith(node_hash_prefix)).toBe(true)
    expect(BUILTIN_SCHEMA_HASHES.get(name)).toBe(hash)
    expect(hashText(NODE_SHA256, encodeNode(withoutKind(definitionNode(schema))))).toBe(bare_hash)
  })

  it('are embedded as they stand in air/', () => {
    for (const [path, text] of builtinModules(readBuiltinSources())) expect(readGeneratedModule(path)).toBe(text)
  })
})
