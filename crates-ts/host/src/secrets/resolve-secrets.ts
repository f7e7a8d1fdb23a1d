/** Puts secrets where parameters refer to them, for the adapter alone (spec/14-dispatch.md, "Secrets"). */
import type { SchemaTable, TypeExpr, Value } from '@aos/air'
import type { BoundSecret, SecretFailure } from './secret-bindings.ts'

/** Types of slots for secrets. What does not stand in one of them is never a reference (spec/11-gate.md, "Secrets"). */
const TEXT_SLOT = 'sys/TextOrSecretRef@1'
const BYTES_SLOT = 'sys/BytesOrSecretRef@1'

/** Parameters as the adapter gets them, and every value that must not come back. */
export type ResolvedParams =
  | { readonly ok: true; readonly params: Value; readonly secrets: readonly string[] }
  | { readonly ok: false; readonly failure: SecretFailure }

/** Thrown and caught here, to leave the walk at the first secret without a value. */
class Unresolved extends Error {
  readonly failure: SecretFailure

  constructor(failure: SecretFailure) {
    super(failure.code)
    this.failure = failure
  }
}

/** `lookUp` is asked for `alias@version`. Values without references come back as they are. */
export function resolveSecrets(
  type: TypeExpr,
  params: Value,
  options: { readonly table: SchemaTable; readonly lookUp: (name: string) => BoundSecret },
): ResolvedParams {
  const secrets = new Set<string>()
  const fetch = (name: string): string => {
    const bound = options.lookUp(name)
    if (!bound.ok) throw new Unresolved(bound.failure)
    secrets.add(bound.value)
    return bound.value
  }
  try {
    const resolved = walk(type, params, { table: options.table, fetch })
    return { ok: true, params: resolved, secrets: [...secrets] }
  } catch (error) {
    if (error instanceof Unresolved) return { ok: false, failure: error.failure }
    throw error
  }
}

interface Walk {
  readonly table: SchemaTable
  readonly fetch: (name: string) => string
}

function walk(type: TypeExpr, value: Value, ground: Walk): Value {
  let at = type
  while (at.kind === 'ref') {
    if (at.name === TEXT_SLOT || at.name === BYTES_SLOT) return fill(value, at.name === BYTES_SLOT, ground)
    const next = ground.table.get(at.name)
    if (next === undefined) return value
    at = next
  }
  switch (at.kind) {
    case 'option':
      return value === null ? null : walk(at.inner, value, ground)
    case 'list':
    case 'set': {
      const { item } = at
      if (!Array.isArray(value)) return value
      return (value as readonly Value[]).map((one) => walk(item, one, ground)) // Array.isArray does not narrow it
    }
    case 'map': {
      const { value: inner } = at
      if (!(value instanceof Map)) return value
      const entries = [...(value as ReadonlyMap<string | number | bigint, Value>)] // the one kind of Map in a Value
      return new Map(entries.map(([key, one]) => [key, walk(inner, one, ground)]))
    }
    case 'record':
      return walkFields(at.fields, value, ground)
    case 'variant': {
      const members = membersOf(value)
      const tag = members?.['$tag']
      const payload = members?.['$value']
      const arm = typeof tag === 'string' ? at.arms.get(tag) : undefined
      if (arm === undefined || payload === undefined) return value
      return bare({ $tag: tag ?? null, $value: walk(arm, payload, ground) })
    }
    default:
      return value
  }
}

function walkFields(fields: ReadonlyMap<string, TypeExpr>, value: Value, ground: Walk): Value {
  const members = membersOf(value)
  if (members === undefined) return value
  const filled: Record<string, Value> = {}
  for (const [name, member] of Object.entries(members)) {
    const field = fields.get(name)
    filled[name] = field === undefined ? member : walk(field, member, ground)
  }
  return bare(filled)
}

/** A literal stays; a reference becomes the literal of its value. */
function fill(value: Value, asBytes: boolean, { fetch }: Walk): Value {
  const members = membersOf(value)
  if (members?.['$tag'] !== 'secret') return value
  const reference = membersOf(members['$value'] ?? null)
  const text = fetch(`${String(reference?.['alias'])}@${String(reference?.['version'])}`)
  return bare({ $tag: 'literal', $value: asBytes ? new Uint8Array(Buffer.from(text, 'utf8')) : text })
}

function membersOf(value: Value): { readonly [name: string]: Value } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  if (value instanceof Map || value instanceof Uint8Array) return undefined
  return value as { readonly [name: string]: Value } // the one sort that is left
}

/** As codecs make records: without a prototype. */
function bare(fields: Readonly<Record<string, Value>>): Value {
  return Object.assign(Object.create(null) as Record<string, Value>, fields) // what Object.create gives is untyped
}
