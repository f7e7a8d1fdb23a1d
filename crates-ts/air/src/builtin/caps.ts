/** The capabilities that every world may list (spec/03-air.md, "Built-in definitions"). */
import { parseHash, type Hash } from '@aos/cbor'
import { issuesError } from '../issues.ts'
import { parseJson } from '../json.ts'
import type { DefCap } from '../plan-model.ts'
import { parseTypeExpr } from '../types/parse.ts'
import { BUILTIN_CAP_LINES } from './catalog.generated.ts'

const BUILTINS = BUILTIN_CAP_LINES.split('\n').map(readLine)

/** The 8 built-in capabilities by name. */
export const BUILTIN_CAPS: ReadonlyMap<string, DefCap> = new Map(BUILTINS.map(({ cap }) => [cap.name, cap]))

/** The node hashes of the built-in capabilities by name. */
export const BUILTIN_CAP_HASHES: ReadonlyMap<string, Hash> = new Map(BUILTINS.map(({ cap, hash }) => [cap.name, hash]))

function readLine(line: string): { readonly cap: DefCap; readonly hash: Hash } {
  const [name = '', hash = '', capType = '', enforcer = ''] = line.split(' ', 4)
  const schema = parseTypeExpr(parseJson(line.slice(line.indexOf('{'))))
  if (!schema.ok) throw issuesError(schema.issues)
  return { cap: { kind: 'defcap', name, capType, schema: schema.value, enforcer }, hash: parseHash(hash) }
}
