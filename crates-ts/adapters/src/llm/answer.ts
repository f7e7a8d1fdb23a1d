/** Reading what providers answer. */
import { isJsonNumber, isJsonObject, parseJson } from '@aos/air'
import type { JsonNode } from '@aos/air'
import { AdapterFailure } from '../failures.ts'

/** The failure of an answer that is not of its dialect. */
export function badAnswer(message: string): AdapterFailure {
  return new AdapterFailure('provider_bad_answer', message)
}

/** A count of `usage`; 0 when the provider does not tell. */
export function tokensOf(usage: JsonNode | undefined, name: string): number {
  const count = isJsonObject(usage) ? usage.get(name) : undefined
  if (count === undefined) return 0
  const number = isJsonNumber(count) && /^[0-9]{1,15}$/.test(count.text) ? Number(count.text) : undefined
  if (number === undefined) throw badAnswer(`usage.${name} is no count`)
  return number
}

/** Throws AdapterFailure `provider_bad_answer` for what is no JSON. */
export function parseAnswer(body: Uint8Array): JsonNode {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw badAnswer('the answer is no JSON')
  }
}

const MESSAGE_CHARACTERS_MAX = 500

/** What a provider says about a refusal: `error.message`, else the beginning of the text. */
export function errorMessage(body: Uint8Array): string {
  const text = new TextDecoder().decode(body)
  try {
    const node = parseJson(text)
    const error = isJsonObject(node) ? node.get('error') : undefined
    const message = isJsonObject(error) ? error.get('message') : error
    if (typeof message === 'string') return message.slice(0, MESSAGE_CHARACTERS_MAX).toWellFormed()
  } catch {
    // Not every provider answers JSON; then the text is what it says.
  }
  return text.slice(0, MESSAGE_CHARACTERS_MAX).toWellFormed()
}
