/** The definitions that a manifest puts in force, decoded from the content store. */
import {
  BUILTIN_CAPS,
  BUILTIN_EFFECTS,
  BUILTIN_SCHEMAS,
  EMPTY_MANIFEST,
  compileSchema,
  decodeDefinition,
  hashDefinition,
} from '@aos/air'
import type {
  DefCap,
  DefEffect,
  DefModule,
  DefPlan,
  DefPolicy,
  DefSchema,
  DefSecret,
  Definition,
  Manifest,
  NamedRef,
  SchemaCodec,
  SchemaTable,
  TypeExpr,
} from '@aos/air'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { nodeSha256 } from './sha256.ts'

/** What one manifest puts in force, read from the content store and compiled when asked for. */
export interface Definitions {
  readonly manifestHash: Hash
  readonly manifest: Manifest
  /** Without the built-in ones. */
  readonly schemas: ReadonlyMap<string, DefSchema>
  readonly modules: ReadonlyMap<string, DefModule>
  readonly plans: ReadonlyMap<string, DefPlan>
  /** Listed ones, built-in ones included. */
  readonly effects: ReadonlyMap<string, DefEffect>
  readonly caps: ReadonlyMap<string, DefCap>
  readonly policies: ReadonlyMap<string, DefPolicy>
  readonly secrets: ReadonlyMap<string, DefSecret>
  /** Types by name, built-in ones included. */
  readonly table: SchemaTable
  /** Compiled once per name. Throws `host.unknown_schema`. */
  readonly codec: (schema: string) => SchemaCodec
}

/** Reads the manifest and everything it names. Throws `store.missing_blob` and what AIR says of a bad node. */
export function loadDefinitions(manifestHash: Hash, read: (hash: Hash) => Uint8Array): Definitions {
  const manifest = loadManifest(manifestHash, read)
  const load = <Kind extends Named['kind']>(
    refs: readonly NamedRef[],
    kind: Kind,
    builtins?: ReadonlyMap<string, OfKind<Kind>>,
  ): ReadonlyMap<string, OfKind<Kind>> => {
    const found = new Map<string, OfKind<Kind>>()
    for (const { name, hash } of refs) {
      const node = builtins?.get(name) ?? decodeDefinition(read(hash))
      if (isOfKind(node, kind)) found.set(name, node)
    }
    return found
  }
  const schemas = load(
    manifest.schemas.filter(({ name }) => !BUILTIN_SCHEMAS.has(name)),
    'defschema',
  )
  const table = makeSchemaTable(schemas)
  return {
    manifestHash,
    manifest,
    schemas,
    modules: load(manifest.modules, 'defmodule'),
    plans: load(manifest.plans, 'defplan'),
    effects: load(manifest.effects, 'defeffect', BUILTIN_EFFECTS),
    caps: load(manifest.caps, 'defcap', BUILTIN_CAPS),
    policies: load(manifest.policies, 'defpolicy'),
    secrets: load(manifest.secrets, 'defsecret'),
    table,
    codec: makeCodecs(table),
  }
}

type Named = Exclude<Definition, Manifest>
type OfKind<Kind extends Named['kind']> = Extract<Named, { readonly kind: Kind }>

function isOfKind<Kind extends Named['kind']>(node: Definition, kind: Kind): node is OfKind<Kind> {
  return node.kind === kind
}

/** Types of the built-in schemas and of these. */
export function makeSchemaTable(schemas: ReadonlyMap<string, DefSchema>): SchemaTable {
  const table = new Map<string, TypeExpr>()
  for (const [name, schema] of BUILTIN_SCHEMAS) table.set(name, schema.type)
  for (const [name, schema] of schemas) table.set(name, schema.type)
  return table
}

/** The module's definition. Throws `host.unknown_reducer`. */
export function needReducer(
  definitions: Definitions,
  name: string,
): DefModule & { readonly reducer: NonNullable<DefModule['reducer']> } {
  const module = definitions.modules.get(name)
  if (module?.reducer !== undefined) return { ...module, reducer: module.reducer }
  const known = [...definitions.modules.values()]
    .filter((other) => other.reducer !== undefined)
    .map(({ name: of }) => of)
  throw new AosError('host.unknown_reducer', `the manifest has no reducer ${name}`, {
    hint: known.length === 0 ? 'it has none; run `aos push`' : `it has ${known.join(', ')}`,
  })
}

/** The manifest itself. Throws `store.missing_blob`, and `host.fault` for content that is none. */
export function loadManifest(hash: Hash, read: (hash: Hash) => Uint8Array): Manifest {
  if (hash === hashDefinition(nodeSha256, EMPTY_MANIFEST)) return EMPTY_MANIFEST
  const node = decodeDefinition(read(hash))
  if (node.kind === 'manifest') return node
  throw new AosError('host.fault', `the content of ${hash} is no manifest`)
}

function makeCodecs(table: SchemaTable): (schema: string) => SchemaCodec {
  const compiled = new Map<string, SchemaCodec>()
  return (name) => {
    const known = compiled.get(name)
    if (known !== undefined) return known
    const type = table.get(name)
    if (type === undefined) throw unknownSchema(name, table)
    const codec = compileSchema(type, table)
    compiled.set(name, codec)
    return codec
  }
}

function unknownSchema(name: string, table: SchemaTable): AosError {
  const own = [...table.keys()].filter((known) => !known.startsWith('sys/'))
  return new AosError('host.unknown_schema', `the manifest has no schema ${name}`, {
    hint: own.length === 0 ? 'it has none of its own; run `aos push`' : `it has ${own.join(', ')}`,
  })
}
