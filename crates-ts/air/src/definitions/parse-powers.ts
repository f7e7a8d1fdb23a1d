/** What a manifest lets effects do: grants, slots, adapters, approvers, bounds (spec/03-air.md, "Definitions"). */
import { report, shown } from '../issues.ts'
import { isJsonNumber, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import { readInteger, type Reading } from '../codec/json-scalar.ts'
import { below, refuse, type FormPlace } from '../expressions/forms.ts'
import type { Manifest } from '../model.ts'
import type { ApprovalRule, Approver, Budget, CapGrant, EffectBinding, Migration } from '../plan-model.ts'
import { readLiteralSlot } from '../plans/read-slot.ts'
import { checkStructure } from '../structure/check.ts'
import { EVENT_MIGRATION_SHAPE, STATE_MIGRATION_SHAPE } from '../structure/shapes.ts'
import type { SlotSchemas } from './known.ts'
import { itemsAt, objectAt, textAt } from './members.ts'
import { textsAt } from './parse-plan.ts'

type Powers = Pick<
  Manifest,
  'policy' | 'grants' | 'moduleBindings' | 'bindings' | 'approvers' | 'approvals' | 'migrations' | 'limits'
>

/** After the structure was checked; what is not as it should be counts as absent here. */
export function readPowers(node: JsonObject, place: FormPlace, schemas: SlotSchemas): Powers {
  const defaults = objectAt(node, 'defaults') ?? new Map<string, JsonNode>()
  const policy = textAt(defaults, 'policy')
  const limits = readLimits(node, place)
  return {
    ...(policy === undefined ? {} : { policy }),
    grants: itemsAt(defaults, 'cap_grants').flatMap((grant, index) =>
      readGrant(grant, below(place, 'defaults', 'cap_grants', index), schemas),
    ),
    moduleBindings: readModuleBindings(node, place),
    bindings: itemsAt(node, 'bindings').flatMap((item, index) => readBinding(item, below(place, 'bindings', index))),
    approvers: itemsAt(node, 'approvers').flatMap(readApprover),
    approvals: itemsAt(node, 'approvals').flatMap((item, index) =>
      readApproval(item, below(place, 'approvals', index)),
    ),
    migrations: itemsAt(node, 'migrations').flatMap((item, index) =>
      readMigration(item, below(place, 'migrations', index)),
    ),
    ...(limits === undefined ? {} : { limits }),
  }
}

function readGrant(node: JsonNode, place: FormPlace, schemas: SlotSchemas): readonly CapGrant[] {
  if (!isJsonObject(node)) return []
  const cap = textAt(node, 'cap') ?? ''
  const given = node.get('params')
  const params = given === undefined ? undefined : readLiteralSlot(given, schemas.ofCap(cap), below(place, 'params'))
  const expiryNs = naturalAt(node, 'expiry_ns', place)
  const budgets = readBudgets(node, place)
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

function readBudgets(node: JsonObject, place: FormPlace): ReadonlyMap<string, Budget> {
  const budgets = new Map<string, Budget>()
  for (const [dimension, item] of objectAt(node, 'budgets') ?? []) {
    const at = below(place, 'budgets', dimension)
    if (dimension === '') report(place.sink, 'air.bad_name', at.path, 'expected the name of a dimension')
    if (!isJsonObject(item)) continue
    if (item.get('limit') === null) refuse('a nat', null, below(at, 'limit'))
    const [limit, windowNs] = [naturalAt(item, 'limit', at), naturalAt(item, 'window_ns', at)]
    if (limit !== undefined) budgets.set(dimension, { limit, ...(windowNs === undefined ? {} : { windowNs }) })
  }
  return budgets
}

function readModuleBindings(node: JsonObject, place: FormPlace): Manifest['moduleBindings'] {
  const bindings = new Map<string, ReadonlyMap<string, string>>()
  for (const [module, item] of objectAt(node, 'module_bindings') ?? []) {
    const slots = new Map<string, string>()
    for (const [slot, grant] of (isJsonObject(item) ? objectAt(item, 'slots') : undefined) ?? []) {
      const path = [...place.path, 'module_bindings', module, 'slots', slot]
      if (slot === '') report(place.sink, 'air.bad_name', path, 'expected a name that is not empty')
      if (typeof grant === 'string') slots.set(slot, grant)
    }
    bindings.set(module, slots)
  }
  return bindings
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

function readApprover(node: JsonNode): readonly Approver[] {
  if (!isJsonObject(node)) return []
  return [{ name: textAt(node, 'name') ?? '', key: textAt(node, 'key') ?? '', roles: textsAt(node, 'roles') }]
}

function readApproval(node: JsonNode, place: FormPlace): readonly ApprovalRule[] {
  if (!isJsonObject(node)) return []
  const [authority, role] = [textAt(node, 'authority'), textAt(node, 'role')]
  const count = needCount(node, 'count', place)
  if (count === undefined || (authority !== 'narrows' && authority !== 'keeps' && authority !== 'widens')) return []
  return [{ authority, ...(role === undefined ? {} : { role }), count }]
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

function readLimits(node: JsonObject, place: FormPlace): ReadonlyMap<string, number> | undefined {
  const limits = new Map<string, number>()
  const given = objectAt(node, 'limits') ?? new Map<string, JsonNode>()
  for (const name of given.keys()) {
    const limit = needCount(given, name, below(place, 'limits'))
    if (limit !== undefined) limits.set(name, limit)
  }
  return limits.size === 0 ? undefined : limits
}

/** A nat that may be absent. */
function naturalAt(node: JsonObject, key: string, place: FormPlace): bigint | undefined {
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
