/** Headers in one spelling: lower-case names, one text for each (spec/13-adapters.md, "HTTP"). */
import { type Value } from '@aos/air'
import { AdapterFailure } from '../failures.ts'
import { badParams, resolvedText } from '../values.ts'
import type { HttpLimits } from './limits.ts'

/** Belong to the connection, which is the adapter's. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade', 'te', 'trailer', 'keep-alive'],
  ...['proxy-authorization', 'proxy-connection', 'proxy-authenticate'],
])

/** All that goes along to another origin. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  ...['accept', 'accept-encoding', 'accept-language', 'content-encoding', 'content-language', 'content-type'],
  'user-agent',
])

/** Headers of the parameters, values of either version of the schema. Throws AdapterFailure. */
export function readRequestHeaders(value: Value, limits: HttpLimits): ReadonlyMap<string, string> {
  if (!(value instanceof Map)) throw badParams('headers', 'a map of texts')
  const headers = new Map<string, string>()
  let bytes = 0
  for (const [key, item] of value as ReadonlyMap<unknown, Value>) {
    const name = String(key).toLowerCase()
    const text = resolvedText(item)
    if (text === undefined) throw new AdapterFailure('secret_unresolved', `the header ${name} holds no text`)
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) throw new AdapterFailure('bad_header', 'a name is no token')
    if (OWN_HEADERS.has(name)) throw new AdapterFailure('bad_header', `the header ${name} is the adapter's own`)
    if (headers.has(name)) throw new AdapterFailure('bad_header', `the header ${name} stands twice`)
    if (!/^[\t\x20-\x7e]*$/.test(text)) {
      throw new AdapterFailure('bad_header', `the value of the header ${name} is not printable ASCII`)
    }
    bytes += name.length + text.length + 4
    headers.set(name, text)
  }
  if (headers.size > limits.headersMax || bytes > limits.headerBytesMax) {
    throw new AdapterFailure('bad_header', 'there are too many headers')
  }
  return headers
}

/** What may be told to another origin: nothing that could be a credential. */
export function harmlessHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...headers].filter(([name]) => HARMLESS_HEADERS.has(name)))
}

/** Headers without those that describe a body. */
export function bodilessHeaders(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...headers].filter(([name]) => !name.startsWith('content-')))
}

/**
 * Headers of a response, sorted by name; lines of one name are joined by a comma and a space, those of set-cookie by a
 * line feed. Throws AdapterFailure `headers_too_large`.
 */
export function readResponseHeaders(
  raw: Readonly<Record<string, string | readonly string[] | undefined>>,
  limits: HttpLimits,
): ReadonlyMap<string, string> {
  const lines = Object.entries(raw).flatMap(([name, item]) =>
    (typeof item === 'string' ? [item] : (item ?? [])).map((line) => [name.toLowerCase(), line] as const),
  )
  const bytes = lines.reduce((sum, [name, line]) => sum + name.length + line.length + 4, 0)
  if (lines.length > limits.headersMax || bytes > limits.headerBytesMax) {
    throw new AdapterFailure('headers_too_large', 'the response has too many headers')
  }
  const joined = new Map<string, string>()
  for (const [name, line] of lines.toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))) {
    const before = joined.get(name)
    joined.set(name, before === undefined ? line : before + (name === 'set-cookie' ? '\n' : ', ') + line)
  }
  return joined
}
