/**
 * A second opinion on definition hashes: canonical CBOR and the node form of AIR definitions, written from the
 * specification alone and sharing no code with the packages (spec/02-encoding.md, spec/03-air.md).
 *
 * It knows schemas, modules and manifests in the sugar lens, and nothing about errors.
 */
import { createHash } from 'node:crypto'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The hash of a definition as an author wrote it. References must be filled in. */
export function hashDefinitionJson(definition: { readonly [key: string]: Json }): string {
  const bytes = Buffer.concat([Buffer.from('d9d9f7', 'hex'), item(nodeOf(definition))])
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function nodeOf(definition: { readonly [key: string]: Json }): Json {
  switch (definition['$kind']) {
    case 'defschema':
      return pick(definition, ['$kind', 'name', 'type'], [])
    case 'defmodule':
      return moduleNode(definition)
    case 'manifest':
      return manifestNode(definition)
    default:
      throw new Error(`not known here: ${String(definition['$kind'])}`)
  }
}

function moduleNode(definition: { readonly [key: string]: Json }): Json {
  const node = pick(definition, ['$kind', 'name', 'module_kind', 'wasm_hash'], ['key_schema'])
  const abi = object(definition['abi'])
  const parts: Record<string, Json> = {}
  if (abi['reducer'] !== undefined) {
    const optional = ['context', 'annotations', 'effects_emitted', 'cap_slots']
    parts['reducer'] = pick(object(abi['reducer']), ['state', 'event'], optional)
  }
  if (abi['pure'] !== undefined) parts['pure'] = pick(object(abi['pure']), ['input', 'output'], ['context'])
  return { ...node, abi: parts }
}

function manifestNode(definition: { readonly [key: string]: Json }): Json {
  const required = ['$kind', 'air_version', 'schemas', 'modules', 'plans', 'caps', 'policies']
  const node: Record<string, Json> = { ...pick(definition, required, []) }
  const routing = definition['routing']
  if (routing !== undefined) {
    const events = (object(routing)['events'] ?? []) as readonly Json[] // a list of routes by the specification
    const routes = events.map((route) => pick(object(route), ['event', 'reducer'], ['key_field']))
    node['routing'] = routes.length === 0 ? {} : { events: routes }
  }
  for (const list of ['schemas', 'modules']) {
    const references = node[list] as readonly Json[] // likewise: a list of {name, hash}
    node[list] = references.map((reference) => pick(object(reference), ['name', 'hash'], []))
  }
  return node
}

function object(value: Json | undefined): { readonly [key: string]: Json } {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('expected an object')
  return value as { readonly [key: string]: Json } // arrays and null are excluded above
}

/** Required keys stay, also when empty; optional ones stay unless empty. */
function pick(
  from: { readonly [key: string]: Json },
  required: readonly string[],
  optional: readonly string[],
): { readonly [key: string]: Json } {
  const kept: Record<string, Json> = {}
  for (const key of required) {
    const value = from[key]
    if (value === undefined) throw new Error(`missing ${key}`)
    kept[key] = value
  }
  for (const key of optional) {
    const value = from[key]
    const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
    if (value !== undefined && value !== null && !empty) kept[key] = value
  }
  return kept
}

function item(value: Json): Buffer {
  if (value === null) return Buffer.of(0xf6)
  if (typeof value === 'boolean') return Buffer.of(value ? 0xf5 : 0xf4)
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(item)])
  const pairs = Object.entries(value).map(([key, member]) => [item(key), item(member as Json)] as const) // a JSON object
  pairs.sort(([left], [right]) => Buffer.compare(left, right))
  return Buffer.concat([head(5, pairs.length), ...pairs.flat()])
}

function head(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.of((major << 5) | argument)
  if (argument < 0x100) return Buffer.of((major << 5) | 24, argument)
  if (argument < 0x10000) return Buffer.of((major << 5) | 25, argument >> 8, argument & 0xff)
  const bytes = Buffer.alloc(5)
  bytes[0] = (major << 5) | 26
  bytes.writeUInt32BE(argument, 1)
  return bytes
}
