/** Patches as JSON, as canonical nodes, and their hashes (spec/18-patches.md, "Nodes"). */
import { encodeNode, hashText, type CanonicalBytes, type Hash, type Sha256Port } from '@aos/cbor'
import type { NamedDefinition } from '../definitions/definition-set.ts'
import { definitionJson, type FormatDefinitionOptions } from '../definitions/format.ts'
import { isPlaceholder } from '../definitions/hash-field.ts'
import { members } from '../definitions/json-members.ts'
import { definitionNode, routeMembers } from '../definitions/node.ts'
import { list } from '../definitions/plan-json.ts'
import {
  approvalsJson,
  approversJson,
  bindingsJson,
  budgetsJson,
  grantsJson,
  limitsJson,
  migrationsJson,
  moduleBindingsJson,
  triggersJson,
} from '../definitions/powers-json.ts'
import { dataOfJson, jsonOfData } from '../json-data.ts'
import { formatJson } from '../json-format.ts'
import { exprJson } from '../expressions/parse-expr.ts'
import { jsonInteger, type JsonNode, type JsonObject } from '../json.ts'
import type { Patch, PatchOperation, Probation } from './patch-model.ts'

/** How definitions and hashes stand in the JSON that is written. */
interface Form {
  readonly node: (definition: NamedDefinition) => JsonNode
  /** undefined: it is left out. */
  readonly hash: (hash: Hash) => Hash | undefined
}

const CANONICAL: Form = { node: (definition) => jsonOfData(definitionNode(definition), []), hash: (hash) => hash }

/** The canonical bytes of a patch, prefix included. */
export function encodePatch(patch: Patch): CanonicalBytes {
  const node = members([['$kind', 'patch'], ['version', patch.version], ...bodyOf(patch, CANONICAL)]) // prettier-ignore
  return encodeNode(dataOfJson(node))
}

/** SHA-256 of `encodePatch`: the one hash of a patch, whatever lens it was written in. No definition has it. */
export function hashPatch(port: Sha256Port, patch: Patch): Hash {
  return hashText(port, encodePatch(patch))
}

/**
 * The text of a patch, its definitions in one of the lenses: reading it gives the same hash again. Without `$kind`, as AIR v1
 * writes it. Placeholders are left out. No newline at the end.
 */
export function formatPatch(patch: Patch, options: FormatDefinitionOptions): string {
  const form: Form = {
    node: (definition) => definitionJson(definition, options.lens),
    hash: (hash) => (isPlaceholder(hash) ? undefined : hash),
  }
  return formatJson(members([['version', patch.version], ...bodyOf(patch, form)]), { indent: options.indent ?? 2 }) // prettier-ignore
}

function bodyOf(
  { baseManifestHash, operations, probation }: Patch,
  form: Form,
): readonly (readonly [string, JsonNode | undefined])[] {
  return [
    ['base_manifest_hash', form.hash(baseManifestHash)],
    ['patches', operations.map((operation) => members([[operation.op, operationJson(operation, form)]]))],
    ['probation', probation && probationJson(probation)],
  ] // prettier-ignore
}

function probationJson({ windowNs, invariant }: Probation): JsonObject {
  return members([['window_ns', jsonInteger(windowNs)], ['invariant', exprJson(invariant)]]) // prettier-ignore
}

function operationJson(operation: PatchOperation, form: Form): JsonObject {
  const block = (name: string, value: JsonNode | undefined, hash: Hash): JsonObject =>
    members([['pre_hash', form.hash(hash)], [name, value]]) // prettier-ignore
  switch (operation.op) {
    case 'add_def':
      return members([['kind', operation.definition.kind], ['node', form.node(operation.definition)]]) // prettier-ignore
    case 'replace_def':
    case 'remove_def':
      return definitionOperation(operation, form)
    case 'set_manifest_refs':
      return refsJson(operation, form)
    case 'set_defaults':
      return members([['policy', operation.policy], ['cap_grants', operation.grants && grantsJson(operation.grants)]]) // prettier-ignore
    case 'set_budgets': {
      const budgets = block('budgets', budgetsJson(operation.budgets), operation.preHash)
      return members([['grant', operation.grant], ...budgets])
    }
    case 'set_module_bindings':
      return block('bindings', moduleBindingsJson(operation.bindings), operation.preHash)
    case 'set_routing_events':
      return block('events', operation.routes?.map(routeMembers), operation.preHash)
    case 'set_triggers':
      return block('triggers', triggersJson(operation.triggers), operation.preHash)
    case 'set_secrets':
      return block('secrets', operation.secrets.map(({ name, hash }) => refJson(name, hash, form)), operation.preHash) // prettier-ignore
    case 'set_bindings':
      return block('bindings', bindingsJson(operation.bindings), operation.preHash)
    case 'set_approvers': {
      const approvers = block('approvers', approversJson(operation.approvers), operation.preHash)
      return members([...approvers, ['approvals', list(approvalsJson(operation.approvals))]])
    }
    case 'set_limits':
      return block('limits', limitsJson(operation.limits), operation.preHash)
    case 'set_migrations':
      return block('migrations', migrationsJson(operation.migrations), operation.preHash)
  }
}

function definitionOperation(
  operation: Extract<PatchOperation, { readonly op: 'replace_def' | 'remove_def' }>,
  form: Form,
): JsonObject {
  const { kind, name } = operation.op === 'replace_def' ? operation.definition : operation
  const node = operation.op === 'replace_def' ? form.node(operation.definition) : undefined
  return members([['kind', kind], ['name', name], ['new_node', node], ['pre_hash', form.hash(operation.preHash)]]) // prettier-ignore
}

function refsJson(
  { add, remove, order }: Extract<PatchOperation, { readonly op: 'set_manifest_refs' }>,
  form: Form,
): JsonObject {
  return members([
    ['add', list(add.map(({ kind, name, hash }) => members([['kind', kind], ...refJson(name, hash, form)])))],
    ['remove', list(remove.map(({ kind, name }) => members([['kind', kind], ['name', name]])))],
    ['order', list(order.map(({ kind, names }) => members([['kind', kind], ['names', names]])))],
  ]) // prettier-ignore
}

function refJson(name: string, hash: Hash, form: Form): JsonObject {
  return members([['name', name], ['hash', form.hash(hash)]]) // prettier-ignore
}
