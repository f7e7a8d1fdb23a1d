/** Definitions as canonical nodes, and their hashes (spec/03-air.md, "Nodes and hashes"). */
import { encodeNode, hashText, type CanonicalBytes, type Data, type Hash, type Sha256Port } from '@aos/cbor'
import { dataOfJson } from '../json-data.ts'
import type { JsonNode } from '../json.ts'
import type { Definition, DefModule, EventRoute, Manifest, NamedRef, PureAbi, ReducerAbi } from '../model.ts'
import type { DefCap, DefEffect, DefPlan, DefPolicy, DefSecret } from '../plan-model.ts'
import { typeData } from '../types/node.ts'
import { REFERENCE_SECTIONS, type ReferenceSection } from './parse-manifest.ts'
import { capJson, effectJson, planJson, policyJson, secretJson } from './plan-json.ts'
import { powersJson } from './powers-json.ts'

/** The data that is encoded and hashed: always with `$kind`, optional members that are absent or empty left out. */
export function definitionNode(definition: Definition): Data {
  switch (definition.kind) {
    case 'defschema':
      return members([
        ['$kind', 'defschema'],
        ['name', definition.name],
        ['type', typeData(definition.type)],
      ])
    case 'defmodule':
      return moduleNode(definition)
    case 'defplan':
    case 'defeffect':
    case 'defcap':
    case 'defpolicy':
    case 'defsecret':
      // Nothing in them is left out of JSON, so what is hashed is the tagged lens.
      return dataOfJson(actingJson(definition))
    case 'manifest':
      return manifestNode(definition)
  }
}

/** The canonical bytes of a definition, prefix included. */
export function encodeDefinition(definition: Definition): CanonicalBytes {
  return encodeNode(definitionNode(definition))
}

/** SHA-256 of `encodeDefinition`: the one hash of a definition, whatever lens it was written in. */
export function hashDefinition(port: Sha256Port, definition: Definition): Hash {
  return hashText(port, encodeDefinition(definition))
}

function moduleNode(module: DefModule): Data {
  const abi = members([
    ['reducer', module.reducer && reducerNode(module.reducer)],
    ['pure', module.pure && pureNode(module.pure)],
  ])
  return members([
    ['$kind', 'defmodule'],
    ['name', module.name],
    ['module_kind', module.moduleKind],
    ['wasm_hash', module.wasmHash],
    ['key_schema', module.keySchema],
    ['abi', abi],
  ])
}

function reducerNode(abi: ReducerAbi): Data {
  return members([
    ['state', abi.state],
    ['event', abi.event],
    ['context', abi.context],
    ['annotations', abi.annotations],
    ['effects_emitted', abi.effectsEmitted.length === 0 ? undefined : abi.effectsEmitted],
    ['cap_slots', abi.capSlots.size === 0 ? undefined : abi.capSlots],
  ])
}

function pureNode(abi: PureAbi): Data {
  return members([
    ['input', abi.input],
    ['output', abi.output],
    ['context', abi.context],
  ])
}

/** `schemas`, `modules`, `plans`, `caps` and `policies` stay when empty, the other lists do not; `routing: {}` stays. */
function manifestNode(manifest: Manifest): Data {
  const routes = manifest.routes.length === 0 ? undefined : manifest.routes.map(routeMembers)
  const powers = powersJson(manifest)
  const data = (node: JsonNode | undefined): Data | undefined => (node === undefined ? undefined : dataOfJson(node))
  return members([
    ['$kind', 'manifest'],
    ['air_version', manifest.airVersion],
    ...REFERENCE_SECTIONS.map((section) => {
      const isKept = manifest[section].length > 0 || isRequiredSection(section)
      return [section, isKept ? manifest[section].map(refNode) : undefined] as const
    }),
    ['defaults', data(powers.defaults)],
    ['module_bindings', data(powers.moduleBindings)],
    ['routing', manifest.hasRouting || routes !== undefined ? members([['events', routes]]) : undefined],
    ['triggers', data(powers.triggers)],
    ['bindings', data(powers.bindings)],
    ['approvers', data(powers.approvers)],
    ['approvals', data(powers.approvals)],
    ['limits', data(powers.limits)],
    ['migrations', data(powers.migrations)],
  ])
}

/** Sections that AIR v1 wants to be there, also when they are empty. */
export function isRequiredSection(section: ReferenceSection): boolean {
  return section !== 'effects' && section !== 'secrets'
}

function actingJson(definition: DefPlan | DefEffect | DefCap | DefPolicy | DefSecret): JsonNode {
  switch (definition.kind) {
    case 'defplan':
      return planJson(definition)
    case 'defeffect':
      return effectJson(definition)
    case 'defcap':
      return capJson(definition, 'tagged')
    case 'defpolicy':
      return policyJson(definition)
    case 'defsecret':
      return secretJson(definition)
  }
}

function refNode(ref: NamedRef): Data {
  return members([
    ['name', ref.name],
    ['hash', ref.hash],
  ])
}

/** A route as it stands in a node, and in JSON of either lens: the three agree. */
export function routeMembers({ event, reducer, keyField }: EventRoute): ReadonlyMap<string, string> {
  const fixed = [['event', event], ['reducer', reducer]] as const // prettier-ignore
  return new Map(keyField === undefined ? fixed : [...fixed, ['key_field', keyField] as const])
}

function members(entries: readonly (readonly [string, Data | undefined])[]): ReadonlyMap<string, Data> {
  return new Map(entries.flatMap(([key, member]) => (member === undefined ? [] : [[key, member]])))
}
