/** Reading of aos.json and aos.sync.json. */
import { AosError } from '@aos/cbor'

/** A JSON object of a configuration file. Throws `host.bad_config`. */
export function parseConfig(file: string, text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : 'unreadable text'
    throw badConfig(file, [], `expected JSON: ${found}`)
  }
  if (!isRecord(parsed)) throw badConfig(file, [], 'expected a JSON object')
  return parsed
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Throws `host.bad_config` at the first member that is neither listed nor an annotation, nor `$schema` at the top. */
export function refuseOthers(
  file: string,
  record: Readonly<Record<string, unknown>>,
  members: readonly string[],
  path: readonly string[],
): void {
  for (const key of Object.keys(record)) {
    if (members.includes(key) || key === '$comment' || key === 'description' || key.startsWith('x-')) continue
    if (key === '$schema' && path.length === 0) continue
    throw badConfig(file, [...path, key], `expected one of ${members.join(', ')}`)
  }
}

/** The error for a configuration file. */
export function badConfig(file: string, path: readonly string[], expected: string): AosError {
  const where = path.length === 0 ? '' : ` at ${path.join('.')}`
  return new AosError('host.bad_config', `${file}${where}: ${expected}`, { path, details: { file } })
}
