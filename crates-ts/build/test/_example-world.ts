/** Reads an example world from its folder the way a push does, and builds its module. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseDefinitions, parseJson } from '@aos/air'
import type { DefModule, Definition, Manifest, SchemaTable } from '@aos/air'
import { generateGuest, readSdkFiles } from '@aos/sdk'
import type { GuestSources } from '../src/index.ts'

export interface ExampleWorld {
  readonly directory: string
  readonly definitions: readonly Definition[]
  readonly manifest: Manifest
  readonly schemas: SchemaTable
  readonly module: DefModule
  readonly sources: GuestSources
}

export function readExample(name: string): ExampleWorld {
  const directory = fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url))
  const definitions = readdirSync(join(directory, 'air')).flatMap((file) => {
    const parsed = parseDefinitions(parseJson(readFileSync(join(directory, 'air', file), 'utf8')))
    if (!parsed.ok) throw new Error(`${file}: ${parsed.issues.map(({ message }) => message).join('; ')}`)
    return parsed.value
  })
  const manifest = definitions.find((definition) => definition.kind === 'manifest')
  const module = definitions.find((definition) => definition.kind === 'defmodule')
  if (manifest === undefined || module === undefined) throw new Error(`${name} lacks a manifest or a module`)
  const schemas = new Map(
    definitions.flatMap((definition) => (definition.kind === 'defschema' ? [[definition.name, definition.type]] : [])),
  )
  return { directory, definitions, manifest, schemas, module, sources: readSources(directory, module, schemas) }
}

function readSources(directory: string, module: DefModule, schemas: SchemaTable): GuestSources {
  // The shape that the examples' own sync files have; the host checks it when it reads one.
  const sync = JSON.parse(readFileSync(join(directory, 'aos.sync.json'), 'utf8')) as {
    readonly modules: Readonly<Record<string, { readonly source: string }>>
  }
  const source = sync.modules[module.name]?.source ?? ''
  const folder = join(directory, source)
  return {
    name: source,
    files: new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')])),
    generated: generateGuest({ module, schemas }),
    sdk: readSdkFiles(),
  }
}
