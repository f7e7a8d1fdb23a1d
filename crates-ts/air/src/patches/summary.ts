/** What a patch would change, in names (spec/18-patches.md, "Summary"). */
import type { Hash, Sha256Port } from '@aos/cbor'
import { KIND_OF_SECTION, type DefinitionSet } from '../definitions/definition-set.ts'
import { REFERENCE_SECTIONS } from '../definitions/parse-manifest.ts'
import { compareText } from '../issues.ts'
import { hashPatch } from './patch-json.ts'
import type { Patch, PatchOperation } from './patch-model.ts'

/** One definition that a manifest lists otherwise afterwards. */
export type SummarizedChange = {
  readonly kind: string
  readonly name: string
  readonly action: { readonly $tag: 'added' | 'removed' | 'changed' }
}

/** A value of `sys/GovPatchSummary@1`: what the capability enforcer of governance judges. */
export type PatchSummary = {
  readonly base_manifest_hash: Hash
  readonly patch_hash: Hash
  readonly ops: readonly string[]
  readonly def_changes: readonly SummarizedChange[]
  readonly manifest_sections: readonly string[]
}

/** A patch with the sets that it leads from and to. */
export interface SummarizePatchOptions {
  readonly sha256: Sha256Port
  readonly patch: Patch
  readonly base: DefinitionSet
  readonly next: DefinitionSet
}

/** Everything that the patch changes, whatever operation does it. */
export function summarizePatch({ sha256, patch, base, next }: SummarizePatchOptions): PatchSummary {
  const { operations } = patch
  return {
    base_manifest_hash: patch.baseManifestHash,
    patch_hash: hashPatch(sha256, patch),
    ops: inOrder(operations.map(({ op }) => op)),
    def_changes: changesOf(base, next),
    manifest_sections: inOrder(operations.flatMap(({ op }) => SECTIONS[op] ?? [])),
  }
}

/** The section of the manifest that an operation is about; definitions are in `def_changes`. */
const SECTIONS: { readonly [Op in PatchOperation['op']]: string | undefined } = {
  add_def: undefined,
  replace_def: undefined,
  remove_def: undefined,
  set_manifest_refs: 'manifest_refs',
  set_defaults: 'defaults',
  set_budgets: 'budgets',
  set_module_bindings: 'module_bindings',
  set_routing_events: 'routing_events',
  set_triggers: 'triggers',
  set_secrets: 'secrets',
  set_bindings: 'bindings',
  set_approvers: 'approvers',
  set_limits: 'limits',
  set_migrations: 'migrations',
}

function inOrder(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(compareText)
}

/** In the order of the sections, then by name. */
function changesOf(base: DefinitionSet, next: DefinitionSet): readonly SummarizedChange[] {
  return REFERENCE_SECTIONS.flatMap((section) => {
    const [before, after] = [base.manifest[section], next.manifest[section]].map(
      (refs) => new Map(refs.map(({ name, hash }) => [name, hash])),
    )
    const names = inOrder([...(before?.keys() ?? []), ...(after?.keys() ?? [])])
    return names.flatMap((name): SummarizedChange[] => {
      const [was, is] = [before?.get(name), after?.get(name)]
      if (was === is) return []
      const $tag = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'
      return [{ kind: KIND_OF_SECTION[section], name, action: { $tag } }]
    })
  })
}
