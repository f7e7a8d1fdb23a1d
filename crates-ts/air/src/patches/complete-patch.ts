/** Filling the placeholders of a patch (spec/18-patches.md, "Placeholders"). */
import type { Hash } from '@aos/cbor'
import { builtinDefinition } from '../builtin/catalog.ts'
import { SECTION_OF_KIND, type NamedDefinition } from '../definitions/definition-set.ts'
import { isPlaceholder, ZERO_HASH } from '../definitions/hash-field.ts'
import { hashDefinition } from '../definitions/node.ts'
import type { ApplyPatchOptions } from './apply-patch.ts'
import { blockOf, budgetsOf, hashBlock, secretsOf } from './blocks.ts'
import type { DefinitionName, Patch, PatchOperation } from './patch-model.ts'

/**
 * The patch with the hash of what is in the base in the place of every placeholder, and of a name that it lists the hash of
 * its definition in the patch. What is not there keeps its placeholder, and a hash that is there is kept: `applyPatch` reports both.
 */
export function completePatch(options: ApplyPatchOptions): Patch {
  const { sha256, base, patch } = options
  return {
    ...patch,
    baseManifestHash: fill(patch.baseManifestHash, () => hashDefinition(sha256, base.manifest)),
    operations: patch.operations.map((operation) => completeOperation(options, operation)),
  }
}

function fill(hash: Hash, known: () => Hash | undefined): Hash {
  return isPlaceholder(hash) ? (known() ?? ZERO_HASH) : hash
}

function completeOperation(options: ApplyPatchOptions, operation: PatchOperation): PatchOperation {
  const { sha256, base } = options
  const { manifest } = base
  switch (operation.op) {
    case 'add_def':
    case 'set_defaults':
      return operation
    case 'replace_def':
      return { ...operation, preHash: fill(operation.preHash, () => listedHash(options, operation.definition)) }
    case 'remove_def':
      return { ...operation, preHash: fill(operation.preHash, () => listedHash(options, operation)) }
    case 'set_manifest_refs':
      return {
        ...operation,
        add: operation.add.map((name) => ({ ...name, hash: fill(name.hash, () => hashToList(options, name)) })),
      }
    case 'set_secrets': {
      const preHash = fill(operation.preHash, () => hashBlock(sha256, secretsOf(manifest)))
      const secrets = operation.secrets.map(({ name, hash }) => ({
        name,
        hash: fill(hash, () => hashToList(options, { kind: 'defsecret', name })),
      }))
      return { ...operation, preHash, secrets }
    }
    case 'set_budgets': {
      const budgets = budgetsOf(manifest, operation.grant)
      return {
        ...operation,
        preHash: fill(operation.preHash, () => (budgets === undefined ? undefined : hashBlock(sha256, budgets))),
      }
    }
    default:
      return {
        ...operation,
        preHash: fill(operation.preHash, () => hashBlock(sha256, blockOf(operation.op, manifest))),
      }
  }
}

function listedHash({ base }: ApplyPatchOptions, { kind, name }: DefinitionName): Hash | undefined {
  return base.manifest[SECTION_OF_KIND[kind]].find((ref) => ref.name === name)?.hash
}

/** Of the definition that will stand under the name. */
function hashToList(options: ApplyPatchOptions, name: DefinitionName): Hash | undefined {
  const own = options.patch.operations.flatMap((operation): readonly NamedDefinition[] =>
    operation.op === 'add_def' || operation.op === 'replace_def' ? [operation.definition] : [],
  )
  const found = own.find((definition) => definition.kind === name.kind && definition.name === name.name)
  if (found !== undefined) return hashDefinition(options.sha256, found)
  const listed = listedHash(options, name)
  if (listed !== undefined) return listed
  const builtin = builtinDefinition(SECTION_OF_KIND[name.kind], name.name)
  return builtin && hashDefinition(options.sha256, builtin)
}
