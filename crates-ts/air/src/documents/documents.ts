/** The JSON Schema documents in spec/schemas: their texts, and the check of values against them. */
import type { ErrorPath } from '@aos/cbor'
import type { TSchema } from '@sinclair/typebox'
import { Errors } from '@sinclair/typebox/errors'
import { plainClosed } from './build.ts'
import { definitionDocuments } from './definitions.ts'
import { outputDocuments } from './outputs.ts'
import type { JsonDocument } from './port.ts'
import { shadowReportDocuments } from './shadow-report.ts'
import { worldFileDocuments } from './world-files.ts'

/** A place where a value is not as its document says. */
export interface DocumentIssue {
  readonly path: ErrorPath
  readonly message: string
}

/** A document as a file and as a check; both are of one definition. */
export interface JsonSchemaDocument {
  readonly name: string
  /** Draft 2020-12, indented, with a line end: the bytes of spec/schemas/<name>.schema.json. */
  readonly text: string
  /** Checks what JSON.parse gave. Empty when it is as the document says; stops at the first issue. */
  readonly check: (value: unknown) => readonly DocumentIssue[]
}

/** All documents, by name. They are made when this is called: nothing that runs a world needs them. */
export function makeJsonSchemas(): readonly JsonSchemaDocument[] {
  return [...definitionDocuments(), ...outputDocuments(), ...shadowReportDocuments(), ...worldFileDocuments()]
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map((document) => ({
      name: document.name,
      text: textOf(document),
      check: (value) => checkDocument(document, value),
    }))
}

/** Standard output of one run with `--json`, and the command line that says which document it must be. */
export interface PrintedDocument {
  /** What was on the command line behind `aos`. */
  readonly args: readonly string[]
  /** As JSON.parse gave it. */
  readonly document: unknown
}

/**
 * Checks what a `--json` command printed against the document of its name. Of a command whose output no script relies on,
 * only a failure is checked.
 */
export function checkOutput({ args, document }: PrintedDocument): readonly DocumentIssue[] {
  const [first = '', second = ''] = args.filter((word) => !word.startsWith('-'))
  const isFailure = typeof document === 'object' && document !== null && 'ok' in document && document.ok === false
  const isStream = args.includes('--ndjson')
  const stream = args.includes('--acks') ? 'output-event-summary' : 'output-event-stream'
  const wanted = isStream && !isFailure ? [stream] : [`output-${first}-${second}`, `output-${first}`]
  const names = isFailure ? [...wanted, 'output-error'] : wanted
  const known = outputDocuments()
  const name = names.find((each) => known.some((candidate) => candidate.name === each))
  const found = known.find((candidate) => candidate.name === name)
  return found === undefined ? [] : checkDocument(found, document)
}

function checkDocument({ schema, parts }: JsonDocument, value: unknown): readonly DocumentIssue[] {
  const first = Errors(schema, Object.values(parts), value).First()
  if (first === undefined) return []
  const path = first.path.split('/').slice(1)
  return [{ path: path.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')), message: first.message }]
}

function textOf({ name, title, schema, parts }: JsonDocument): string {
  const used = usedParts(schema, parts)
  const defs = Object.fromEntries(
    Object.entries(parts).flatMap(([key, part]) => (used.has(key) ? [[key, bare(part)]] : [])),
  )
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:aos:schema:${name}`,
    title,
    ...bare(schema),
    ...(used.size === 0 ? {} : { $defs: defs }),
  }
  return `${JSON.stringify(document, plainClosed, 2)}\n`
}

/** Without the id by which TypeBox finds it; in the file the pointer finds it. */
function bare(schema: TSchema): object {
  const { $id: _, ...rest } = schema
  return rest
}

function usedParts(schema: TSchema, parts: Readonly<Record<string, TSchema>>): ReadonlySet<string> {
  const used = new Set<string>()
  const visit = (part: TSchema): void => {
    for (const [, name = ''] of JSON.stringify(bare(part)).matchAll(/"\$ref":"#\/\$defs\/([a-z]+)"/g)) {
      const found = parts[name]
      if (found === undefined || used.has(name)) continue
      used.add(name)
      visit(found)
    }
  }
  visit(schema)
  return used
}
