import { fromHex, isAosError, toHex } from '@aos/cbor'
import { encode as encodeWithCborg, rfc8949EncodeOptions } from 'cborg'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeDefinition,
  EMPTY_MANIFEST,
  encodeDefinition,
  formatDefinition,
  hashDefinition,
  parseDefinitions,
  parseJson,
  type ParseDefinitionsOptions,
} from '../src/index.ts'
import type { Definition, Lens } from '../src/index.ts'
import { definitions } from './arbitrary-definitions.ts'
import { NODE_SHA256, readVectors, SEED } from './_util.ts'
import { encodeNodeJson, hashNodeJson, type NodeJson } from './independent-encoder.ts'

interface DefinitionVector {
  readonly name: string
  /** What an author writes, in either lens. */
  readonly json: unknown
  /** The JSON of the node that is encoded. */
  readonly node: NodeJson
  readonly hex: string
  readonly hash: string
}

interface BadNodeVector {
  readonly name: string
  readonly hex: string
  readonly code: string
  readonly path: readonly (string | number)[]
}

const LENSES: readonly Lens[] = ['sugar', 'tagged']
const vectors = readVectors<readonly DefinitionVector[]>('definitions.json')

function parseOne(text: string, options: ParseDefinitionsOptions = {}): Definition {
  const parsed = parseDefinitions(parseJson(text), options)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const [definition, ...others] = parsed.value
  if (definition === undefined || others.length > 0) throw new Error('expected one definition')
  expect(parsed.warnings).toEqual([])
  return definition
}

describe.each(vectors)('$name', ({ json, node, hex, hash }) => {
  const definition = parseOne(JSON.stringify(json))

  it('has its bytes and its hash', () => {
    expect(toHex(encodeDefinition(definition))).toBe(hex)
    expect(hashDefinition(NODE_SHA256, definition)).toBe(hash)
  })

  it('agrees with two other encoders', () => {
    expect(encodeNodeJson(node).toString('hex')).toBe(hex)
    expect(hashNodeJson(node)).toBe(hash)
    expect(`d9d9f7${toHex(encodeWithCborg(node, rfc8949EncodeOptions))}`).toBe(hex)
  })

  it('comes back from its bytes and from both lenses', () => {
    expect(toHex(encodeDefinition(decodeDefinition(fromHex(hex))))).toBe(hex)
    for (const lens of LENSES) {
      const text = formatDefinition(definition, { lens })
      expect(hashDefinition(NODE_SHA256, parseOne(text))).toBe(hash)
      expect(formatDefinition(decodeDefinition(fromHex(hex)), { lens })).toBe(text)
    }
  })
})

describe('the counter', () => {
  it('has one hash per definition in both lenses', () => {
    const hashes = (lens: Lens): readonly string[] =>
      vectors
        .filter(({ name }) => /^counter (pc|state|start|tick|event|manifest)/.test(name) && name.endsWith(lens))
        .map(({ hash }) => hash)
    expect(hashes('sugar')).toEqual(hashes('tagged'))
    expect(new Set(hashes('sugar')).size).toBe(6)
  })
})

describe('decodeDefinition', () => {
  it.each(readVectors<readonly BadNodeVector[]>('bad-nodes.json'))('refuses $name', ({ hex, code, path }) => {
    try {
      decodeDefinition(fromHex(hex))
    } catch (error) {
      if (!isAosError(error)) throw error
      expect({ code: error.code, path: error.path ?? [] }).toEqual({ code, path })
      return
    }
    throw new Error('accepted')
  })

  it('refuses a node that is too large before it reads it', () => {
    expect(() => decodeDefinition(new Uint8Array(1_048_577))).toThrow(/at most 1048576 bytes/)
  })
})

describe('lenient parsing', () => {
  const text = '{"$kind":"defschema","name":"demo/A@1","type":{"list":{"nat":{"max":3}}},"note":"old"}'

  it('turns unknown keys into warnings and nothing else', () => {
    const parsed = parseDefinitions(parseJson(text), { lenient: true, path: ['file'] })
    if (!parsed.ok) throw new Error('expected no issues')
    expect(parsed.warnings.map(({ code, path }) => ({ code, path }))).toEqual([
      { code: 'air.unknown_key', path: ['file', 'note'] },
      { code: 'air.unknown_key', path: ['file', 'type', 'list', 'nat', 'max'] },
    ])
    expect(parsed.value.map((each) => hashDefinition(NODE_SHA256, each))).toEqual([
      hashDefinition(NODE_SHA256, parseOne('{"$kind":"defschema","name":"demo/A@1","type":{"list":"nat"}}')),
    ])
    expect(parseDefinitions(parseJson(text)).ok).toBe(false)
    expect(parseDefinitions(parseJson('{"$kind":"defschema","name":"a","type":"nat"}'), { lenient: true }).ok).toBe(
      false,
    )
  })
})

describe('parseDefinitions', () => {
  it('takes an empty array, and gives definitions in order', () => {
    expect(parseDefinitions([])).toEqual({ ok: true, value: [], warnings: [] })
    expect(parseOne('{"$kind":"manifest","air_version":"1"}')).toEqual(EMPTY_MANIFEST)
  })

  it('reads keys that JavaScript objects treat as their own', () => {
    const type = '{"record":{"__proto__":"nat","constructor":"text","toString":"unit"}}'
    const definition = parseOne(`{"$kind":"defschema","name":"demo/A@1","type":${type}}`)
    expect(formatDefinition(definition, { lens: 'sugar', indent: 0 })).toContain(
      '{"toString":"unit","__proto__":"nat","constructor":"text"}',
    )
    const refused = parseDefinitions(parseJson('{"$kind":"manifest","air_version":"1","__proto__":{},"constructor":1}'))
    expect(refused.ok ? [] : refused.issues.map(({ path }) => path)).toEqual([['__proto__'], ['constructor']])
  })
})

describe('lenses of definitions', () => {
  it('keep the hash, in both directions and from one to the other', () => {
    fc.assert(
      fc.property(definitions, fc.constantFrom(...LENSES), fc.nat(4), (definition, lens, indent) => {
        const text = formatDefinition(definition, { lens, indent })
        // Slots of such plans fit no schema, so they are read as they stand.
        const parsed = parseOne(text, { slots: 'normal' })
        expect(hashDefinition(NODE_SHA256, parsed)).toBe(hashDefinition(NODE_SHA256, definition))
        expect(formatDefinition(parsed, { lens, indent })).toBe(text)
        const decoded = decodeDefinition(encodeDefinition(definition))
        expect(formatDefinition(decoded, { lens, indent })).toBe(text)
      }),
      { seed: SEED, numRuns: 300 },
    )
  })
})
