/** Definitions from JSON in either lens (spec/03-air.md, "Definitions"). */
import type { ErrorPath } from '@aos/cbor'
import { makeSink, report, shown, sortIssues, type AirIssue, type IssueSink } from '../issues.ts'
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { Definition, DefSchema } from '../model.ts'
import { isReservedName } from '../names.ts'
import { checkStructure } from '../structure/check.ts'
import { DEFSCHEMA_SHAPE } from '../structure/shapes.ts'
import { readType, sortOf } from '../types/parse.ts'
import { textAt } from './members.ts'
import { readManifest } from './parse-manifest.ts'
import { readModule } from './parse-module.ts'

/** What is accepted beyond AIR as it is now, and where the issues say that they are. */
export interface ParseDefinitionsOptions {
  /** Accept what AIR v1 accepted (unknown keys) with a warning. */
  readonly lenient?: boolean
  /** Where the node stands in the value that the caller gave. */
  readonly path?: ErrorPath
  /** Accept names under `sys/`: for the built-ins themselves. */
  readonly reserved?: 'refused' | 'accepted'
}

/** A `Checked<readonly Definition[]>` that also has warnings, in order of path. */
export type ParsedDefinitions =
  | { readonly ok: true; readonly value: readonly Definition[]; readonly warnings: readonly AirIssue[] }
  | { readonly ok: false; readonly issues: readonly AirIssue[]; readonly warnings: readonly AirIssue[] }

/** One definition, or an array of them; every issue of all of them. */
export function parseDefinitions(node: JsonNode, options: ParseDefinitionsOptions = {}): ParsedDefinitions {
  const sink = makeSink(options)
  const base = options.path ?? []
  const places = isJsonArray(node)
    ? node.map((item, index) => ({ item, path: [...base, index] }))
    : [{ item: node, path: [...base] }]
  const definitions: Definition[] = []
  const seen = new Set<string>()
  for (const { item, path } of places) {
    const definition = readDefinition(item, sink, path)
    if (definition === undefined) continue
    checkName(definition, { seen, sink, path, reserved: options.reserved ?? 'refused' })
    definitions.push(definition)
  }
  const warnings = sortIssues(sink.warnings)
  if (sink.issues.length > 0) return { ok: false, issues: sortIssues(sink.issues), warnings }
  return { ok: true, value: definitions, warnings }
}

const UNSUPPORTED_KINDS: ReadonlySet<string> = new Set(['defplan', 'defcap', 'defpolicy', 'defsecret', 'defeffect'])

function readDefinition(node: JsonNode, sink: IssueSink, path: ErrorPath): Definition | undefined {
  if (!isJsonObject(node)) {
    report(sink, 'air.type_mismatch', path, `expected a definition (an object with $kind), found ${sortOf(node)}`)
    return undefined
  }
  const kind = node.get('$kind')
  const kindPath = [...path, '$kind']
  switch (kind) {
    case 'defschema':
      return readSchema(node, sink, path)
    case 'defmodule':
      return readModule(node, sink, path)
    case 'manifest':
      return readManifest(node, sink, path)
    case undefined:
      report(sink, 'air.missing_field', kindPath, 'expected the field "$kind"')
      return undefined
    default:
      if (typeof kind === 'string' && UNSUPPORTED_KINDS.has(kind)) {
        report(sink, 'air.unsupported', kindPath, `this version does not carry out definitions of the kind ${kind}`)
      } else {
        report(sink, 'air.unknown_kind', kindPath, `expected a kind of definition, found ${sortOf(kind)}`)
      }
      return undefined
  }
}

function readSchema(node: JsonObject, sink: IssueSink, path: ErrorPath): DefSchema | undefined {
  const sound = checkStructure(DEFSCHEMA_SHAPE, node, sink, path)
  const typeNode = node.get('type')
  const type = typeNode === undefined ? undefined : readType(typeNode, { sink, path: [...path, 'type'], depth: 0 })
  const name = textAt(node, 'name')
  return sound && type !== undefined && name !== undefined ? { kind: 'defschema', name, type } : undefined
}

interface NameCheck {
  readonly seen: Set<string>
  readonly sink: IssueSink
  readonly path: ErrorPath
  readonly reserved: 'refused' | 'accepted'
}

function checkName(definition: Definition, check: NameCheck): void {
  const { seen, sink, path } = check
  if (definition.kind === 'manifest') {
    if (seen.has('manifest')) report(sink, 'air.duplicate_manifest', path, 'expected one manifest, found another')
    seen.add('manifest')
    return
  }
  const { kind, name } = definition
  const namePath = [...path, 'name']
  if (isReservedName(name) && check.reserved === 'refused') {
    report(sink, 'air.reserved_name', namePath, `names under sys/ are built in; ${shown(name)} cannot be defined`)
  }
  if (seen.has(`${kind} ${name}`)) report(sink, 'air.duplicate_name', namePath, `${shown(name)} is defined twice`)
  seen.add(`${kind} ${name}`)
}
