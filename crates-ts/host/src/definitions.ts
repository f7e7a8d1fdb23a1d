/** The definitions that a manifest puts in force, decoded from the content store. */
import { BUILTIN_SCHEMAS, EMPTY_MANIFEST, compileSchema, decodeDefinition, hashDefinition } from '@aos/air'
import type { DefModule, DefSchema, Manifest, SchemaCodec, SchemaTable, TypeExpr } from '@aos/air'
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
  /** Types by name, built-in ones included. */
  readonly table: SchemaTable
  /** Compiled once per name. Throws `host.unknown_schema`. */
  readonly codec: (schema: string) => SchemaCodec
}

/** Reads the manifest and everything it names. Throws `store.missing_blob` and what AIR says of a bad node. */
export function loadDefinitions(manifestHash: Hash, read: (hash: Hash) => Uint8Array): Definitions {
  const manifest = loadManifest(manifestHash, read)
  const schemas = new Map<string, DefSchema>()
  const modules = new Map<string, DefModule>()
  for (const ref of manifest.schemas) {
    const builtin = BUILTIN_SCHEMAS.get(ref.name)
    const node = builtin ?? decodeDefinition(read(ref.hash))
    if (node.kind === 'defschema' && builtin === undefined) schemas.set(ref.name, node)
  }
  for (const ref of manifest.modules) {
    const node = decodeDefinition(read(ref.hash))
    if (node.kind === 'defmodule') modules.set(ref.name, node)
  }
  const table = makeSchemaTable(schemas)
  return { manifestHash, manifest, schemas, modules, table, codec: makeCodecs(table) }
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

function loadManifest(hash: Hash, read: (hash: Hash) => Uint8Array): Manifest {
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
