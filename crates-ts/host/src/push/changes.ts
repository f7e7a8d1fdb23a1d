/** What a push changes, definition by definition. */
import type { Manifest, NamedRef } from '@aos/air'
import type { Hash } from '@aos/cbor'

/** What a manifest lists by hash. */
type RefKind = 'schema' | 'module' | 'plan' | 'effect' | 'cap' | 'policy' | 'secret'

/** One line of a push: `from` and `to` are node hashes, each absent where there is nothing. */
export interface Change {
  readonly change: 'add' | 'change' | 'remove'
  readonly kind: RefKind | 'route'
  /** AIR name; of a route `EVENT -> REDUCER`. */
  readonly name: string
  readonly from?: Hash
  readonly to?: Hash
}

/** In the order of the manifest's sections, routes last; within each what the new manifest has, then what it lost. */
export function compareManifests(from: Manifest, to: Manifest): readonly Change[] {
  return [
    ...compareRefs('schema', from.schemas, to.schemas),
    ...compareRefs('module', from.modules, to.modules),
    ...compareRefs('plan', from.plans, to.plans),
    ...compareRefs('effect', from.effects, to.effects),
    ...compareRefs('cap', from.caps, to.caps),
    ...compareRefs('policy', from.policies, to.policies),
    ...compareRefs('secret', from.secrets, to.secrets),
    ...compareRoutes(from, to),
  ]
}

function compareRefs(kind: RefKind, from: readonly NamedRef[], to: readonly NamedRef[]): readonly Change[] {
  const before = new Map(from.map((ref) => [ref.name, ref.hash]))
  const after = new Set(to.map((ref) => ref.name))
  const changes: Change[] = []
  for (const { name, hash } of to) {
    const was = before.get(name)
    if (was === undefined) changes.push({ change: 'add', kind, name, to: hash })
    else if (was !== hash) changes.push({ change: 'change', kind, name, from: was, to: hash })
  }
  for (const { name, hash } of from) if (!after.has(name)) changes.push({ change: 'remove', kind, name, from: hash })
  return changes
}

function compareRoutes(from: Manifest, to: Manifest): readonly Change[] {
  const label = (manifest: Manifest): readonly string[] =>
    manifest.routes.map(
      ({ event, reducer, keyField }) => `${event} -> ${reducer}${keyField === undefined ? '' : ` by ${keyField}`}`,
    )
  const before = new Set(label(from))
  const after = new Set(label(to))
  return [
    ...[...after].filter((name) => !before.has(name)).map((name) => ({ change: 'add', kind: 'route', name }) as const),
    ...[...before]
      .filter((name) => !after.has(name))
      .map((name) => ({ change: 'remove', kind: 'route', name }) as const),
  ]
}
