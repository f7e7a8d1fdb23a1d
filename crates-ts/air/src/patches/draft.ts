/** A set of definitions while a patch is applied to it. */
import type { ErrorPath, Hash, Sha256Port } from '@aos/cbor'
import { builtinDefinition } from '../builtin/catalog.ts'
import {
  makeDefinitionSet,
  SECTION_OF_KIND,
  type DefinitionKind,
  type DefinitionSet,
  type NamedDefinition,
} from '../definitions/definition-set.ts'
import { hashDefinition } from '../definitions/node.ts'
import { REFERENCE_SECTIONS, type ReferenceSection } from '../definitions/parse-manifest.ts'
import { report, shown, type IssueSink } from '../issues.ts'
import type { Manifest, NamedRef } from '../model.ts'
import { completeManifest } from '../manifest/complete.ts'
import type { DefinitionName } from './patch-model.ts'

/** What an operation did to a definition. */
type Touch = 'added' | 'replaced' | 'removed'

/** Refuses what contradicts itself; never leaves the base changed. */
export class Draft {
  readonly sha256: Sha256Port
  readonly sink: IssueSink
  readonly base: DefinitionSet
  /** Everything of the manifest but its lists of definitions. */
  manifest: Manifest
  readonly #refs: ReadonlyMap<ReferenceSection, NamedRef[]>
  /** Own definitions by kind and name. */
  readonly #own = new Map<string, NamedDefinition>()
  readonly #touched = new Map<string, Touch>()
  readonly #claimed = new Set<string>()

  constructor(base: DefinitionSet, sha256: Sha256Port, sink: IssueSink) {
    this.base = base
    this.sha256 = sha256
    this.sink = sink
    this.manifest = base.manifest
    this.#refs = new Map(REFERENCE_SECTIONS.map((section) => [section, [...base.manifest[section]]]))
    for (const section of REFERENCE_SECTIONS) {
      const definitions: ReadonlyMap<string, NamedDefinition> = base[section]
      for (const definition of definitions.values()) this.#own.set(labelOf(definition), definition)
    }
  }

  /** Reports the second operation on one thing. */
  claim(thing: string, path: ErrorPath): boolean {
    if (!this.#claimed.has(thing)) {
      this.#claimed.add(thing)
      return true
    }
    report(this.sink, 'air.patch_conflict', path, `another operation of the patch is about ${thing} already`)
    return false
  }

  isClaimed(thing: string): boolean {
    return this.#claimed.has(thing)
  }

  /** What the manifest lists of a kind, as far as the patch has gone. */
  listed(kind: DefinitionKind): NamedRef[] {
    return this.#refs.get(SECTION_OF_KIND[kind]) ?? []
  }

  refOf({ kind, name }: DefinitionName): NamedRef | undefined {
    return this.listed(kind).find((ref) => ref.name === name)
  }

  /** The definition that is listed under the name, unless it is built in. */
  ownOf(name: DefinitionName): NamedDefinition | undefined {
    return this.#own.get(labelOf(name))
  }

  touchOf(name: DefinitionName): Touch | undefined {
    return this.#touched.get(labelOf(name))
  }

  /** True when the patch adds, replaces or removes a definition of the kind. */
  touches(kind: DefinitionKind): boolean {
    return [...this.#touched.keys()].some((label) => label.startsWith(`${kind} `))
  }

  add(definition: NamedDefinition): void {
    this.#touched.set(labelOf(definition), 'added')
    this.#own.set(labelOf(definition), definition)
    this.listed(definition.kind).push({ name: definition.name, hash: this.hashOf(definition) })
  }

  replace(definition: NamedDefinition): void {
    this.#touched.set(labelOf(definition), 'replaced')
    this.#own.set(labelOf(definition), definition)
    const refs = this.listed(definition.kind)
    const at = refs.findIndex(({ name }) => name === definition.name)
    refs[at] = { name: definition.name, hash: this.hashOf(definition) }
  }

  /** Takes it out of the list, and its definition with it. */
  remove(name: DefinitionName): void {
    this.#touched.set(labelOf(name), 'removed')
    this.unlist(name)
  }

  unlist(name: DefinitionName): void {
    this.#own.delete(labelOf(name))
    const refs = this.listed(name.kind)
    const at = refs.findIndex((ref) => ref.name === name.name)
    if (at >= 0) refs.splice(at, 1)
  }

  list(name: DefinitionName, hash: Hash): void {
    this.listed(name.kind).push({ name: name.name, hash })
  }

  reorder(kind: DefinitionKind, names: readonly string[]): void {
    const refs = this.listed(kind)
    const byName = new Map(refs.map((ref) => [ref.name, ref]))
    refs.splice(0, refs.length, ...names.flatMap((name) => byName.get(name) ?? []))
  }

  hashOf(definition: NamedDefinition): Hash {
    return hashDefinition(this.sha256, definition)
  }

  /** The hash that a name has, or would have when it is listed: of its own definition or of the built-in one. */
  knownHash(name: DefinitionName): Hash | undefined {
    const definition = this.ownOf(name) ?? builtinDefinition(SECTION_OF_KIND[name.kind], name.name)
    return definition === undefined || definition.kind === 'manifest' ? undefined : this.hashOf(definition)
  }

  finish(): DefinitionSet {
    const refs = (section: ReferenceSection): readonly NamedRef[] => this.#refs.get(section) ?? []
    const lists = {
      schemas: refs('schemas'),
      modules: refs('modules'),
      plans: refs('plans'),
      effects: refs('effects'),
      caps: refs('caps'),
      policies: refs('policies'),
      secrets: refs('secrets'),
    }
    const set = makeDefinitionSet({ ...this.manifest, ...lists }, this.#own.values())
    return { ...set, manifest: completeManifest({ ...set, sha256: this.sha256 }) }
  }
}

/** Reports a name that nothing has. */
export function reportUnknown(sink: IssueSink, { kind, name }: DefinitionName, path: ErrorPath): void {
  report(sink, 'air.def_unknown', path, `the manifest lists no ${kind} ${shown(name)}`)
}

function labelOf({ kind, name }: DefinitionName): string {
  return `${kind} ${name}`
}

/** How a definition is called where operations compete for it. */
export function thingOf(name: DefinitionName): string {
  return `the ${labelOf(name)}`
}

/** The section of a kind, in the words of a message. */
export function listOf(kind: DefinitionKind): string {
  return `the list of ${SECTION_OF_KIND[kind]}`
}
