import { fromHex, toHex } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import {
  decodeDefinition,
  encodeDefinition,
  formatDefinition,
  hashDefinition,
  parseDefinitions,
  parseJson,
  surveyDefinitions,
  type Definition,
  type KnownDefinitions,
} from '../src/index.ts'
import { encodeNodeJson, hashNodeJson, type NodeJson } from './independent-encoder.ts'
import { NODE_SHA256, readVectors } from './_util.ts'

interface PlanVector {
  readonly name: string
  /** Definitions that the values are read by. */
  readonly beside?: readonly unknown[]
  /** Spellings of one definition. */
  readonly json: readonly unknown[]
  readonly node: NodeJson
  readonly hex: string
  readonly hash: string
}

const vectors = readVectors<readonly PlanVector[]>('plans.json')

function parseOne(text: string, known: KnownDefinitions): Definition {
  const parsed = parseDefinitions(parseJson(text), { known })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const [definition] = parsed.value
  if (definition === undefined) throw new Error('expected a definition')
  return definition
}

describe.each(vectors)('$name', ({ beside = [], json, node, hex, hash }) => {
  const known = surveyDefinitions(beside.map((each) => parseJson(JSON.stringify(each))))

  it('has one hash in every spelling', () => {
    for (const spelling of json) {
      const definition = parseOne(JSON.stringify(spelling), known)
      expect(toHex(encodeDefinition(definition))).toBe(hex)
      expect(hashDefinition(NODE_SHA256, definition)).toBe(hash)
    }
  })

  it('agrees with another encoder', () => {
    expect(encodeNodeJson(node).toString('hex')).toBe(hex)
    expect(hashNodeJson(node)).toBe(hash)
  })

  it('comes back from its bytes and from both lenses', () => {
    const definition = decodeDefinition(fromHex(hex))
    expect(toHex(encodeDefinition(definition))).toBe(hex)
    for (const lens of ['sugar', 'tagged'] as const) {
      const text = formatDefinition(definition, { lens })
      expect(hashDefinition(NODE_SHA256, parseOne(text, known))).toBe(hash)
      expect(formatDefinition(parseOne(text, known), { lens })).toBe(text)
    }
  })
})
