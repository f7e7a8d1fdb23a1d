/** What is different between two type expressions, as they are written (spec/03-air.md, "Differences"). */
import type { ErrorPath } from '@aos/cbor'
import type { TypeExpr } from '../model.ts'
import { compareKeys } from '../types/key-order.ts'
import { typeJson } from '../types/node.ts'
import type { DiffItem, ItemChange } from './port.ts'

/** How references are followed while two types are compared. */
export interface FollowReferences {
  readonly isSame: (before: TypeExpr, after: TypeExpr) => boolean
  /** True when these two schemas are met for the first time. */
  readonly isNew: (before: string, after: string) => boolean
  readonly typeBefore: (name: string) => TypeExpr | undefined
  readonly typeAfter: (name: string) => TypeExpr | undefined
}

/**
 * Nothing when the nodes are equal. References are compared by name, unless they are to be followed: then two schemas are compared where they
 * are met first, and later they are `reference_affected`.
 */
export function diffTypes(
  before: TypeExpr,
  after: TypeExpr,
  path: ErrorPath,
  follow?: FollowReferences,
): readonly DiffItem[] {
  if (follow !== undefined && (before.kind === 'ref' || after.kind === 'ref')) {
    return diffFollowed(before, after, path, follow)
  }
  if (before.kind === 'option' && after.kind === 'option') {
    return diffTypes(before.inner, after.inner, [...path, 'option'], follow)
  }
  if (after.kind === 'option') {
    return [item('option_added', path, before, after), ...diffTypes(before, after.inner, [...path, 'option'], follow)]
  }
  if (before.kind === 'option') {
    return [item('option_removed', path, before, after), ...diffTypes(before.inner, after, path, follow)]
  }
  if (before.kind === 'record' && after.kind === 'record') {
    const words = { added: 'field_added', removed: 'field_removed' } as const
    return diffEntries(before.fields, after.fields, { path: [...path, 'record'], words, follow })
  }
  if (before.kind === 'variant' && after.kind === 'variant') {
    const words = { added: 'arm_added', removed: 'arm_removed' } as const
    return diffEntries(before.arms, after.arms, { path: [...path, 'variant'], words, follow })
  }
  if (before.kind === 'list' && after.kind === 'list')
    return diffTypes(before.item, after.item, [...path, 'list'], follow)
  if (before.kind === 'set' && after.kind === 'set') return diffTypes(before.item, after.item, [...path, 'set'], follow)
  if (before.kind === 'map' && after.kind === 'map') {
    const [from, to]: readonly TypeExpr[] = [{ kind: before.key }, { kind: after.key }]
    const keys = before.key === after.key ? [] : [item('retyped', [...path, 'map', 'key'], from, to)]
    return [...keys, ...diffTypes(before.value, after.value, [...path, 'map', 'value'], follow)]
  }
  if (before.kind === 'ref' && after.kind === 'ref' && before.name === after.name) return []
  if (before.kind === after.kind && before.kind !== 'ref') return []
  return [item('retyped', path, before, after)]
}

function diffFollowed(
  before: TypeExpr,
  after: TypeExpr,
  path: ErrorPath,
  follow: FollowReferences,
): readonly DiffItem[] {
  if (follow.isSame(before, after)) return []
  const isMet = before.kind === 'ref' && after.kind === 'ref' && !follow.isNew(before.name, after.name)
  if (isMet) return [item('reference_affected', path, before, after)]
  const was = before.kind === 'ref' ? follow.typeBefore(before.name) : before
  const is = after.kind === 'ref' ? follow.typeAfter(after.name) : after
  if (was === undefined || is === undefined) return [item('retyped', path, before, after)]
  return diffTypes(was, is, path, follow)
}

/** Every name that the expression refers to, and where. */
export function referencesOf(type: TypeExpr, path: ErrorPath): readonly { name: string; path: ErrorPath }[] {
  switch (type.kind) {
    case 'ref':
      return [{ name: type.name, path }]
    case 'record':
      return [...type.fields].flatMap(([name, field]) => referencesOf(field, [...path, 'record', name]))
    case 'variant':
      return [...type.arms].flatMap(([name, arm]) => referencesOf(arm, [...path, 'variant', name]))
    case 'list':
    case 'set':
      return referencesOf(type.item, [...path, type.kind])
    case 'map':
      return referencesOf(type.value, [...path, 'map', 'value'])
    case 'option':
      return referencesOf(type.inner, [...path, 'option'])
    default:
      return []
  }
}

function diffEntries(
  before: ReadonlyMap<string, TypeExpr>,
  after: ReadonlyMap<string, TypeExpr>,
  {
    path,
    words,
    follow,
  }: {
    readonly path: ErrorPath
    readonly words: { readonly added: ItemChange; readonly removed: ItemChange }
    readonly follow: FollowReferences | undefined
  },
): readonly DiffItem[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted(compareKeys)
  return names.flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)]
    const at = [...path, name]
    if (was !== undefined && is !== undefined) return diffTypes(was, is, at, follow)
    return [item(is === undefined ? words.removed : words.added, at, was, is)]
  })
}

function item(
  change: ItemChange,
  path: ErrorPath,
  before: TypeExpr | undefined,
  after: TypeExpr | undefined,
): DiffItem {
  return {
    path,
    change,
    ...(before === undefined ? {} : { before: typeJson(before, 'sugar') }),
    ...(after === undefined ? {} : { after: typeJson(after, 'sugar') }),
  }
}
