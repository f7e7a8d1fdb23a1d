/** A manifest with everything that it lists (spec/18-patches.md, "Sets"). */
import { equalBytes } from '@aos/cbor'
import { builtinDefinition } from '../builtin/catalog.ts'
import type { Definition, Manifest } from '../model.ts'
import { encodeDefinition } from './node.ts'
import { REFERENCE_SECTIONS, type ReferenceSection } from './parse-manifest.ts'

/** Whatever stands in AIR under a name. */
export type NamedDefinition = Exclude<Definition, Manifest>

/** The kinds of definitions that have names. */
export type DefinitionKind = NamedDefinition['kind']

/** A definition of one kind. */
export type DefinitionOf<Kind extends Definition['kind']> = Extract<Definition, { readonly kind: Kind }>

type Section<Kind extends DefinitionKind> = ReadonlyMap<string, DefinitionOf<Kind>>

/** Definitions by kind and name. */
export interface SortedDefinitions {
  readonly schemas: Section<'defschema'>
  readonly modules: Section<'defmodule'>
  readonly plans: Section<'defplan'>
  readonly effects: Section<'defeffect'>
  readonly caps: Section<'defcap'>
  readonly policies: Section<'defpolicy'>
  readonly secrets: Section<'defsecret'>
}

/**
 * A complete manifest and the definitions that it lists, without those that are built in; a built-in module with other bytes
 * is one of its own. `makeDefinitionSet` brings any set into this form.
 */
export interface DefinitionSet extends SortedDefinitions {
  readonly manifest: Manifest
}

/** The section of a manifest that lists definitions of a kind. */
export const SECTION_OF_KIND: { readonly [Kind in DefinitionKind]: ReferenceSection } = {
  defschema: 'schemas',
  defmodule: 'modules',
  defplan: 'plans',
  defeffect: 'effects',
  defcap: 'caps',
  defpolicy: 'policies',
  defsecret: 'secrets',
}

/** The kind of definition that a section of a manifest lists. */
export const KIND_OF_SECTION: { readonly [Section in ReferenceSection]: DefinitionKind } = {
  schemas: 'defschema',
  modules: 'defmodule',
  plans: 'defplan',
  effects: 'defeffect',
  caps: 'defcap',
  policies: 'defpolicy',
  secrets: 'defsecret',
}

/** The definitions of each kind; of two with one name the later one, which is reported elsewhere. */
export function sortDefinitions(definitions: Iterable<Definition>): SortedDefinitions {
  const all = [...definitions]
  const pick = <Kind extends DefinitionKind>(kind: Kind): Section<Kind> => {
    const found = new Map<string, DefinitionOf<Kind>>()
    for (const definition of all) if (isOfKind(definition, kind)) found.set(definition.name, definition)
    return found
  }
  return {
    schemas: pick('defschema'),
    modules: pick('defmodule'),
    plans: pick('defplan'),
    effects: pick('defeffect'),
    caps: pick('defcap'),
    policies: pick('defpolicy'),
    secrets: pick('defsecret'),
  }
}

/** The set of a complete manifest: of the definitions only what it lists and is not built in, in its order. */
export function makeDefinitionSet(manifest: Manifest, definitions: Iterable<Definition>): DefinitionSet {
  const sorted = sortDefinitions(definitions)
  const listed = REFERENCE_SECTIONS.flatMap((section) =>
    manifest[section].flatMap(({ name }) => {
      const definition: NamedDefinition | undefined = sorted[section].get(name)
      return definition === undefined || isBuiltin(definition) ? [] : [definition]
    }),
  )
  return { manifest, ...sortDefinitions(listed) }
}

/** The definitions of all sections, in the order of the sections. */
export function definitionsOf(sorted: SortedDefinitions): readonly NamedDefinition[] {
  return REFERENCE_SECTIONS.flatMap((section): readonly NamedDefinition[] => [...sorted[section].values()])
}

/** True for exactly what this release brings. */
export function isBuiltin(definition: NamedDefinition): boolean {
  const builtin = builtinDefinition(SECTION_OF_KIND[definition.kind], definition.name)
  return builtin !== undefined && equalBytes(encodeDefinition(builtin), encodeDefinition(definition))
}

function isOfKind<Kind extends DefinitionKind>(
  definition: Definition,
  kind: Kind,
): definition is DefinitionOf<Kind> & { readonly name: string } {
  return definition.kind === kind
}
