/** Comparing JSON with what must be in it. */
import { isJsonArray, isJsonObject } from '@aos/air'
import type { JsonNode } from '@aos/air'

/** True when every member of `part` is in `whole` with a value of which it is part; of lists, item by item. */
export function isPartOf(part: JsonNode, whole: JsonNode): boolean {
  if (isJsonArray(part)) {
    if (!isJsonArray(whole) || whole.length !== part.length) return false
    return part.every((item, index) => isPartOf(item, whole[index] ?? null))
  }
  if (!isJsonObject(part)) return textOf(part) === textOf(whole)
  if (!isJsonObject(whole)) return false
  return [...part].every(([name, item]) => {
    const found = whole.get(name)
    return found !== undefined && isPartOf(item, found)
  })
}

/** Numbers are compared as they are written. */
function textOf(node: JsonNode): string {
  if (typeof node === 'object' && node !== null && 'text' in node) return `number ${node.text}`
  return isJsonObject(node) || isJsonArray(node) ? 'part' : JSON.stringify(node)
}
