/** Between JSON of definitions and the data of their nodes: integers, texts, booleans, nulls, arrays, objects. */
import { AosError, type Data, type ErrorPath } from '@aos/cbor'
import { isJsonArray, isJsonNumber, isJsonObject, jsonInteger, type JsonNode } from './json.ts'

/** The data of JSON whose numbers are integers. */
export function dataOfJson(node: JsonNode): Data {
  if (isJsonArray(node)) return node.map(dataOfJson)
  if (isJsonNumber(node)) {
    const integer = BigInt(node.text)
    const number = Number(integer)
    return Number.isSafeInteger(number) ? number : integer
  }
  if (!isJsonObject(node)) return node
  return new Map([...node].map(([key, member]) => [key, dataOfJson(member)]))
}

/** The JSON of a definition's node. Throws `air.type_mismatch` for byte strings, tags, fractions and keys that are no texts. */
export function jsonOfData(data: Data, path: ErrorPath): JsonNode {
  if (data === null || typeof data === 'boolean' || typeof data === 'string') return data
  if (typeof data === 'bigint' || (typeof data === 'number' && Number.isSafeInteger(data) && !Object.is(data, -0))) {
    return jsonInteger(data)
  }
  if (data instanceof Map) {
    const members = new Map<string, JsonNode>()
    for (const [key, member] of data) {
      if (typeof key !== 'string') throw mismatch(path, 'text keys')
      members.set(key, jsonOfData(member, [...path, key]))
    }
    return members
  }
  if (Array.isArray(data)) return data.map((item: Data, index) => jsonOfData(item, [...path, index]))
  throw mismatch(path, 'an integer, text, a boolean, null, an array or a map')
}

function mismatch(path: ErrorPath, want: string): AosError {
  return new AosError('air.type_mismatch', `expected ${want} in the node of a definition`, { path })
}
