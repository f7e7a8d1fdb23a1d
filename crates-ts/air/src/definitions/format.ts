/** Definitions as JSON text in either lens (spec/03-air.md, "Lenses of definitions"). */
import { formatJson } from '../json-format.ts'
import type { JsonNode } from '../json.ts'
import type { Definition, DefModule, Manifest, NamedRef } from '../model.ts'
import { compareKeys } from '../types/key-order.ts'
import { typeJson, type Lens } from '../types/node.ts'
import { isPlaceholder } from './hash-field.ts'
import { members } from './json-members.ts'
import { isRequiredSection, routeMembers } from './node.ts'
import { REFERENCE_SECTIONS, type ReferenceSection } from './parse-manifest.ts'
import { capJson, effectJson, planJson, policyJson, secretJson } from './plan-json.ts'
import { powersJson } from './powers-json.ts'

/** In which of the lenses a definition is written, and how it is laid out. */
export interface FormatDefinitionOptions {
  /** `sugar` writes bare words and leaves out what is empty; `tagged` is the form that AIR v1 reads. */
  readonly lens: Lens
  /** Spaces per level, 2 unless given; 0 for one line. */
  readonly indent?: number
}

/**
 * The one text of a definition in a lens: equal definitions give equal texts, and parsing gives the same hash again.
 * Members stand in the order of the specification, fields, arms and slots in canonical order; a hash that is only a
 * placeholder is left out. No newline at the end.
 */
export function formatDefinition(definition: Definition, options: FormatDefinitionOptions): string {
  return formatJson(definitionJson(definition, options.lens), { indent: options.indent ?? 2 })
}

/** The JSON node behind `formatDefinition`. */
export function definitionJson(definition: Definition, lens: Lens): JsonNode {
  switch (definition.kind) {
    case 'defschema':
      return members([
        ['$kind', 'defschema'],
        ['name', definition.name],
        ['type', typeJson(definition.type, lens)],
      ])
    case 'defmodule':
      return moduleJson(definition)
    case 'defplan':
      return planJson(definition)
    case 'defeffect':
      return effectJson(definition)
    case 'defcap':
      return capJson(definition, lens)
    case 'defpolicy':
      return policyJson(definition)
    case 'defsecret':
      return secretJson(definition)
    case 'manifest':
      return manifestJson(definition, lens)
  }
}

function moduleJson(module: DefModule): JsonNode {
  const { reducer, pure } = module
  const slots = [...(reducer?.capSlots ?? [])].toSorted(([left], [right]) => compareKeys(left, right))
  const reducerJson = reducer && [
    ['state', reducer.state],
    ['event', reducer.event],
    ['context', reducer.context],
    ['annotations', reducer.annotations],
    ['effects_emitted', reducer.effectsEmitted.length === 0 ? undefined : reducer.effectsEmitted],
    ['cap_slots', slots.length === 0 ? undefined : new Map(slots)],
  ] as const // prettier-ignore
  const pureJson = pure && ([['input', pure.input], ['output', pure.output], ['context', pure.context]] as const) // prettier-ignore
  return members([
    ['$kind', 'defmodule'],
    ['name', module.name],
    ['module_kind', module.moduleKind],
    ['wasm_hash', isPlaceholder(module.wasmHash) ? undefined : module.wasmHash],
    ['key_schema', module.keySchema],
    ['abi', members([['reducer', reducerJson && members(reducerJson)], ['pure', pureJson && members(pureJson)]])], // prettier-ignore
  ])
}

function manifestJson(manifest: Manifest, lens: Lens): JsonNode {
  const routes = manifest.routes.length === 0 ? undefined : manifest.routes.map(routeMembers)
  const refs = (section: ReferenceSection): JsonNode | undefined => {
    const listed = manifest[section].map((ref) => refJson(ref, lens))
    const isShown = section === 'schemas' || section === 'modules' || listed.length > 0
    return isShown || (lens === 'tagged' && isRequiredSection(section)) ? listed : undefined
  }
  const { defaults, moduleBindings, triggers, bindings, approvers, approvals, limits, migrations } =
    powersJson(manifest)
  return members([
    ['$kind', 'manifest'],
    ['air_version', manifest.airVersion],
    ...REFERENCE_SECTIONS.map((section) => [section, refs(section)] as const),
    ['defaults', defaults],
    ['module_bindings', moduleBindings],
    ['routing', manifest.hasRouting || routes !== undefined ? members([['events', routes]]) : undefined],
    ['triggers', triggers],
    ['bindings', bindings],
    ['approvers', approvers],
    ['approvals', approvals],
    ['limits', limits],
    ['migrations', migrations],
  ])
}

function refJson(ref: NamedRef, lens: Lens): JsonNode {
  if (!isPlaceholder(ref.hash)) return members([['name', ref.name], ['hash', ref.hash]]) // prettier-ignore
  return lens === 'sugar' ? ref.name : members([['name', ref.name]])
}
