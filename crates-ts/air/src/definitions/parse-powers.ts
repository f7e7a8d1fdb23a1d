/** What a manifest lets effects do: grants, slots, adapters, approvers, bounds (spec/03-air.md, "Definitions"). */
import { report, shown } from '../issues.ts'
import { isJsonNumber, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import { readInteger, type Reading } from '../codec/json-scalar.ts'
import { below, refuse, type FormPlace } from '../expressions/forms.ts'
import type { Manifest } from '../model.ts'
import type { ApprovalRule, Approver, Budget, CapGrant, EffectBinding, Migration } from '../plan-model.ts'
import { readLiteralSlot } from '../plans/read-slot.ts'
import { checkStructure } from '../structure/check.ts'
import { EVENT_MIGRATION_SHAPE, STATE_MIGRATION_SHAPE } from '../structure/manifest-shapes.ts'
import type { SlotSchemas } from './known.ts'
import { itemsAt, objectAt, textAt } from './members.ts'
import { textsAt } from './parse-plan.ts'

type Powers = Pick<
  Manifest,
  'policy' | 'grants' | 'moduleBindings' | 'bindings' | 'approvers' | 'approvals' | 'migrations' | 'limits'
>

/** After the structure was checked; what is not as it should be counts as absent here, and in every reader below. */
export function readPowers(node: JsonObject, place: FormPlace, schemas: SlotSchemas): Powers {
  const defaults = objectAt(node, 'defaults') ?? new Map<string, JsonNode>()
  const policy = textAt(defaults, 'policy')
  const limits = readLimits(objectAt(node, 'limits'), below(place, 'limits'))
  return {
    ...(policy === undefined ? {} : { policy }),
    grants: readGrants(itemsAt(defaults, 'cap_grants'), below(place, 'defaults', 'cap_grants'), schemas),
    moduleBindings: readModuleBindings(objectAt(node, 'module_bindings'), below(place, 'module_bindings')),
    bindings: readBindings(itemsAt(node, 'bindings'), below(place, 'bindings')),
    approvers: readApprovers(itemsAt(node, 'approvers')),
    approvals: readApprovals(itemsAt(node, 'approvals'), below(place, 'approvals')),
    migrations: readMigrations(itemsAt(node, 'migrations'), below(place, 'migrations')),
    ...(limits.size === 0 ? {} : { limits }),
  }
}

/** The list in `cap_grants`; parameters are read by the schemas of their capabilities. */
export function readGrants(items: readonly JsonNode[], place: FormPlace, schemas: SlotSchemas): readonly CapGrant[] {
  return items.flatMap((item, index) => readGrant(item, below(place, index), schemas))
}

function readGrant(node: JsonNode, place: FormPlace, schemas: SlotSchemas): readonly CapGrant[] {
  if (!isJsonObject(node)) return []
  const cap = textAt(node, 'cap') ?? ''
  const given = node.get('params')
  const params = given === undefined ? undefined : readLiteralSlot(given, schemas.ofCap(cap), below(place, 'params'))
  const expiryNs = naturalAt(node, 'expiry_ns', place)
  const budgets = readBudgets(objectAt(node, 'budgets'), below(place, 'budgets'))
  if (params === undefined) return []
  return [
    {
      name: textAt(node, 'name') ?? '',
      cap,
      params,
      ...(expiryNs === undefined ? {} : { expiryNs }),
      ...(budgets.size === 0 ? {} : { budgets }),
      ...(node.get('literal_secrets') === true ? { literalSecrets: true } : {}),
    },
  ]
}

/** What a grant may spend, by dimension; one without a limit was reported. */
export function readBudgets(node: JsonObject | undefined, place: FormPlace): ReadonlyMap<string, Budget> {
  const budgets = new Map<string, Budget>()
  for (const [dimension, item] of node ?? []) {
    const at = below(place, dimension)
    if (dimension === '') report(place.sink, 'air.bad_name', at.path, 'expected the name of a dimension')
    if (!isJsonObject(item)) continue
    if (item.get('limit') === null) refuse('a nat', null, below(at, 'limit'))
    const [limit, windowNs] = [naturalAt(item, 'limit', at), naturalAt(item, 'window_ns', at)]
    if (limit !== undefined) budgets.set(dimension, { limit, ...(windowNs === undefined ? {} : { windowNs }) })
  }
  return budgets
}

/** Grants in the slots of modules. */
export function readModuleBindings(node: JsonObject | undefined, place: FormPlace): Manifest['moduleBindings'] {
  const bindings = new Map<string, ReadonlyMap<string, string>>()
  for (const [module, item] of node ?? []) {
    const slots = new Map<string, string>()
    for (const [slot, grant] of (isJsonObject(item) ? objectAt(item, 'slots') : undefined) ?? []) {
      const path = [...place.path, module, 'slots', slot]
      if (slot === '') report(place.sink, 'air.bad_name', path, 'expected a name that is not empty')
      if (typeof grant === 'string') slots.set(slot, grant)
    }
    bindings.set(module, slots)
  }
  return bindings
}

/** A list of bindings of effect kinds to adapters. */
export function readBindings(items: readonly JsonNode[], place: FormPlace): readonly EffectBinding[] {
  return items.flatMap((item, index) => readBinding(item, below(place, index)))
}

function readBinding(node: JsonNode, place: FormPlace): readonly EffectBinding[] {
  if (!isJsonObject(node)) return []
  const idempotent = node.get('idempotent')
  const timeoutMs = countAt(node, 'timeout_ms', place)
  const attemptsMax = countAt(node, 'attempts_max', place)
  const concurrencyMax = countAt(node, 'concurrency_max', place)
  return [
    {
      pattern: textAt(node, 'pattern') ?? '',
      adapter: textAt(node, 'adapter') ?? '',
      ...(typeof idempotent === 'boolean' ? { idempotent } : {}),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(attemptsMax === undefined ? {} : { attemptsMax }),
      ...(concurrencyMax === undefined ? {} : { concurrencyMax }),
    },
  ]
}

/** The list in `approvers`; its members were checked with the structure. */
export function readApprovers(items: readonly JsonNode[]): readonly Approver[] {
  return items.flatMap((node) => {
    if (!isJsonObject(node)) return []
    return [{ name: textAt(node, 'name') ?? '', key: textAt(node, 'key') ?? '', roles: textsAt(node, 'roles') }]
  })
}

/** A list of rules about approval. */
export function readApprovals(items: readonly JsonNode[], place: FormPlace): readonly ApprovalRule[] {
  return items.flatMap((item, index) => readApproval(item, below(place, index)))
}

function readApproval(node: JsonNode, place: FormPlace): readonly ApprovalRule[] {
  if (!isJsonObject(node)) return []
  const [authority, role] = [textAt(node, 'authority'), textAt(node, 'role')]
  const count = needCount(node, 'count', place)
  if (count === undefined || (authority !== 'narrows' && authority !== 'keeps' && authority !== 'widens')) return []
  return [{ authority, ...(role === undefined ? {} : { role }), count }]
}

/** The list in `migrations`; each is of a reducer or of an event. */
export function readMigrations(items: readonly JsonNode[], place: FormPlace): readonly Migration[] {
  return items.flatMap((item, index) => readMigration(item, below(place, index)))
}

/** By its members it is one of the state of a reducer or one of an event. */
function readMigration(node: JsonNode, place: FormPlace): readonly Migration[] {
  const isOfEvent = isJsonObject(node) && node.has('event') && !node.has('reducer')
  const shape = isOfEvent ? EVENT_MIGRATION_SHAPE : STATE_MIGRATION_SHAPE
  if (!checkStructure(shape, node, place.sink, place.path) || !isJsonObject(node)) return []
  const module = textAt(node, 'module') ?? ''
  if (isOfEvent) return [{ kind: 'event', event: textAt(node, 'event') ?? '', module }]
  return [{ kind: 'state', reducer: textAt(node, 'reducer') ?? '', module }]
}

/** Engine bounds by their names; numbers that are none were reported. */
export function readLimits(node: JsonObject | undefined, place: FormPlace): ReadonlyMap<string, number> {
  const limits = new Map<string, number>()
  for (const name of node?.keys() ?? []) {
    const limit = node && needCount(node, name, place)
    if (limit !== undefined) limits.set(name, limit)
  }
  return limits
}

/** A nat; undefined when it is absent, and after an issue. */
export function naturalAt(node: JsonObject, key: string, place: FormPlace): bigint | undefined {
  const member = node.get(key) ?? null
  if (member === null) return undefined
  const reading: Reading = { table: new Map(), issues: [], path: [...place.path, key], spelling: 'canonical' }
  const value = readInteger(reading, 'nat', member)
  place.sink.issues.push(...reading.issues)
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : undefined
}

/** A count that must be there; that it is absent is reported with the structure. */
function needCount(node: JsonObject, key: string, place: FormPlace): number | undefined {
  return node.get(key) === null ? refuse('a number', null, below(place, key)) : countAt(node, key, place)
}

/** A whole number from 1 that every program holds exactly. */
function countAt(node: JsonObject, key: string, place: FormPlace): number | undefined {
  const member = node.get(key) ?? null
  if (member === null) return undefined
  const count = isJsonNumber(member) && /^[1-9][0-9]*$/.test(member.text) ? Number(member.text) : 0
  if (count >= 1 && Number.isSafeInteger(count)) return count
  report(place.sink, 'air.integer_range', [...place.path, key], `expected ${shown(key)} from 1 to 2^53-1`)
  return undefined
}
