/** The documents of spec/schemas against their source, the parsers, and every file of the repository that they are about. */
import { BUILTIN_SCHEMAS, formatDefinition, makeJsonSchemas, parseDefinitions, parseJson } from '@aos/air'
import type { JsonSchemaDocument } from '@aos/air'
import { isAosError } from '@aos/cbor'
import { readSettings, readSyncFile } from '@aos/host'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listFiles, readText } from '../tidy/tree.ts'
import { isValid } from './read-schema.ts'

const documents = makeJsonSchemas()

function documentOf(name: string): JsonSchemaDocument {
  const found = documents.find((document) => document.name === name)
  if (found === undefined) throw new Error(`there is no document ${name}`)
  return found
}

/** What the definition says; the file, read by another validator, must say the same. */
function accepts(name: string, value: unknown): boolean {
  const document = documentOf(name)
  const fits = document.check(value).length === 0
  const file = JSON.parse(document.text) as Readonly<Record<string, unknown>> // a schema is an object
  expect(isValid(file, value)).toBe(fits)
  return fits
}

const filesAt = (folder: string): readonly string[] => listFiles(folder).filter((path) => path.endsWith('.json'))

describe('spec/schemas', () => {
  test('holds these documents and no others', () => {
    const names = listFiles('spec/schemas').filter((path) => path.endsWith('.schema.json'))
    expect(names.toSorted()).toEqual(documents.map(({ name }) => `spec/schemas/${name}.schema.json`).toSorted())
  })

  test.each(documents)(
    '$name is current (npx tsx --conditions=@aos/source conformance/json-schemas.ts)',
    (document) => {
      expect(readText(`spec/schemas/${document.name}.schema.json`)).toBe(document.text)
    },
  )

  test.each(documents)('$name has the id of its name, and every reference leads somewhere', ({ name, text }) => {
    const file = JSON.parse(text) as { readonly $id: string; readonly $defs?: Readonly<Record<string, unknown>> } // as made
    expect(file.$id).toBe(`urn:aos:schema:${name}`)
    for (const [, part = ''] of text.matchAll(/"\$ref": "#\/\$defs\/([^"]+)"/g)) expect(file.$defs).toHaveProperty(part)
    expect(text.match(/"\$id"/g)).toHaveLength(1)
  })
})

describe('AIR', () => {
  const files = [...filesAt('air'), ...filesAt('examples')].filter((path) => path.endsWith('.air.json'))

  test('there are files to try', () => expect(files.length).toBeGreaterThan(5))

  test.each(files)('%s', (path) => {
    expect(documentOf('air-file').check(JSON.parse(readText(path)))).toEqual([])
    expect(accepts('air-file', JSON.parse(readText(path)))).toBe(true)
  })

  const vectors = JSON.parse(readText('spec/vectors/air/definitions.json')) as readonly VectorCase[] // their shape
  test.each(vectors)('the vector $name, as written and as its node', ({ json, node }) => {
    for (const value of [json, node, [json, node]]) expect(accepts('air-file', value)).toBe(true)
    expect(accepts(`air-${kindOf(json)}`, json)).toBe(true)
  })

  test('the built-in schemas in both lenses', () => {
    for (const schema of BUILTIN_SCHEMAS.values()) {
      for (const lens of ['sugar', 'tagged'] as const) {
        expect(accepts('air-defschema', JSON.parse(formatDefinition(schema, { lens })))).toBe(true)
      }
    }
  })

  const malformed = filesAt('spec/vectors/air/malformed')
  test.each(malformed)('%s fails exactly where JSON Schema can say so', (path) => {
    const vector = JSON.parse(readText(path)) as MalformedCase // their shape
    if (vector.json === undefined) return
    for (const value of Array.isArray(vector.json) ? (vector.json as readonly unknown[]) : [vector.json]) {
      const parsed = parseDefinitions(parseJson(JSON.stringify(value)))
      const said = parsed.ok ? [] : parsed.issues.map(({ code }) => code).filter((code) => !BEYOND.has(code))
      expect({ value, fits: accepts('air-file', value) }).toEqual({ value, fits: said.length === 0 })
    }
  })
})

/** What a parser knows and JSON Schema cannot say: one thing about another, and nesting. */
const BEYOND: ReadonlySet<string> = new Set([
  'air.reserved_name',
  'air.duplicate_name',
  'air.duplicate_manifest',
  'air.too_deep',
])

interface VectorCase {
  readonly name: string
  readonly json: unknown
  readonly node: unknown
}

interface MalformedCase {
  readonly json?: unknown
}

function kindOf(json: unknown): string {
  return (json as { readonly $kind: string }).$kind // a definition
}

describe('world files', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'aos-schemas-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  /** Whether the host reads it; another failure than a bad file is thrown. */
  function isRead(read: (file: string) => unknown, text: string): boolean {
    const file = join(folder, 'file.json')
    writeFileSync(file, text)
    try {
      read(file)
      return true
    } catch (error) {
      if (isAosError(error) && error.code === 'host.bad_config') return false
      throw error
    }
  }

  const settings = [
    ...['{}', '{"version":1}', '{"version":2}', '{"version":null}', '{"version":"1"}', '[]', 'null', '1'],
    ...['{"segment_bytes":65536}', '{"segment_bytes":65537}', '{"segment_bytes":4096}', '{"segment_bytes":"65536"}'],
    ...['{"segment_bytes":-65536}', '{"segment_bytes":4194304,"keys":"../keys"}', '{"keys":1}', '{"keys":null}'],
    ...[
      '{"$schema":"urn:aos:schema:aos"}',
      '{"$comment":[1],"description":null,"x-a":{}}',
      '{"xa":1}',
      '{"Version":1}',
    ],
    ...[
      '{"clock":{}}',
      '{"clock":null}',
      '{"clock":{"mode":"virtual","hold_at_open":true}}',
      '{"clock":{"mode":"fast"}}',
    ],
    ...['{"clock":{"hold_at_open":1}}', '{"clock":{"$schema":"x"}}', '{"entropy":{"mode":"os","x-a":1}}'],
    ...[`{"entropy":{"mode":"seeded","seed":"${'0a'.repeat(32)}"}}`, `{"entropy":{"seed":"${'0A'.repeat(32)}"}}`],
    ...['{"entropy":{"mode":"seeded"}}', '{"entropy":{"seed":"00"}}', '{"entropy":[]}'],
    ...['{"$schema ":1}', '{"x-\\n":1}'],
  ]
  test.each(settings)('aos.json %s', (text) => {
    expect(accepts('aos', JSON.parse(text))).toBe(isRead(readSettings, text))
  })

  const sync = [
    ...['{}', '{"version":1}', '{"version":0}', '[]', '{"version":1,"air":{}}', '{"version":1,"air":null}'],
    ...['{"version":1,"air":{"dir":"air"}}', '{"version":1,"air":{"dir":1}}', '{"version":1,"air":{"folder":"air"}}'],
    ...['{"version":1,"modules":{}}', '{"version":1,"modules":[]}', '{"version":1,"modules":{"a/B@1":{"source":"x"}}}'],
    ...['{"version":1,"modules":{"a/B@1":{}}}', '{"version":1,"modules":{"":{"source":"x","x-a":1}}}'],
    ...['{"version":1,"modules":{"a/B@1":{"source":1}}}', '{"version":1,"modules":{"a/B@1":{"source":"x","y":1}}}'],
    ...['{"version":1,"$schema":"x"}', '{"version":1,"air":{"$schema":"x"}}', '{"version":1,"modules":{"$comment":1}}'],
    ...['{"version":1,"air":{"description":"x"}}', '{"version":1,"workspaces":{}}'],
  ]
  test.each(sync)('aos.sync.json %s', (text) => {
    expect(accepts('aos-sync', JSON.parse(text))).toBe(isRead(readSyncFile, text))
  })

  const files = [...filesAt('examples')].filter((path) => /\/aos(\.sync)?\.json$/.test(path))
  test.each(files)('%s', (path) => {
    expect(accepts(path.endsWith('sync.json') ? 'aos-sync' : 'aos', JSON.parse(readText(path)))).toBe(true)
  })
})

describe('outputs', () => {
  const hash = `sha256:${'0'.repeat(64)}`
  const bad: readonly (readonly [string, unknown])[] = [
    ['output-error', { ok: true, error: { code: 'air.bad_json', message: 'x' } }],
    ['output-error', { ok: false, error: { code: 'Air', message: 'x' } }],
    ['output-error', { ok: false, error: { code: 'air.bad_json', message: 'x', path: 'a.b' } }],
    ['output-journal-head', { ok: true, data: { height: 1, entries: 2, manifest_hash: null, head_hash: hash } }],
    [
      'output-journal-head',
      { ok: true, data: { height: -1, entries: 2, manifest_hash: null, head_hash: hash, log_root: hash } },
    ],
    ['output-state-get', { ok: true, data: { reducer: 'a/B@1', height: 1 } }],
    ['output-air-hash', { ok: true, data: [{ kind: 'defschema', name: 'a/B@1', hash: 'sha256:00' }] }],
    [
      'output-air-diff',
      {
        ok: true,
        data: { equal: false, definitions: [{ kind: 'defschema', name: 'a', change: 'renamed', items: [] }] },
      },
    ],
    ['output-event-summary', { sent: 1, accepted: 1, refused: 0, first_height: 1, last_height: 1 }],
  ]
  test.each(bad)('%s refuses what is not its shape', (name, value) => {
    expect(accepts(name, value)).toBe(false)
  })

  test('a failure is a document of every command', () => {
    const failure = { ok: false, error: { code: 'host.no_world', message: 'expected a world', hint: 'make one' } }
    for (const { name } of documents) {
      if (name.startsWith('output-') && !name.startsWith('output-event-')) expect(accepts(name, failure)).toBe(true)
    }
  })
})
