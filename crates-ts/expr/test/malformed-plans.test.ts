import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { completeManifest, parseDefinitions, parseJson } from '@aos/air'
import type { CheckManifestOptions, Definition, Manifest } from '@aos/air'
import type { Issue, Sha256Port } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { checkDefinitions } from '../src/index.ts'

const FOLDER = new URL('../../../spec/vectors/air/malformed-plans/', import.meta.url)

const sha256: Sha256Port = {
  sha256Into(input, output, offset) {
    output.set(createHash('sha256').update(input).digest(), offset)
  },
}

/** A file of AIR JSON, every issue of it, and those that are only warnings in lenient reading. */
interface MalformedVector {
  readonly name: string
  readonly json: readonly unknown[]
  readonly issues: readonly Pick<Issue, 'code' | 'path'>[]
  /** What stays an issue in lenient reading. */
  readonly lenient: readonly Pick<Issue, 'code' | 'path'>[]
}

const SECTIONS: Readonly<Record<string, Definition['kind']>> = {
  schemas: 'defschema',
  modules: 'defmodule',
  plans: 'defplan',
  effects: 'defeffect',
  caps: 'defcap',
  policies: 'defpolicy',
  secrets: 'defsecret',
}

function ofKind<Kind extends Definition['kind']>(
  definitions: readonly Definition[],
  kind: Kind,
): ReadonlyMap<string, Extract<Definition, { readonly kind: Kind }>> {
  const found = new Map<string, Extract<Definition, { readonly kind: Kind }>>()
  for (const definition of definitions) {
    if (definition.kind === kind && 'name' in definition) {
      found.set(definition.name, definition as Extract<Definition, { readonly kind: Kind }>) // the kind was compared
    }
  }
  return found
}

/** The stage that fails first: reading, or checking; paths are those in the file. */
function issuesOf(json: readonly unknown[], lenient: boolean): readonly Pick<Issue, 'code' | 'path'>[] {
  const parsed = parseDefinitions(parseJson(JSON.stringify(json)), { lenient })
  if (!parsed.ok) return bare(parsed.issues)
  const definitions = parsed.value
  const manifest = definitions.find((each): each is Manifest => each.kind === 'manifest')
  if (manifest === undefined) throw new Error('expected a manifest in the vector')
  const set: Omit<CheckManifestOptions, 'manifest'> = {
    schemas: ofKind(definitions, 'defschema'),
    modules: ofKind(definitions, 'defmodule'),
    plans: ofKind(definitions, 'defplan'),
    effects: ofKind(definitions, 'defeffect'),
    caps: ofKind(definitions, 'defcap'),
    policies: ofKind(definitions, 'defpolicy'),
    secrets: ofKind(definitions, 'defsecret'),
  }
  const complete = completeManifest({ ...set, manifest, sha256 })
  const { issues } = checkDefinitions({ ...set, manifest: complete, sha256, lenient })
  const placed = issues.map((issue) => {
    const [section, name, ...rest] = issue.path
    const kind = SECTIONS[String(section)]
    const owner = definitions.findIndex((each) => each.kind === kind && 'name' in each && each.name === name)
    return { ...issue, path: owner < 0 ? [definitions.indexOf(manifest), ...issue.path] : [owner, ...rest] }
  })
  return bare(placed)
}

function bare(issues: readonly Issue[]): readonly Pick<Issue, 'code' | 'path'>[] {
  for (const { message } of issues) expect(message).toMatch(/^\S.{10,}$/s)
  return issues.map(({ code, path }) => ({ code, path }))
}

function sorted(issues: readonly Pick<Issue, 'code' | 'path'>[]): readonly string[] {
  const byUnit = (left: string, right: string): number => (left < right ? -1 : Number(left > right))
  return issues.map(({ code, path }) => `${JSON.stringify(path)} ${code}`).toSorted(byUnit)
}

describe('malformed plans', () => {
  const files = readdirSync(FOLDER)

  it('has vectors', () => {
    expect(files.length).toBeGreaterThanOrEqual(14)
  })

  it.each(files)('%s', (file) => {
    const vector = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as MalformedVector // the vectors' shape
    expect(sorted(issuesOf(vector.json, false))).toEqual(sorted(vector.issues))
    expect(sorted(issuesOf(vector.json, true))).toEqual(sorted(vector.lenient))
  })
})
