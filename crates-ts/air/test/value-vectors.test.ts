import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AosError, fromHex, toHex } from '@aos/cbor'
import { compileSchema } from '../src/codec/compile.ts'
import { makeDynamicCodec } from '../src/codec/dynamic.ts'
import { valueFromJson, valueToJson } from '../src/codec/value-json.ts'
import { formatJson } from '../src/json-format.ts'
import { isJsonArray, isJsonNumber, isJsonObject, parseJson, type JsonNode, type JsonObject } from '../src/json.ts'
import type { SchemaTable, TypeExpr } from '../src/model.ts'
import { parseTypeExpr } from '../src/types/parse.ts'

/** The cases of one file, read by our own parser: 64-bit numbers stay exact. */
function casesOf(name: string): readonly (readonly [string, JsonObject])[] {
  const url = new URL(`../../../spec/vectors/air/${name}.json`, import.meta.url)
  const node = parseJson(readFileSync(url, 'utf8'))
  if (!isJsonArray(node)) throw new Error(`${name} is not a list`)
  return node.filter(isJsonObject).map((item) => [textOf(item, 'name'), item])
}

function textOf(item: JsonObject, key: string): string {
  const text = item.get(key)
  if (typeof text !== 'string') throw new Error(`a vector lacks ${key}`)
  return text
}

function parseType(node: JsonNode | undefined): TypeExpr {
  const parsed = parseTypeExpr(node ?? null)
  if (!parsed.ok) throw new Error('a vector has a bad type')
  return parsed.value
}

function tableOf(item: JsonObject): SchemaTable {
  const schemas = item.get('schemas')
  return new Map(isJsonObject(schemas) ? [...schemas].map(([name, node]) => [name, parseType(node)]) : [])
}

function pathOf(item: JsonObject): readonly (string | number)[] {
  const path = item.get('path')
  return isJsonArray(path) ? path.map((part) => (isJsonNumber(part) ? Number(part.text) : String(part))) : []
}

function refusal(body: () => unknown): AosError {
  try {
    body()
  } catch (error) {
    if (error instanceof AosError) return error
    throw error
  }
  throw new Error('the vector was accepted')
}

describe('values', () => {
  test.each(casesOf('values'))('%s', (_, item) => {
    const [type, table] = [parseType(item.get('type')), tableOf(item)]
    const codec = compileSchema(type, table)
    const bytes = fromHex(textOf(item, 'hex'))
    const value = codec.decode(bytes)
    expect(toHex(codec.encode(value))).toBe(toHex(bytes))
    expect(toHex(makeDynamicCodec(type, table).encode(value))).toBe(toHex(bytes))
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(textOf(item, 'hash'))
    for (const lens of ['sugar', 'tagged'] as const) {
      const node = item.get(lens) ?? null
      const read = valueFromJson(type, table, node, { lens })
      expect(read.ok && toHex(codec.encode(read.value))).toBe(toHex(bytes))
      const unnamed = valueFromJson(type, table, node)
      expect(unnamed.ok && toHex(codec.encode(unnamed.value))).toBe(toHex(bytes))
      expect(formatJson(sortKeys(valueToJson(type, table, value, { lens })))).toBe(formatJson(sortKeys(node)))
    }
  })
})

describe('values, foreign', () => {
  test.each(casesOf('values-foreign'))('%s', (_, item) => {
    const [type, table] = [parseType(item.get('type')), tableOf(item)]
    const foreign = fromHex(textOf(item, 'foreign'))
    const codec = compileSchema(type, table)
    expect(toHex(codec.normalize(foreign))).toBe(textOf(item, 'hex'))
    expect(toHex(makeDynamicCodec(type, table).normalize(foreign))).toBe(textOf(item, 'hex'))
    codec.accepts(foreign)
    codec.validate(codec.normalize(foreign))
    expect(() => codec.validate(foreign)).toThrow(AosError)
  })
})

describe('values, invalid', () => {
  test.each(casesOf('values-invalid'))('%s', (_, item) => {
    const type = parseType(item.get('type'))
    const [code, path] = [textOf(item, 'code'), pathOf(item)]
    const json = item.get('json')
    if (json !== undefined) {
      const read = valueFromJson(type, new Map(), json)
      expect(read.ok ? [] : read.issues.map((issue) => [issue.code, issue.path])).toContainEqual([code, path])
      return
    }
    const codec = compileSchema(type, new Map())
    const foreign = item.get('foreign')
    const error =
      typeof foreign === 'string'
        ? refusal(() => codec.normalize(fromHex(foreign)))
        : refusal(() => codec.validate(fromHex(textOf(item, 'hex'))))
    expect([error.code, error.path ?? []]).toStrictEqual([code, path])
    const offset = item.get('offset')
    if (isJsonNumber(offset)) expect(String(error.details?.['offset'])).toBe(offset.text)
  })
})

/** Object keys in one order, for comparing nodes whose fields come in the author's. */
function sortKeys(node: JsonNode): JsonNode {
  if (isJsonArray(node)) return node.map(sortKeys)
  if (!isJsonObject(node)) return node
  const entries = [...node].map(([key, item]): [string, JsonNode] => [key, sortKeys(item)])
  return new Map(entries.sort(([left], [right]) => (left < right ? -1 : 1)))
}
