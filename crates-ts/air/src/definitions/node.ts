/** Definitions as canonical nodes, and their hashes (spec/03-air.md, "Nodes and hashes"). */
import { encodeNode, hashText, type CanonicalBytes, type Data, type Hash, type Sha256Port } from '@aos/cbor'
import type { Definition, DefModule, EventRoute, Manifest, NamedRef, PureAbi, ReducerAbi } from '../model.ts'
import { typeData } from '../types/node.ts'

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
  return members([
    ['$kind', 'manifest'],
    ['air_version', manifest.airVersion],
    ['schemas', manifest.schemas.map(refNode)],
    ['modules', manifest.modules.map(refNode)],
    ['plans', []],
    ['caps', []],
    ['policies', []],
    ['routing', manifest.hasRouting || routes !== undefined ? members([['events', routes]]) : undefined],
  ])
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
