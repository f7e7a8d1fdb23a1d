/** From a set of definitions to the next one (spec/18-patches.md, "Applying"). */
import type { ErrorPath, Issue, Sha256Port } from '@aos/cbor'
import type { Checked } from '../codec/port.ts'
import { makeDefinitionSet, definitionsOf, type DefinitionSet } from '../definitions/definition-set.ts'
import { hashDefinition } from '../definitions/node.ts'
import { grantsJson, budgetsJson } from '../definitions/powers-json.ts'
import { makeSink, report, shown, sortIssues } from '../issues.ts'
import {
  addDefinition,
  checkPreHash,
  removeDefinition,
  replaceDefinition,
  setManifestRefs,
  setOrder,
  setSecrets,
} from './apply-definitions.ts'
import { blockOf, budgetsOf, hashBlock, isSameBlock, secretsOf, setBlock, type BlockOperation } from './blocks.ts'
import { Draft } from './draft.ts'
import type { OperationOf, Patch, PatchOperation } from './patch-model.ts'

/** A patch and what it is to change. */
export interface ApplyPatchOptions {
  readonly sha256: Sha256Port
  readonly base: DefinitionSet
  readonly patch: Patch
}

/**
 * The next set, its manifest complete, or everything for which the patch is refused. Paths are in the patch. That the next set
 * is sound is for `checkDefinitions` of @aos/expr to say.
 */
export function applyPatch({ sha256, base, patch }: ApplyPatchOptions): Checked<DefinitionSet> {
  const sink = makeSink()
  const own = makeDefinitionSet(base.manifest, definitionsOf(base))
  const found = hashDefinition(sha256, base.manifest)
  if (patch.baseManifestHash !== found) {
    const message = `the patch is for the manifest ${patch.baseManifestHash}, the one to be changed is ${found}`
    // What else is wrong with it would be told of another manifest.
    return { ok: false, issues: [{ code: 'air.stale_base', path: ['base_manifest_hash'], message }] }
  }
  const draft = new Draft(own, sha256, sink)
  if (patch.operations.length === 0) report(sink, 'air.no_effect', ['patches'], 'expected at least one operation')
  for (const stage of STAGES) {
    for (const [index, operation] of patch.operations.entries()) {
      stage(draft, operation, ['patches', index, operation.op])
    }
  }
  const issues: readonly Issue[] = sortIssues(sink.issues)
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: draft.finish() }
}

type Stage = (draft: Draft, operation: PatchOperation, path: ErrorPath) => void

/** Definitions first, then the lists of them, then the order of these, then everything else. */
const STAGES: readonly Stage[] = [applyToDefinitions, applyToLists, applyToOrders, applyToSections]

function applyToDefinitions(draft: Draft, operation: PatchOperation, path: ErrorPath): void {
  if (operation.op === 'add_def') addDefinition(draft, operation, path)
  else if (operation.op === 'replace_def') replaceDefinition(draft, operation, path)
  else if (operation.op === 'remove_def') removeDefinition(draft, operation, path)
}

function applyToLists(draft: Draft, operation: PatchOperation, path: ErrorPath): void {
  if (operation.op === 'set_manifest_refs') setManifestRefs(draft, operation, path)
}

function applyToOrders(draft: Draft, operation: PatchOperation, path: ErrorPath): void {
  if (operation.op === 'set_secrets') {
    const expected = hashBlock(draft.sha256, secretsOf(draft.base.manifest))
    if (checkPreHash(draft, { expected, found: operation.preHash }, path)) setSecrets(draft, operation, path)
  } else if (operation.op === 'set_manifest_refs') {
    for (const [index, order] of operation.order.entries()) setOrder(draft, order, [...path, 'order', index])
  }
}

function applyToSections(draft: Draft, operation: PatchOperation, path: ErrorPath): void {
  switch (operation.op) {
    case 'add_def':
    case 'replace_def':
    case 'remove_def':
    case 'set_manifest_refs':
    case 'set_secrets':
      return
    case 'set_defaults':
      return setDefaults(draft, operation, path)
    case 'set_budgets':
      return setBudgets(draft, operation, path)
    default:
      return replaceBlock(draft, operation, path)
  }
}

const POLICY = 'the policy that decides'
const GRANTS = 'the grants'

function setDefaults(draft: Draft, { policy, grants }: OperationOf<'set_defaults'>, path: ErrorPath): void {
  if (policy === undefined && grants === undefined) {
    report(draft.sink, 'air.no_effect', path, 'expected policy or cap_grants')
  }
  if (policy !== undefined && draft.claim(POLICY, [...path, 'policy'])) {
    const { policy: before, ...manifest } = draft.manifest
    if ((before ?? null) === policy) {
      report(draft.sink, 'air.no_effect', [...path, 'policy'], 'this is the policy already')
    }
    draft.manifest = policy === null ? manifest : { ...manifest, policy }
  }
  if (grants === undefined) return
  const at = [...path, 'cap_grants']
  const competing = draft.manifest.grants.find(({ name }) => draft.isClaimed(budgetsThing(name)))
  if (competing !== undefined) {
    const message = `another operation of the patch is about ${budgetsThing(competing.name)} already`
    report(draft.sink, 'air.patch_conflict', at, message)
  } else if (draft.claim(GRANTS, at)) {
    if (isSameBlock(grantsJson(draft.manifest.grants), grantsJson(grants))) {
      report(draft.sink, 'air.no_effect', at, 'these are the grants already')
    }
    draft.manifest = { ...draft.manifest, grants }
  }
}

function budgetsThing(grant: string): string {
  return `the budgets of ${shown(grant)}`
}

function setBudgets(draft: Draft, operation: OperationOf<'set_budgets'>, path: ErrorPath): void {
  const { grant, budgets, preHash } = operation
  if (draft.isClaimed(GRANTS)) {
    report(draft.sink, 'air.patch_conflict', path, `another operation of the patch is about ${GRANTS} already`)
    return
  }
  if (!draft.claim(budgetsThing(grant), path)) return
  const before = budgetsOf(draft.base.manifest, grant)
  if (before === undefined) {
    report(draft.sink, 'air.unknown_grant', [...path, 'grant'], `no grant is called ${shown(grant)}`)
    return
  }
  const expected = hashBlock(draft.sha256, before)
  if (!checkPreHash(draft, { expected, found: preHash }, path)) return
  if (isSameBlock(before, budgetsJson(budgets))) {
    report(draft.sink, 'air.no_effect', path, 'these are the budgets already')
  }
  const grants = draft.manifest.grants.map((each) => {
    if (each.name !== grant) return each
    const { budgets: _, ...rest } = each
    return budgets.size === 0 ? rest : { ...rest, budgets }
  })
  draft.manifest = { ...draft.manifest, grants }
}

function replaceBlock(draft: Draft, operation: BlockOperation, path: ErrorPath): void {
  const { op, preHash } = operation
  if (!draft.claim(op.replace('set_', 'the section '), path)) return
  const before = blockOf(op, draft.manifest)
  if (!checkPreHash(draft, { expected: hashBlock(draft.sha256, before), found: preHash }, path)) return
  const next = setBlock(draft.manifest, operation)
  if (isSameBlock(before, blockOf(op, next)) && draft.manifest.hasRouting === next.hasRouting) {
    report(draft.sink, 'air.no_effect', path, 'the section is like this already')
  }
  draft.manifest = next
}
