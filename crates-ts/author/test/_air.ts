/** AIR as the rest of the system reads it: what a world file gives, and what is written by hand. */
import { completeManifest, definitionJson, formatJson, hashDefinition, parseDefinitions, parseJson } from '@aos/air'
import type { CheckManifestOptions, Definition } from '@aos/air'
import { writeWorld } from '../src/index.ts'
import type { World } from '../src/index.ts'
import { formatPath } from '@aos/cbor'
import type { Sha256Port } from '@aos/cbor'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const SHA256: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}

type Named = Exclude<Definition, { readonly kind: 'manifest' }>

/** The definitions of a JSON text. Throws what is wrong with them. */
export function definitionsOf(text: string): readonly Definition[] {
  const parsed = parseDefinitions(parseJson(text))
  if (parsed.ok) return parsed.value
  throw new Error(
    parsed.issues.map(({ path, code, message }) => `${formatPath(path)}: ${message} [${code}]`).join('\n'),
  )
}

/** What a world file is as AIR. */
export function emit(world: World): readonly Definition[] {
  const { definitions }: { readonly definitions: unknown } = JSON.parse(writeWorld(world))
  return definitionsOf(JSON.stringify(definitions))
}

/** The files of examples/NAME/air, in one list. */
export function readExample(name: string): readonly Definition[] {
  const folder = fileURLToPath(new URL(`../../../examples/${name}/air/`, import.meta.url))
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  const nodes = files.flatMap((file): unknown => JSON.parse(readFileSync(`${folder}${file}`, 'utf8')))
  return definitionsOf(JSON.stringify(nodes))
}

/** The manifest with its references filled in, and what it lists. */
export function setOf(definitions: readonly Definition[]): CheckManifestOptions {
  const manifest = definitions.find((each) => each.kind === 'manifest')
  if (manifest === undefined) throw new Error('there is no manifest')
  const named = <K extends Named['kind']>(kind: K): ReadonlyMap<string, Extract<Named, { readonly kind: K }>> =>
    new Map(
      definitions.flatMap((each) =>
        each.kind === kind ? [[each.name, each as Extract<Named, { readonly kind: K }>] as const] : [],
      ),
    )
  const sections = {
    schemas: named('defschema'),
    modules: named('defmodule'),
    plans: named('defplan'),
    effects: named('defeffect'),
    caps: named('defcap'),
    policies: named('defpolicy'),
    secrets: named('defsecret'),
  }
  return { ...sections, manifest: completeManifest({ ...sections, manifest, sha256: SHA256 }), sha256: SHA256 }
}

/** Name and hash of each definition; references of the manifest are filled in. */
export function hashesOf(definitions: readonly Definition[]): readonly string[] {
  const { manifest } = setOf(definitions)
  const lines = definitions.map((each) => {
    const whole = each.kind === 'manifest' ? manifest : each
    return `${each.kind} ${each.kind === 'manifest' ? '' : each.name} ${hashDefinition(SHA256, whole)}`
  })
  return lines.toSorted((left, right) => (left < right ? -1 : 1))
}

/** One text for each, so that a difference can be read. */
export function textsOf(definitions: readonly Definition[]): readonly string[] {
  const texts = definitions.map((each) => formatJson(definitionJson(each, 'sugar'), { indent: 2 }))
  return texts.toSorted((left, right) => (left < right ? -1 : 1))
}
