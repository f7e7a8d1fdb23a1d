/** The schemas that every world has (spec/03-air.md, "Built-in definitions"). */
import { parseHash, type Hash } from '@aos/cbor'
import { issuesError } from '../issues.ts'
import { parseJson } from '../json.ts'
import type { DefSchema } from '../model.ts'
import { parseTypeExpr } from '../types/parse.ts'
import { BUILTIN_SCHEMA_LINES } from './schemas.generated.ts'

const BUILTINS = BUILTIN_SCHEMA_LINES.split('\n').map(readLine)

/** The 84 built-in schemas by name, in order of their names. They need not be listed in a manifest. */
export const BUILTIN_SCHEMAS: ReadonlyMap<string, DefSchema> = new Map(
  BUILTINS.map(({ schema }) => [schema.name, schema]),
)

/** The node hashes of the built-in schemas by name. */
export const BUILTIN_SCHEMA_HASHES: ReadonlyMap<string, Hash> = new Map(
  BUILTINS.map(({ schema, hash }) => [schema.name, hash]),
)

function readLine(line: string): { readonly schema: DefSchema; readonly hash: Hash } {
  const nameEnd = line.indexOf(' ')
  const hashEnd = line.indexOf(' ', nameEnd + 1)
  const type = parseTypeExpr(parseJson(line.slice(hashEnd + 1)))
  if (!type.ok) throw issuesError(type.issues)
  const schema: DefSchema = { kind: 'defschema', name: line.slice(0, nameEnd), type: type.value }
  return { schema, hash: parseHash(line.slice(nameEnd + 1, hashEnd)) }
}
