/** JSON text to canonical bytes and back, by schema (spec/03-values.md, "JSON"). */
import { parseJson, resolveType, valueFromJson, valueToJson } from '@aos/air'
import type { JsonNode, TypeExpr } from '@aos/air'
import { AosError, formatPath } from '@aos/cbor'
import type { CanonicalBytes, Issue } from '@aos/cbor'
import type { Definitions } from './definitions.ts'

/** Sorts of key whose JSON is a text, so that a bare word will do. */
const TEXT_SORTS: ReadonlySet<string> = new Set(['text', 'uuid', 'hash'])

/** Either lens. Throws `air.bad_json` and kin, `host.unknown_schema`, `host.bad_value` with all issues. */
export function valueFromText(definitions: Definitions, schema: string, text: string): CanonicalBytes {
  return valueFromNode(definitions, schema, parseJson(text))
}

/** As `valueFromText`, of JSON that is parsed already. */
export function valueFromNode(definitions: Definitions, schema: string, node: JsonNode): CanonicalBytes {
  const codec = definitions.codec(schema)
  const checked = valueFromJson(typeOf(definitions, schema), definitions.table, node)
  if (!checked.ok) throw badValue(schema, checked.issues)
  return codec.encode(checked.value)
}

/** A key in the sugar lens; for keys that are texts a bare word is taken as it stands. */
export function keyFromText(definitions: Definitions, keySchema: string, text: string): CanonicalBytes {
  const sort = resolveType(typeOf(definitions, keySchema), definitions.table).kind
  const bare = TEXT_SORTS.has(sort) && !text.startsWith('"') && !text.startsWith('{')
  return valueFromNode(definitions, keySchema, bare ? text : parseJson(text))
}

/** The sugar lens of bytes that match the schema, also of a state as its reducer returned it (K19). */
export function valueToNode(definitions: Definitions, schema: string, bytes: Uint8Array): JsonNode {
  const codec = definitions.codec(schema)
  return valueToJson(typeOf(definitions, schema), definitions.table, codec.decode(codec.normalize(bytes)))
}

/** The key schema of the reducers that an event of this schema reaches; undefined when none of them is keyed. */
export function keySchemaOfEvent(definitions: Definitions, schema: string): string | undefined {
  for (const route of definitions.manifest.routes) {
    const module = definitions.modules.get(route.reducer)
    if (module?.keySchema === undefined) continue
    if (route.event === schema || refersTo(definitions, route.event, schema)) return module.keySchema
  }
  return undefined
}

function refersTo(definitions: Definitions, event: string, schema: string): boolean {
  let type = definitions.table.get(event)
  while (type?.kind === 'ref') {
    if (type.name === schema) return true
    type = definitions.table.get(type.name)
  }
  if (type?.kind !== 'variant') return false
  return [...type.arms.values()].some((arm) => arm.kind === 'ref' && arm.name === schema)
}

function typeOf(definitions: Definitions, schema: string): TypeExpr {
  definitions.codec(schema)
  return { kind: 'ref', name: schema }
}

function badValue(schema: string, issues: readonly Issue[]): AosError {
  const first = issues[0]
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return new AosError(
    first?.code ?? 'host.bad_value',
    `the value is no ${schema}: ${first?.message ?? 'it does not match'}${more}`,
    {
      path: first?.path,
      details: { issues: issues.map((issue) => ({ ...issue, path: formatPath(issue.path) })) },
    },
  )
}
