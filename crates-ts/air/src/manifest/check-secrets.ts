/** References to secrets in the slots of plans (spec/03-air.md, "Plans"). */
import type { ErrorPath } from '@aos/cbor'
import { reportStrict, shown } from '../issues.ts'
import type { TypeExpr } from '../model.ts'
import type { DefPlan, Expr, Literal, PlanSlot } from '../plan-model.ts'
import type { SlotSchema } from '../plans/read-slot.ts'
import { resolveIn, type Scope } from './scope.ts'

const SECRET_SLOTS: ReadonlySet<string> = new Set(['sys/TextOrSecretRef@1', 'sys/BytesOrSecretRef@1'])

/** A value, and the type of the place where it stands. */
export interface TypedSlot {
  readonly plan: DefPlan
  readonly slot: PlanSlot
  readonly schema: SlotSchema
}

/** Every secret that a slot names is declared, and may be used by this plan. */
export function checkSecretUses(scope: Scope, { plan, slot, schema }: TypedSlot, path: ErrorPath): void {
  const value = slot.kind === 'literal' ? slot.literal : slot.expr
  for (const name of secretsIn(scope, value, schema.type)) {
    const secret = scope.listed.secrets.get(name)
    if (secret === undefined) {
      if (scope.manifest.secrets.some((ref) => ref.name === name)) continue // reported in the list of secrets
      reportStrict(scope.sink, 'air.unknown_secret', path, `the manifest lists no secret ${shown(name)}`)
    } else if (secret.allowedPlans?.includes(plan.name) === false) {
      reportStrict(
        scope.sink,
        'air.unknown_secret',
        path,
        `${shown(plan.name)} is not among the plans of ${shown(name)}`,
      )
    }
  }
}

type Part = Expr | Literal

/** Names of the secrets that stand in slots for secrets, as far as they are written out. */
function secretsIn(scope: Scope, value: Part, type: TypeExpr): readonly string[] {
  const resolved = resolveIn(scope, type)
  if (resolved === undefined) return []
  if (resolved.kind === 'option') return secretsIn(scope, value, resolved.inner)
  if (isSecretSlot(scope, type)) return nameOf(value)
  switch (value.kind) {
    case 'record':
      if (resolved.kind !== 'record') return []
      return partsOf(value.fields).flatMap(([name, part]) => {
        const field = resolved.fields.get(name)
        return field === undefined ? [] : secretsIn(scope, part, field)
      })
    case 'list':
    case 'set': {
      if (resolved.kind !== value.kind) return []
      const items: readonly Part[] = value.items
      return items.flatMap((item) => secretsIn(scope, item, resolved.item))
    }
    case 'map': {
      if (resolved.kind !== 'map') return []
      const entries: readonly { readonly value: Part }[] = value.entries
      return entries.flatMap((entry) => secretsIn(scope, entry.value, resolved.value))
    }
    case 'variant': {
      const arm = resolved.kind === 'variant' ? resolved.arms.get(value.tag) : undefined
      return arm === undefined || value.value === undefined ? [] : secretsIn(scope, value.value, arm)
    }
    default:
      return []
  }
}

function partsOf(fields: ReadonlyMap<string, Part>): readonly (readonly [string, Part])[] {
  return [...fields]
}

/** A reference to one of the two schemas, also through aliases. */
function isSecretSlot(scope: Scope, type: TypeExpr): boolean {
  const seen = new Set<string>()
  let current: TypeExpr | undefined = type
  while (current?.kind === 'ref' && !seen.has(current.name)) {
    if (SECRET_SLOTS.has(current.name)) return true
    seen.add(current.name)
    current = scope.table.get(current.name)
  }
  return false
}

function nameOf(value: Part): readonly string[] {
  if (value.kind === 'secret') return [`${value.alias}@${value.version}`]
  if (value.kind !== 'variant' || value.tag !== 'secret' || value.value?.kind !== 'record') return []
  const [alias, version] = [value.value.fields.get('alias'), value.value.fields.get('version')]
  const isWritten = alias?.kind === 'constant' && version?.kind === 'constant'
  return isWritten ? [`${String(alias.value)}@${String(version.value)}`] : []
}
