/** Definitions from JSON in either lens (spec/03-air.md, "Definitions"). */
import type { ErrorPath } from '@aos/cbor'
import { makeSink, report, shown, sortIssues, type AirIssue, type IssueSink } from '../issues.ts'
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { Definition, DefSchema } from '../model.ts'
import { isReservedName } from '../names.ts'
import { checkStructure } from '../structure/check.ts'
import { DEFSCHEMA_SHAPE } from '../structure/shapes.ts'
import { readType, sortOf } from '../types/parse.ts'
import type { FormPlace } from '../expressions/forms.ts'
import { NORMAL_SLOTS, slotSchemas, type KnownDefinitions, type SlotSchemas } from './known.ts'
import { itemsAt, textAt } from './members.ts'
import { readManifest } from './parse-manifest.ts'
import { readModule } from './parse-module.ts'
import { readPlan } from './parse-plan.ts'
import { readCap, readEffect, readPolicy, readSecret } from './parse-rules.ts'

/** What is accepted beyond AIR as it is now, and where the issues say that they are. */
export interface ParseDefinitionsOptions {
  /** Accept what AIR v1 accepted (unknown keys) with a warning. */
  readonly lenient?: boolean
  /** Where the node stands in the value that the caller gave. */
  readonly path?: ErrorPath
  /** Accept names under `sys/`: for the built-ins themselves. */
  readonly reserved?: 'refused' | 'accepted'
  /** Definitions that stand elsewhere, for the slots of plans and the parameters of grants; those that are read are added. */
  readonly known?: KnownDefinitions
  /** `normal`: slots are in their normal form, as in nodes, and read without schemas. `authored` unless given. */
  readonly slots?: SlotSchemas['mode']
}

/** A `Checked<readonly Definition[]>` that also has warnings, in order of path. */
export type ParsedDefinitions =
  | { readonly ok: true; readonly value: readonly Definition[]; readonly warnings: readonly AirIssue[] }
  | { readonly ok: false; readonly issues: readonly AirIssue[]; readonly warnings: readonly AirIssue[] }

/** One definition, or an array of them; every issue of all of them. */
export function parseDefinitions(node: JsonNode, options: ParseDefinitionsOptions = {}): ParsedDefinitions {
  const sink = makeSink(options)
  const base = options.path ?? []
  const nodes = isJsonArray(node) ? node : [node]
  const schemas = options.slots === 'normal' ? NORMAL_SLOTS : slotSchemas(surveyDefinitions(nodes, options.known))
  const definitions: Definition[] = []
  const seen = new Set<string>()
  for (const [index, item] of nodes.entries()) {
    const path = isJsonArray(node) ? [...base, index] : [...base]
    const definition = readDefinition(item, { sink, path }, schemas)
    if (definition === undefined) continue
    checkName(definition, { seen, sink, path, reserved: options.reserved ?? 'refused' })
    definitions.push(definition)
  }
  const warnings = sortIssues(sink.warnings)
  if (sink.issues.length > 0) return { ok: false, issues: sortIssues(sink.issues), warnings }
  return { ok: true, value: definitions, warnings }
}

/**
 * The schemas, effects and capabilities among the nodes, added to `known`; of a manifest, which effects it lists. What is no
 * sound definition is passed over: reading it reports it.
 */
export function surveyDefinitions(nodes: readonly JsonNode[], known: KnownDefinitions = {}): KnownDefinitions {
  const schemas = new Map(known.schemas)
  const effects = new Map(known.effects)
  const caps = new Map(known.caps)
  const listed = new Set(known.listedEffects)
  for (const node of nodes) {
    if (!isJsonObject(node)) continue
    const place = { sink: makeSink({ lenient: true }), path: [] }
    switch (node.get('$kind')) {
      case 'defschema': {
        const schema = readSchema(node, place)
        if (schema !== undefined && !schemas.has(schema.name)) schemas.set(schema.name, schema)
        break
      }
      case 'defeffect': {
        const effect = readEffect(node, place)
        if (effect !== undefined && !effects.has(effect.name)) effects.set(effect.name, effect)
        break
      }
      case 'defcap': {
        const cap = readCap(node, place)
        if (cap !== undefined && !caps.has(cap.name)) caps.set(cap.name, cap)
        break
      }
      case 'manifest':
        for (const item of itemsAt(node, 'effects')) {
          const name = isJsonObject(item) ? item.get('name') : item
          if (typeof name === 'string') listed.add(name)
        }
        break
      default:
    }
  }
  return { schemas, effects, caps, listedEffects: listed }
}

/** One definition of any kind, or undefined after at least one issue in the sink. Its name is not looked at. */
export function readDefinition(node: JsonNode, place: FormPlace, schemas: SlotSchemas): Definition | undefined {
  const { sink, path } = place
  if (!isJsonObject(node)) {
    report(sink, 'air.type_mismatch', path, `expected a definition (an object with $kind), found ${sortOf(node)}`)
    return undefined
  }
  const kind = node.get('$kind')
  switch (kind) {
    case 'defschema':
      return readSchema(node, place)
    case 'defmodule':
      return readModule(node, sink, path)
    case 'defplan':
      return readPlan(node, place, schemas)
    case 'defeffect':
      return readEffect(node, place)
    case 'defcap':
      return readCap(node, place)
    case 'defpolicy':
      return readPolicy(node, place)
    case 'defsecret':
      return readSecret(node, place)
    case 'manifest':
      return readManifest(node, place, schemas)
    case undefined:
      report(sink, 'air.missing_field', [...path, '$kind'], 'expected the field "$kind"')
      return undefined
    default:
      report(sink, 'air.unknown_kind', [...path, '$kind'], `expected a kind of definition, found ${sortOf(kind)}`)
      return undefined
  }
}

function readSchema(node: JsonObject, { sink, path }: FormPlace): DefSchema | undefined {
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
