/** The body of one operation, after its structure was checked (spec/18-patches.md, "Operations"). */
import type { Hash } from '@aos/cbor'
import type { DefinitionKind, NamedDefinition } from '../definitions/definition-set.ts'
import { SECTION_OF_KIND } from '../definitions/definition-set.ts'
import { readHash } from '../definitions/hash-field.ts'
import type { SlotSchemas } from '../definitions/known.ts'
import { itemsAt, objectAt, textAt } from '../definitions/members.ts'
import { readRefs, readRoutes, readTriggers } from '../definitions/parse-manifest.ts'
import { textsAt } from '../definitions/parse-plan.ts'
import {
  readApprovals,
  readApprovers,
  readBindings,
  readBudgets,
  readGrants,
  readLimits,
  readMigrations,
  readModuleBindings,
} from '../definitions/parse-powers.ts'
import { readDefinition } from '../definitions/parse.ts'
import { below, type FormPlace } from '../expressions/forms.ts'
import { report, shown } from '../issues.ts'
import { isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { DefinitionName, ListedName, OperationOf, PatchOperation, SectionOrder } from './patch-model.ts'

/** Undefined after at least one issue in the sink. */
export function readOperation(
  name: string,
  body: JsonObject,
  place: FormPlace,
  schemas: SlotSchemas,
): PatchOperation | undefined {
  switch (name) {
    case 'add_def': {
      const definition = readNode(body, 'node', place, schemas)
      return definition && { op: name, definition }
    }
    case 'replace_def': {
      const definition = readNode(body, 'new_node', place, schemas)
      const preHash = readPreHash(body, place)
      if (definition === undefined || preHash === undefined) return undefined
      if (textAt(body, 'name') !== definition.name) {
        const message = `the node is called ${shown(definition.name)}; a definition keeps its name`
        report(place.sink, 'air.patch_node', [...place.path, 'name'], message)
      }
      return { op: name, definition, preHash }
    }
    case 'set_manifest_refs':
      return readManifestRefs(body, place)
    case 'set_defaults': {
      const policy = body.get('policy')
      const grants = readGrants(itemsAt(body, 'cap_grants'), below(place, 'cap_grants'), schemas)
      return {
        op: name,
        ...(typeof policy === 'string' || policy === null ? { policy } : {}),
        ...((body.get('cap_grants') ?? null) === null ? {} : { grants }),
      }
    }
    default: {
      const preHash = readPreHash(body, place)
      return preHash && readBlock(name, body, place, preHash)
    }
  }
}

/** Operations that put a whole section in the place of another. */
function readBlock(name: string, body: JsonObject, place: FormPlace, preHash: Hash): PatchOperation | undefined {
  switch (name) {
    case 'remove_def': {
      const removed = readName(body)
      return removed && { op: name, ...removed, preHash }
    }
    case 'set_budgets':
      return {
        op: name,
        grant: textAt(body, 'grant') ?? '',
        preHash,
        budgets: readBudgets(objectAt(body, 'budgets'), below(place, 'budgets')),
      }
    case 'set_module_bindings':
      return { op: name, preHash, bindings: readModuleBindings(objectAt(body, 'bindings'), below(place, 'bindings')) }
    case 'set_routing_events': {
      const isAbsent = (body.get('events') ?? null) === null
      return { op: name, preHash, ...(isAbsent ? {} : { routes: readRoutes(itemsAt(body, 'events')) }) }
    }
    case 'set_triggers':
      return { op: name, preHash, triggers: readTriggers(itemsAt(body, 'triggers')) }
    case 'set_secrets':
      return { op: name, preHash, secrets: readRefs(itemsAt(body, 'secrets'), 'secrets', below(place, 'secrets')) }
    case 'set_bindings':
      return { op: name, preHash, bindings: readBindings(itemsAt(body, 'bindings'), below(place, 'bindings')) }
    case 'set_approvers':
      return {
        op: name,
        preHash,
        approvers: readApprovers(itemsAt(body, 'approvers')),
        approvals: readApprovals(itemsAt(body, 'approvals'), below(place, 'approvals')),
      }
    case 'set_limits':
      return { op: name, preHash, limits: readLimits(objectAt(body, 'limits'), below(place, 'limits')) }
    case 'set_migrations':
      return { op: name, preHash, migrations: readMigrations(itemsAt(body, 'migrations'), below(place, 'migrations')) }
    default:
      return undefined
  }
}

function readManifestRefs(body: JsonObject, place: FormPlace): OperationOf<'set_manifest_refs'> {
  const named = <T>(key: string, read: (item: JsonObject, name: DefinitionName, at: FormPlace) => T | undefined): T[] =>
    itemsAt(body, key).flatMap((item, index) => {
      const found = isJsonObject(item) ? readName(item) : undefined
      return found === undefined || !isJsonObject(item) ? [] : (read(item, found, below(place, key, index)) ?? [])
    })
  return {
    op: 'set_manifest_refs',
    add: named('add', (item, name, { sink, path }): ListedName | undefined => {
      const hash = readHash(item.get('hash'), sink, [...path, 'hash'])
      return hash && { ...name, hash }
    }),
    remove: named('remove', (_item, name) => name),
    order: itemsAt(body, 'order').flatMap(readOrder),
  }
}

function readOrder(item: JsonNode): readonly SectionOrder[] {
  const kind = isJsonObject(item) ? kindAt(item) : undefined
  return kind === undefined || !isJsonObject(item) ? [] : [{ kind, names: textsAt(item, 'names') }]
}

function readName(body: JsonObject): DefinitionName | undefined {
  const [kind, name] = [kindAt(body), textAt(body, 'name')]
  return kind === undefined || name === undefined ? undefined : { kind, name }
}

function kindAt(body: JsonObject): DefinitionKind | undefined {
  const kind = textAt(body, 'kind')
  return kind !== undefined && isDefinitionKind(kind) ? kind : undefined
}

function isDefinitionKind(kind: string): kind is DefinitionKind {
  return Object.hasOwn(SECTION_OF_KIND, kind)
}

function readPreHash(body: JsonObject, { sink, path }: FormPlace): Hash | undefined {
  return readHash(body.get('pre_hash'), sink, [...path, 'pre_hash'])
}

/** The definition in an operation, of the kind that the operation says. */
function readNode(body: JsonObject, key: string, place: FormPlace, schemas: SlotSchemas): NamedDefinition | undefined {
  const node = body.get(key)
  const definition = node === undefined ? undefined : readDefinition(node, below(place, key), schemas)
  const kind = kindAt(body)
  if (definition === undefined || kind === undefined) return undefined
  if (definition.kind !== 'manifest' && definition.kind === kind) return definition
  const message = `the node is a ${definition.kind}, the operation is about a ${kind}`
  report(place.sink, 'air.patch_node', [...place.path, 'kind'], message)
  return undefined
}
