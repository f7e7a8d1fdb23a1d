import { isAosError, type Issue } from '@aos/cbor'
import { describe, expect, it } from 'vitest'
import { checkManifest, completeManifest, parseDefinitions, parseJson } from '../src/index.ts'
import type { Definition, DefModule, DefSchema, JsonNode, Manifest } from '../src/index.ts'
import { listVectors, NODE_SHA256, readVectors } from './_util.ts'

/** One file of AIR JSON, as JSON or as raw text, and every issue of it in order. */
interface MalformedVector {
  readonly name: string
  readonly json?: unknown
  readonly text?: string
  readonly issues: readonly Pick<Issue, 'code' | 'path'>[]
}

/** What `air check` of one file reports: the text, then the definitions, then the manifest; the first that fails. */
function issuesOf(text: string): readonly Issue[] {
  let node: JsonNode
  try {
    node = parseJson(text)
  } catch (error) {
    if (!isAosError(error)) throw error
    return [{ code: error.code, path: error.path ?? [], message: error.message }]
  }
  const parsed = parseDefinitions(node)
  return parsed.ok ? manifestIssues(parsed.value) : parsed.issues
}

function manifestIssues(definitions: readonly Definition[]): readonly Issue[] {
  const at = definitions.findIndex(({ kind }) => kind === 'manifest')
  const manifest = definitions.find((definition): definition is Manifest => definition.kind === 'manifest')
  if (manifest === undefined) throw new Error('expected a manifest in the vector')
  const schemas = new Map(
    definitions.filter((each): each is DefSchema => each.kind === 'defschema').map((each) => [each.name, each]),
  )
  const modules = new Map(
    definitions.filter((each): each is DefModule => each.kind === 'defmodule').map((each) => [each.name, each]),
  )
  const set = { schemas, modules, sha256: NODE_SHA256 }
  const complete = completeManifest({ manifest, ...set })
  return checkManifest({ manifest: complete, ...set }).map((issue) => {
    const [section, name, ...rest] = issue.path
    const kind = section === 'schemas' ? 'defschema' : 'defmodule'
    const owner = definitions.findIndex((each) => each.kind === kind && each.name === name)
    return { ...issue, path: owner < 0 ? [at, ...issue.path] : [owner, ...rest] }
  })
}

describe('malformed AIR', () => {
  const files = listVectors('malformed')

  it('has at least ten vectors', () => {
    expect(files.length).toBeGreaterThanOrEqual(10)
  })

  it.each(files)('%s', (file) => {
    const vector = readVectors<MalformedVector>(file)
    const found = issuesOf(vector.text ?? JSON.stringify(vector.json))
    const byPlace = (left: string, right: string): number => (left < right ? -1 : 1)
    const rendered = (issues: readonly Pick<Issue, 'code' | 'path'>[]): readonly string[] =>
      issues.map(({ code, path }) => `${JSON.stringify(path)} ${code}`).toSorted(byPlace)
    expect(rendered(found)).toEqual(rendered(vector.issues))
    for (const { message } of found) expect(message).toMatch(/^\S.{10,}$/s)
  })
})
