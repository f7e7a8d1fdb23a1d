/** What a folder or a world says, taken apart into what changes by itself (spec/22-sync.md, "Definitions"). */
import { ZERO_HASH, definitionJson, formatJson, hashDefinition, isJsonArray, isJsonObject } from '@aos/air'
import type { JsonNode, JsonObject, Manifest, NamedDefinition } from '@aos/air'
import { hashText } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'

/** Definitions with the manifest that lists them; the hashes in the manifest play no part. */
export interface Side {
  /** undefined: there is none. */
  readonly manifest: Manifest | undefined
  /** By `itemOf`; without those that are built in. */
  readonly definitions: ReadonlyMap<string, NamedDefinition>
  /** Hashes of the bytes of modules, by name; a module is not among them when nobody knows. */
  readonly bytes: ReadonlyMap<string, Hash>
}

/** Hashes of what each item says; those of a list in its order. */
export type Items = ReadonlyMap<string, Hash>

/** What a manifest says, in parts that have names: `manifest policies demo/policy@1`. */
export type ManifestParts = ReadonlyMap<string, JsonNode>

/** How the manifest and what it lists are told apart from each other. */
export const MANIFEST = 'manifest'

const REF_SECTIONS = ['schemas', 'modules', 'plans', 'effects', 'caps', 'policies', 'secrets'] as const

/** Sections whose entries are parts, each with what names an entry. */
const LISTS: readonly { readonly section: string; readonly nameOf: (entry: JsonObject) => string }[] = [
  ...REF_SECTIONS.map((section) => ({ section, nameOf: (entry: JsonObject) => textOf(entry, 'name') })),
  { section: 'cap_grants', nameOf: (entry) => textOf(entry, 'name') },
  { section: 'events', nameOf: (entry) => `${textOf(entry, 'event')} -> ${textOf(entry, 'reducer')}` },
  { section: 'triggers', nameOf: (entry) => `${textOf(entry, 'event')} -> ${textOf(entry, 'plan')}` },
]

/** Sections that are one part each. */
const WHOLE = ['module_bindings', 'bindings', 'approvers', 'approvals', 'limits', 'migrations'] as const

/** Sections whose entries are parts of their own. */
export const LIST_SECTIONS: readonly string[] = LISTS.map(({ section }) => section)

/** How an item of a definition is called, which is how people read it. */
export function itemOf({ kind, name }: Pick<NamedDefinition, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}

/** The item of the bytes of a module. */
export function bytesItem(module: string): string {
  return `wasm ${module}`
}

/** Everything that is there. */
export function itemsOf({ manifest, definitions, bytes }: Side): Items {
  const items = new Map<string, Hash>()
  for (const [item, definition] of definitions) items.set(item, hashOfDefinition(definition))
  for (const [module, hash] of bytes) items.set(bytesItem(module), hash)
  for (const [part, node] of partsOfManifest(manifest)) items.set(part, hashOfNode(node))
  return items
}

/** The bytes of a module are an item of their own. */
function hashOfDefinition(definition: NamedDefinition): Hash {
  const { kind } = definition
  return hashDefinition(nodeSha256, kind === 'defmodule' ? { ...definition, wasmHash: ZERO_HASH } : definition)
}

/** Empty without a manifest. */
export function partsOfManifest(manifest: Manifest | undefined): ManifestParts {
  const parts = new Map<string, JsonNode>()
  if (manifest === undefined) return parts
  const json = manifestJson(manifest)
  const [defaults, routing] = [json.get('defaults'), json.get('routing')]
  const lists = new Map<string, JsonNode | undefined>([
    ...REF_SECTIONS.map((section) => [section, json.get(section)] as const),
    ['cap_grants', isJsonObject(defaults) ? defaults.get('cap_grants') : undefined],
    ['events', isJsonObject(routing) ? routing.get('events') : undefined],
    ['triggers', json.get('triggers')],
  ])
  for (const { section, nameOf } of LISTS) {
    const list = lists.get(section)
    for (const entry of isJsonArray(list) ? list : []) {
      const name = isJsonObject(entry) ? nameOf(entry) : String(entry)
      parts.set(partOf(section, name), entry)
    }
  }
  const policy = isJsonObject(defaults) ? defaults.get('policy') : undefined
  if (policy !== undefined) parts.set(partOf('policy'), policy)
  // An empty one is not the same as none.
  if (routing !== undefined) parts.set(partOf('routing'), true)
  for (const section of WHOLE) {
    const node = json.get(section)
    if (node !== undefined) parts.set(partOf(section), node)
  }
  return parts
}

/** The manifest that has these parts, in the sugar lens, with bare names where it lists. */
export function manifestOfParts(parts: ManifestParts): JsonObject {
  const list = (section: string): readonly JsonNode[] =>
    [...parts].flatMap(([part, node]) => (sectionOf(part) === section ? [node] : []))
  const [grants, policy] = [list('cap_grants'), parts.get(partOf('policy'))]
  const defaults = new Map<string, JsonNode>()
  if (policy !== undefined) defaults.set('policy', policy)
  if (grants.length > 0) defaults.set('cap_grants', grants)
  const events = list('events')
  const routing = new Map<string, JsonNode>(events.length > 0 ? [['events', events]] : [])
  const hasRouting = events.length > 0 || parts.has(partOf('routing'))
  const triggers = list('triggers')
  const whole = (section: (typeof WHOLE)[number]): readonly [string, JsonNode | undefined] => [
    section,
    parts.get(partOf(section)),
  ]
  const members: readonly (readonly [string, JsonNode | undefined])[] = [
    ['$kind', 'manifest'],
    ['air_version', '1'],
    ...REF_SECTIONS.map((section) => {
      const names = list(section)
      const isShown = names.length > 0 || section === 'schemas' || section === 'modules'
      return [section, isShown ? names : undefined] as const
    }),
    ['defaults', defaults.size > 0 ? defaults : undefined],
    whole('module_bindings'),
    ['routing', hasRouting ? routing : undefined],
    ['triggers', triggers.length > 0 ? triggers : undefined],
    ...(['bindings', 'approvers', 'approvals', 'limits', 'migrations'] as const).map(whole),
  ]
  return new Map(members.flatMap(([key, node]) => (node === undefined ? [] : [[key, node] as const])))
}

/** Hashes are filled in by whoever pushes. */
function manifestJson(manifest: Manifest): JsonObject {
  const bare = Object.fromEntries(
    REF_SECTIONS.map((section) => [section, manifest[section].map(({ name }) => ({ name, hash: ZERO_HASH }))]),
  )
  const json = definitionJson({ ...manifest, ...bare }, 'sugar')
  return isJsonObject(json) ? json : new Map<string, JsonNode>()
}

/** `manifest SECTION`, or `manifest SECTION ENTRY`. */
function partOf(section: string, entry?: string): string {
  return entry === undefined ? `${MANIFEST} ${section}` : `${MANIFEST} ${section} ${entry}`
}

/** The section of which a part is one entry; undefined for other items. */
export function sectionOf(item: string): string | undefined {
  const [first, section, entry] = item.split(' ')
  return first === MANIFEST && entry !== undefined ? section : undefined
}

function hashOfNode(node: JsonNode): Hash {
  return hashText(nodeSha256, new TextEncoder().encode(formatJson(node)))
}

function textOf(entry: JsonObject, member: string): string {
  const text = entry.get(member)
  return typeof text === 'string' ? text : ''
}
