/** Reading members of a JSON object whose structure is checked elsewhere; a member of another sort counts as absent. */
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'

/** The member if it is a text; of another type it is as good as absent, and has been reported. */
export function textAt(node: JsonObject, key: string): string | undefined {
  const member = node.get(key)
  return typeof member === 'string' ? member : undefined
}

/** The member if it is an object; of another type it is as good as absent, and has been reported. */
export function objectAt(node: JsonObject, key: string): JsonObject | undefined {
  const member = node.get(key)
  return isJsonObject(member) ? member : undefined
}

/** The items of a list, none when it is absent. */
export function itemsAt(node: JsonObject, key: string): readonly JsonNode[] {
  const member = node.get(key)
  return isJsonArray(member) ? member : []
}
