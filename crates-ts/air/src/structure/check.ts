/** Checks JSON against a structure and turns what TypeBox finds into issues. */
import type { ErrorPath } from '@aos/cbor'
import { OptionalKind, type TSchema } from '@sinclair/typebox'
import { Errors, ValueErrorType, type ValueError } from '@sinclair/typebox/errors'
import { AIR_ERRORS, type AirErrorCode } from '../errors.ts'
import { report, reportStrict, shown, type IssueSink } from '../issues.ts'
import { isJsonArray, isJsonNumber, isJsonObject, type JsonNode } from '../json.ts'
import { isAnnotationKey } from '../names.ts'
import { sortOf } from '../types/parse.ts'

/**
 * Reports every way in which `node` departs from the structure, at most one per path. `null` for an optional member
 * counts as absence. Returns true when nothing was reported as an issue.
 */
export function checkStructure(shape: TSchema, node: JsonNode, sink: IssueSink, path: ErrorPath): boolean {
  const before = sink.issues.length
  const reported = new Set<string>()
  for (const error of Errors(shape, plainOf(node))) {
    if (reported.has(error.path) || isAbsence(error)) continue
    reported.add(error.path)
    reportError(error, node, sink, path)
  }
  return sink.issues.length === before
}

/** Of a member itself; for an unknown key TypeBox names the schema of the object around it. */
function isAbsence(error: ValueError): boolean {
  const isOfMember = error.type !== ValueErrorType.ObjectAdditionalProperties
  return isOfMember && error.value === null && OptionalKind in error.schema
}

function reportError(error: ValueError, root: JsonNode, sink: IssueSink, base: ErrorPath): void {
  const { path, found } = locate(root, error.path)
  const at = [...base, ...path]
  const name = shown(String(at.at(-1) ?? ''))
  switch (error.type) {
    case ValueErrorType.ObjectRequiredProperty:
      return report(sink, 'air.missing_field', at, `expected the field ${name}`)
    case ValueErrorType.ObjectAdditionalProperties:
      if (isAnnotationKey(String(at.at(-1)))) return
      return reportStrict(sink, 'air.unknown_key', at, `the key ${name} means nothing here`)
    case ValueErrorType.Array:
    case ValueErrorType.Object:
    case ValueErrorType.Boolean:
    case ValueErrorType.String:
      return report(sink, 'air.type_mismatch', at, `expected ${wantOf(error.type)}, found ${sortOf(found)}`)
    default:
      return reportConstraint(error, { at, name, found, sink })
  }
}

interface Found {
  readonly at: ErrorPath
  readonly name: string
  readonly found: JsonNode | undefined
  readonly sink: IssueSink
}

function reportConstraint(error: ValueError, { at, name, found, sink }: Found): void {
  const code = codeOf(error.schema)
  switch (code) {
    case 'air.unsupported':
      return report(sink, code, at, `this version does not carry out ${name}; only an empty one is accepted`)
    case 'air.bad_name': {
      const own: unknown = error.schema['want']
      const usual = error.schema['pattern'] === undefined ? 'a word of 1 to 256 characters' : 'a name like demo/State@1'
      const want = typeof own === 'string' ? own : usual
      return report(sink, code, at, `expected ${want}, found ${sortOf(found)}`)
    }
    case 'air.bad_key':
      return report(sink, code, at, `expected 64 lower-case hex digits (an ed25519 key), found ${sortOf(found)}`)
    case 'air.bad_version':
      return report(sink, code, at, `expected the text "1", found ${sortOf(found)}`)
    case 'air.too_large':
      return report(sink, code, at, `expected fewer entries in ${name}`)
    default:
      return report(sink, 'air.type_mismatch', at, `expected ${choicesOf(error.schema)}, found ${sortOf(found)}`)
  }
}

function codeOf(schema: TSchema): AirErrorCode | undefined {
  const code: unknown = schema['code']
  return isOwnCode(code) ? code : undefined
}

function isOwnCode(code: unknown): code is keyof typeof AIR_ERRORS {
  return typeof code === 'string' && Object.hasOwn(AIR_ERRORS, code)
}

function wantOf(type: ValueErrorType): string {
  if (type === ValueErrorType.Array) return 'an array'
  if (type === ValueErrorType.Boolean) return 'true or false'
  return type === ValueErrorType.Object ? 'an object' : 'a text'
}

/** `"reducer" or "pure"` for a choice of literals. */
function choicesOf(schema: TSchema): string {
  const options: unknown = schema['anyOf']
  const schemas: readonly TSchema[] = Array.isArray(options) ? options : [schema]
  return schemas.map((option) => shown(String(option['const']))).join(' or ')
}

/** The keys and indexes of a JSON pointer, and what stands there. */
function locate(root: JsonNode, pointer: string): { readonly path: ErrorPath; readonly found: JsonNode | undefined } {
  const path: (string | number)[] = []
  let found: JsonNode | undefined = root
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (isJsonArray(found)) {
      path.push(Number(key))
      found = found[Number(key)]
    } else {
      path.push(key)
      found = isJsonObject(found) ? found.get(key) : undefined
    }
  }
  return { path, found }
}

/** What TypeBox reads: objects without a prototype, numbers as numbers. Integers are `Unknown` in structures: they are read from the text. */
function plainOf(node: JsonNode): unknown {
  if (isJsonArray(node)) return node.map(plainOf)
  if (isJsonNumber(node)) return Number(node.text)
  if (!isJsonObject(node)) return node
  const plain: Record<string, unknown> = Object.create(null)
  for (const [key, value] of node) plain[key] = plainOf(value)
  return plain
}
