/** Sections of a manifest that an operation replaces as a whole, and their hashes (spec/18-patches.md, "Blocks"). */
import { encodeNode, hashText, type Hash, type Sha256Port } from '@aos/cbor'
import { routeMembers } from '../definitions/node.ts'
import {
  approvalsJson,
  approversJson,
  bindingsJson,
  budgetsJson,
  limitsJson,
  migrationsJson,
  moduleBindingsJson,
  triggersJson,
} from '../definitions/powers-json.ts'
import { dataOfJson } from '../json-data.ts'
import { formatJson } from '../json-format.ts'
import type { JsonNode } from '../json.ts'
import type { Manifest } from '../model.ts'
import type { PatchOperation } from './patch-model.ts'

/** Operations that replace one section; `set_budgets` and `set_secrets` are about less and more. */
export type BlockOperation = Extract<
  PatchOperation,
  {
    readonly op:
      | 'set_module_bindings'
      | 'set_routing_events'
      | 'set_triggers'
      | 'set_bindings'
      | 'set_approvers'
      | 'set_limits'
      | 'set_migrations'
  }
>

/** A section: its value in a manifest, and what an operation puts in its place. */
interface Block<Operation extends BlockOperation> {
  readonly of: (manifest: Manifest) => JsonNode
  readonly set: (manifest: Manifest, operation: Operation) => Manifest
}

type Blocks = { readonly [Op in BlockOperation['op']]: Block<Extract<BlockOperation, { readonly op: Op }>> }

/** A new operation does not compile without its row. */
const BLOCKS: Blocks = {
  set_module_bindings: {
    of: ({ moduleBindings }) => moduleBindingsJson(moduleBindings),
    set: (manifest, { bindings }) => ({ ...manifest, moduleBindings: bindings }),
  },
  set_routing_events: {
    of: ({ routes }) => routes.map(routeMembers),
    set: (manifest, { routes }) => ({ ...manifest, routes: routes ?? [], hasRouting: routes !== undefined }),
  },
  set_triggers: {
    of: ({ triggers }) => triggersJson(triggers),
    set: (manifest, { triggers }) => ({ ...manifest, triggers }),
  },
  set_bindings: {
    of: ({ bindings }) => bindingsJson(bindings),
    set: (manifest, { bindings }) => ({ ...manifest, bindings }),
  },
  set_approvers: {
    of: ({ approvers, approvals }) =>
      new Map([['approvers', approversJson(approvers)], ['approvals', approvalsJson(approvals)]]), // prettier-ignore
    set: (manifest, { approvers, approvals }) => ({ ...manifest, approvers, approvals }),
  },
  set_limits: {
    of: ({ limits }) => limitsJson(limits),
    set: ({ limits: _, ...manifest }, { limits }) => (limits.size === 0 ? manifest : { ...manifest, limits }),
  },
  set_migrations: {
    of: ({ migrations }) => migrationsJson(migrations),
    set: (manifest, { migrations }) => ({ ...manifest, migrations }),
  },
}

/** The names of the operations, in the order in which a patch that is made has them. */
export const BLOCK_OPERATIONS: readonly BlockOperation['op'][] = [
  'set_module_bindings',
  'set_routing_events',
  'set_triggers',
  'set_bindings',
  'set_approvers',
  'set_limits',
  'set_migrations',
]

/** What an operation replaces, as it is hashed. */
export function blockOf(op: BlockOperation['op'], manifest: Manifest): JsonNode {
  return BLOCKS[op].of(manifest)
}

/** The manifest with the section replaced. */
export function setBlock(manifest: Manifest, operation: BlockOperation): Manifest {
  const block: Block<BlockOperation> = BLOCKS[operation.op] as Block<BlockOperation> // the row of this operation
  return block.set(manifest, operation)
}

/** The hash of a section: of its canonical node, with the empty list or map where a manifest has none. */
export function hashBlock(port: Sha256Port, block: JsonNode): Hash {
  return hashText(port, encodeNode(dataOfJson(block)))
}

/** The budgets of a grant as they are hashed; undefined when there is no such grant. */
export function budgetsOf(manifest: Manifest, grant: string): JsonNode | undefined {
  const found = manifest.grants.find(({ name }) => name === grant)
  return found && budgetsJson(found.budgets)
}

/** The list of secrets as it is hashed. */
export function secretsOf(manifest: Manifest): JsonNode {
  return manifest.secrets.map(({ name, hash }) => new Map([['name', name], ['hash', hash]])) // prettier-ignore
}

/** True for equal sections; both were made by `blockOf` and its kin. */
export function isSameBlock(left: JsonNode, right: JsonNode): boolean {
  return formatJson(left) === formatJson(right)
}
