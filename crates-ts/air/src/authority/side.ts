/** What a set of definitions lets a world do, looked up by what requests name (spec/23-authority.md, "Rules"). */
import type { Hash } from '@aos/cbor'
import { BUILTIN_CAPS } from '../builtin/caps.ts'
import { BUILTIN_EFFECTS } from '../builtin/effects.ts'
import { BUILTIN_MODULES } from '../builtin/modules.ts'
import { BUILTIN_SCHEMAS } from '../builtin/schemas.ts'
import type { DefinitionSet } from '../definitions/definition-set.ts'
import type { DefModule, Manifest, SchemaTable, TypeExpr } from '../model.ts'
import { REFERENCE_SECTIONS, type ReferenceSection } from '../definitions/parse-manifest.ts'
import type { CapGrant, DefCap, DefEffect, DefPolicy, DefSecret } from '../plan-model.ts'
import type { TypeIds } from '../types/type-ids.ts'

/** One of the two sets that are compared. */
export interface Side {
  readonly set: DefinitionSet
  readonly manifest: Manifest
  readonly table: SchemaTable
  /** Listed ones by kind. */
  readonly effects: ReadonlyMap<string, DefEffect>
  /** Built-in ones and those of the set. */
  readonly caps: ReadonlyMap<string, DefCap>
  readonly grants: ReadonlyMap<string, CapGrant>
  /** The policy that decides; undefined: everything is denied. */
  readonly policy: DefPolicy | undefined
  readonly secrets: ReadonlyMap<string, DefSecret>
  /** The hash that the manifest lists; undefined when it does not. */
  hashOf(section: ReferenceSection, name: string): Hash | undefined
  /** Listed ones with their hashes. */
  readonly modules: ReadonlyMap<string, { readonly definition: DefModule; readonly hash: Hash }>
}

/** The two sides of a comparison, and what their types are. */
export interface Sides {
  readonly before: Side
  readonly after: Side
  readonly types: TypeIds
}

/** Built-in definitions that the manifest lists count as definitions of the set. */
export function makeSide(set: DefinitionSet): Side {
  const { manifest } = set
  const table = new Map<string, TypeExpr>()
  for (const [name, { type }] of set.schemas) table.set(name, type)
  for (const [name, { type }] of BUILTIN_SCHEMAS) table.set(name, type)
  const hashes = new Map(
    REFERENCE_SECTIONS.map((section) => [section, new Map(manifest[section].map(({ name, hash }) => [name, hash]))]),
  )
  const effects = manifest.effects.flatMap(({ name }) => BUILTIN_EFFECTS.get(name) ?? set.effects.get(name) ?? [])
  const modules = manifest.modules.flatMap(({ name, hash }) => {
    const definition = set.modules.get(name) ?? BUILTIN_MODULES.get(name)
    return definition === undefined ? [] : [[name, { definition, hash }] as const]
  })
  return {
    set,
    manifest,
    table,
    effects: new Map(effects.map((effect) => [effect.effectKind, effect])),
    caps: new Map([...set.caps, ...BUILTIN_CAPS]),
    grants: new Map(manifest.grants.map((grant) => [grant.name, grant])),
    policy: manifest.policy === undefined ? undefined : set.policies.get(manifest.policy),
    secrets: set.secrets,
    modules: new Map(modules),
    hashOf: (section, name) => hashes.get(section)?.get(name),
  }
}

/** The type of capability of a grant; undefined when its capability is not there. */
export function capTypeOf(side: Side, grant: string): string | undefined {
  const cap = side.grants.get(grant)?.cap
  return cap === undefined ? undefined : side.caps.get(cap)?.capType
}
