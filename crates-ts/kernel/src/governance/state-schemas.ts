/** Whether the states and keys that are there are still of the schemas of a reducer (spec/17-governance.md, "Migrations"). */
import { checkAcceptance, diffSchemas, formatJson } from '@aos/air'
import type { SchemaTable } from '@aos/air'
import { formatPath } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { kernelError } from '../errors.ts'

/** A schema with the table in which its references are looked up. */
export interface SchemaOf {
  readonly name: string
  readonly table: SchemaTable
  readonly fingerprint: Hash
}

/** Throws `gov.state_schema` unless every state of the one form is one of the other. */
export function checkStateSchema(reducer: string, from: SchemaOf, to: SchemaOf): void {
  const why = whyNotAccepted(from, to)
  if (why === undefined) return
  throw kernelError('gov.state_schema', `states of ${reducer} do not fit ${to.name} any more: ${why}`, {
    path: ['reducers', reducer, 'state'],
    details: { reducer, from: from.name, to: to.name, fields: fieldsThatDiffer(from, to) },
    hint: 'name a migration in `migrations`: a pure module from the old state to the new one',
  })
}

/** One item for each place where the schemas differ; types are JSON text in the sugar lens. */
function fieldsThatDiffer(from: SchemaOf, to: SchemaOf): readonly Readonly<Record<string, string>>[] {
  const type = ({ name, table }: SchemaOf): Parameters<typeof diffSchemas>[0] => ({
    type: { kind: 'ref', name },
    table,
  })
  return diffSchemas(type(from), type(to)).map(({ path, change, before, after }) => ({
    path: formatPath(path),
    change,
    ...(before === undefined ? {} : { before: formatJson(before) }),
    ...(after === undefined ? {} : { after: formatJson(after) }),
  }))
}

/** Throws `gov.key_schema`: no migration changes where a cell lies. */
export function checkKeySchema(reducer: string, from: SchemaOf | undefined, to: SchemaOf | undefined): void {
  if (from?.fingerprint === to?.fingerprint) return
  const path = ['reducers', reducer, 'key']
  if (from === undefined || to === undefined) {
    const what = to === undefined ? 'would not be keyed any more' : 'would be keyed'
    throw kernelError('gov.key_schema', `${reducer} has a state, and ${what}`, { path })
  }
  const why = whyNotAccepted(from, to)
  if (why === undefined) return
  throw kernelError('gov.key_schema', `keys of ${reducer} do not fit ${to.name} any more: ${why}`, { path })
}

/** undefined: every value of the one is a value of the other. */
export function whyNotAccepted(
  values: Pick<SchemaOf, 'name' | 'table'>,
  by: Pick<SchemaOf, 'name' | 'table'>,
): string | undefined {
  const acceptance = checkAcceptance(
    { type: { kind: 'ref', name: values.name }, table: values.table },
    { type: { kind: 'ref', name: by.name }, table: by.table },
  )
  if (acceptance.verdict === 'yes') return undefined
  const path = acceptance.verdict === 'no' && acceptance.path.length > 0 ? `${formatPath(acceptance.path)}: ` : ''
  return `${path}${acceptance.message}`
}
