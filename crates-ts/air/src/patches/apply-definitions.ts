/** Operations on definitions and on the lists of them (spec/18-patches.md, "Applying"). */
import type { ErrorPath, Hash } from '@aos/cbor'
import type { NamedDefinition } from '../definitions/definition-set.ts'
import { report, shown } from '../issues.ts'
import { isBuiltinModule } from '../manifest/check.ts'
import { isReservedName } from '../names.ts'
import { listOf, reportUnknown, thingOf, type Draft } from './draft.ts'
import type { DefinitionName, ListedName, OperationOf, SectionOrder } from './patch-model.ts'

/** Not under a name that is there, nor under one of the system, but for a built-in module with other bytes. */
export function addDefinition(draft: Draft, { definition }: OperationOf<'add_def'>, path: ErrorPath): void {
  if (!draft.claim(thingOf(definition), path) || !mayDefine(draft, definition, [...path, 'node', 'name'])) return
  if (draft.refOf(definition) === undefined) {
    draft.add(definition)
    return
  }
  const message = `the manifest lists ${shown(definition.name)} already; replace_def puts another in its place`
  report(draft.sink, 'air.def_exists', [...path, 'node', 'name'], message)
}

/** Of a name that is listed, by another definition. */
export function replaceDefinition(draft: Draft, operation: OperationOf<'replace_def'>, path: ErrorPath): void {
  const { definition, preHash } = operation
  if (!draft.claim(thingOf(definition), path) || !mayDefine(draft, definition, [...path, 'new_node', 'name'])) return
  const ref = draft.refOf(definition)
  if (ref === undefined) {
    reportUnknown(draft.sink, definition, [...path, 'name'])
    return
  }
  const isMeant = checkPreHash(draft, { expected: ref.hash, found: preHash }, path)
  if (draft.hashOf(definition) === ref.hash) {
    report(draft.sink, 'air.no_effect', path, `${shown(definition.name)} is this definition already`)
  } else if (isMeant) draft.replace(definition)
}

/** Of a name that is listed and not built in. */
export function removeDefinition(draft: Draft, operation: OperationOf<'remove_def'>, path: ErrorPath): void {
  if (!draft.claim(thingOf(operation), path)) return
  const ref = draft.refOf(operation)
  if (ref === undefined) {
    reportUnknown(draft.sink, operation, [...path, 'name'])
  } else if (draft.ownOf(operation) === undefined) {
    const message = `${shown(operation.name)} is built in; set_manifest_refs takes it off the list`
    report(draft.sink, 'air.reserved_name', [...path, 'name'], message)
  } else if (checkPreHash(draft, { expected: ref.hash, found: operation.preHash }, path)) draft.remove(operation)
}

function mayDefine({ sink }: Draft, definition: NamedDefinition, path: ErrorPath): boolean {
  if (!isReservedName(definition.name) || isBuiltinModule(definition)) return true
  report(sink, 'air.reserved_name', path, `names under sys/ are built in; ${definition.name} cannot be defined`)
  return false
}

/** True when the patch knows what it takes the place of. */
export function checkPreHash(
  { sink }: Draft,
  { expected, found }: { readonly expected: Hash; readonly found: Hash },
  path: ErrorPath,
): boolean {
  if (expected === found) return true
  report(sink, 'air.pre_hash', [...path, 'pre_hash'], `expected ${expected}, the hash of what is there, found ${found}`)
  return false
}

/** Lists built-in definitions, takes definitions off the lists, and says again what other operations of the patch do. */
export function setManifestRefs(draft: Draft, operation: OperationOf<'set_manifest_refs'>, path: ErrorPath): void {
  const { add, remove, order } = operation
  if (add.length + remove.length + order.length === 0) {
    report(draft.sink, 'air.no_effect', path, 'expected something in add, remove or order')
  }
  for (const [index, name] of add.entries()) listName(draft, name, [...path, 'add', index])
  for (const [index, name] of remove.entries()) unlistName(draft, name, [...path, 'remove', index])
}

function listName(draft: Draft, name: ListedName, path: ErrorPath): void {
  if (!draft.claim(`${thingOf(name)} on its list`, path)) return
  const hash = draft.knownHash(name)
  const ref = draft.refOf(name)
  const touch = draft.touchOf(name)
  if (touch === 'removed') report(draft.sink, 'air.patch_conflict', path, `the patch removes ${shown(name.name)}`)
  else if (hash === undefined) reportUnknown(draft.sink, name, path)
  else if (hash !== name.hash) {
    report(draft.sink, 'air.hash_mismatch', [...path, 'hash'], `${name.name} has the hash ${hash}, found ${name.hash}`)
  } else if (ref === undefined) draft.list(name, hash)
  else if (touch === undefined) report(draft.sink, 'air.no_effect', path, `${shown(name.name)} is listed already`)
}

function unlistName(draft: Draft, name: DefinitionName, path: ErrorPath): void {
  if (!draft.claim(`${thingOf(name)} on its list`, path)) return
  const touch = draft.touchOf(name)
  if (touch === 'removed') return
  if (touch !== undefined) {
    report(draft.sink, 'air.patch_conflict', path, `the patch defines ${shown(name.name)}`)
  } else if (draft.refOf(name) === undefined) reportUnknown(draft.sink, name, path)
  else draft.unlist(name)
}

/** When all definitions and names are in their places. */
export function setOrder(draft: Draft, { kind, names }: SectionOrder, path: ErrorPath): void {
  if (!draft.claim(listOf(kind), path)) return
  const now = draft.listed(kind).map(({ name }) => name)
  const wanted = new Set(names)
  if (wanted.size !== names.length || names.length !== now.length || now.some((name) => !wanted.has(name))) {
    const message = `expected each of the ${now.length} names that the manifest will list once`
    report(draft.sink, 'air.patch_order', [...path, 'names'], message)
  } else if (now.every((name, index) => name === names[index])) {
    report(draft.sink, 'air.no_effect', path, 'the names are in this order already')
  } else draft.reorder(kind, names)
}

/** The list of secrets as a whole, as AIR v1 sets it: what it does not name goes. */
export function setSecrets(draft: Draft, operation: OperationOf<'set_secrets'>, path: ErrorPath): void {
  const kind = 'defsecret'
  if (!draft.claim(listOf(kind), path)) return
  const before = draft.listed(kind).map(({ name }) => name)
  const names = operation.secrets.map(({ name }) => name)
  for (const [index, { name, hash }] of operation.secrets.entries()) {
    const at = [...path, 'secrets', index]
    const known = draft.refOf({ kind, name })?.hash
    if (names.indexOf(name) < index) report(draft.sink, 'air.duplicate_name', at, `${shown(name)} is listed twice`)
    else if (known === undefined) reportUnknown(draft.sink, { kind, name }, at)
    else if (known !== hash) {
      report(draft.sink, 'air.hash_mismatch', [...at, 'hash'], `${name} has the hash ${known}, found ${hash}`)
    }
  }
  const isSame = before.length === names.length && before.every((name, index) => name === names[index])
  if (isSame && !draft.touches(kind)) report(draft.sink, 'air.no_effect', path, 'these are the secrets already')
  for (const name of before.filter((each) => !names.includes(each))) {
    if (draft.touchOf({ kind, name }) === undefined) draft.unlist({ kind, name })
    else report(draft.sink, 'air.patch_conflict', path, `the patch defines ${shown(name)}, which is not listed here`)
  }
  draft.reorder(kind, names)
}
