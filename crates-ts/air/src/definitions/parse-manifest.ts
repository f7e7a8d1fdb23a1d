/** `manifest` from JSON (spec/03-air.md, "Definitions"). */
import type { ErrorPath } from '@aos/cbor'
import { report, shown, type IssueSink } from '../issues.ts'
import { isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import { below, type FormPlace } from '../expressions/forms.ts'
import type { EventRoute, Manifest, NamedRef } from '../model.ts'
import { isDefinitionName, isSecretName } from '../names.ts'
import type { PlanTrigger } from '../plan-model.ts'
import { checkStructure } from '../structure/check.ts'
import { MANIFEST_SHAPE, NAMED_REF_SHAPE, SECRET_REF_SHAPE } from '../structure/manifest-shapes.ts'
import { readHash, ZERO_HASH } from './hash-field.ts'
import type { SlotSchemas } from './known.ts'
import { itemsAt, objectAt, textAt } from './members.ts'
import { readPowers } from './parse-powers.ts'

/** The manifest of a world that has nothing yet. */
export const EMPTY_MANIFEST: Manifest = {
  kind: 'manifest',
  airVersion: '1',
  schemas: [],
  modules: [],
  plans: [],
  effects: [],
  caps: [],
  policies: [],
  secrets: [],
  grants: [],
  moduleBindings: new Map(),
  routes: [],
  hasRouting: false,
  triggers: [],
  bindings: [],
  approvers: [],
  approvals: [],
  migrations: [],
}

/** The sections of a manifest that list definitions, in the order of the specification. */
export const REFERENCE_SECTIONS = ['schemas', 'modules', 'plans', 'effects', 'caps', 'policies', 'secrets'] as const

export type ReferenceSection = (typeof REFERENCE_SECTIONS)[number]

/** A manifest, or undefined when anything was reported; all findings go to the sink. */
export function readManifest(node: JsonObject, place: FormPlace, schemas: SlotSchemas): Manifest | undefined {
  const { sink, path } = place
  const before = sink.issues.length
  checkStructure(MANIFEST_SHAPE, node, sink, path)
  const refs = (section: ReferenceSection): readonly NamedRef[] =>
    readRefs(itemsAt(node, section), section, below(place, section))
  const listed = {
    schemas: refs('schemas'),
    modules: refs('modules'),
    plans: refs('plans'),
    effects: refs('effects'),
    caps: refs('caps'),
    policies: refs('policies'),
    secrets: refs('secrets'),
  }
  const powers = readPowers(node, place, schemas)
  if (sink.issues.length > before) return undefined
  const routing = objectAt(node, 'routing')
  return {
    kind: 'manifest',
    airVersion: '1',
    ...listed,
    ...powers,
    routes: routing === undefined ? [] : readRoutes(itemsAt(routing, 'events')),
    hasRouting: routing !== undefined,
    triggers: readTriggers(itemsAt(node, 'triggers')),
  }
}

/** A list of references, with placeholders where hashes are not there. */
export function readRefs(
  items: readonly JsonNode[],
  section: ReferenceSection,
  { sink, path }: FormPlace,
): readonly NamedRef[] {
  return items.flatMap((item, index) => readRef(item, sink, [...path, index], section) ?? [])
}

/** A list of routes; what is not as it should be was reported with the structure. */
export function readRoutes(items: readonly JsonNode[]): readonly EventRoute[] {
  return items.flatMap(readRoute)
}

/** A list of triggers; what is not as it should be was reported with the structure. */
export function readTriggers(items: readonly JsonNode[]): readonly PlanTrigger[] {
  return items.flatMap(readTrigger)
}

function readRef(item: JsonNode, sink: IssueSink, path: ErrorPath, section: string): NamedRef | undefined {
  const isSecret = section === 'secrets'
  if (typeof item === 'string') {
    if (isSecret ? isSecretName(item) : isDefinitionName(item)) return { name: item, hash: ZERO_HASH }
    const like = isSecret ? 'mail/key@1' : 'demo/State@1'
    report(sink, 'air.bad_name', path, `expected a name like ${like}, found ${shown(item)}`)
    return undefined
  }
  const sound = checkStructure(isSecret ? SECRET_REF_SHAPE : NAMED_REF_SHAPE, item, sink, path)
  if (!isJsonObject(item)) return undefined
  const hash = readHash(item.get('hash'), sink, [...path, 'hash'])
  const name = textAt(item, 'name')
  return sound && hash !== undefined && name !== undefined ? { name, hash } : undefined
}

function readRoute(node: JsonNode): readonly EventRoute[] {
  if (!isJsonObject(node)) return []
  const [event, reducer] = [textAt(node, 'event'), textAt(node, 'reducer')]
  if (event === undefined || reducer === undefined) return []
  const keyField = textAt(node, 'key_field')
  return [{ event, reducer, ...(keyField === undefined ? {} : { keyField }) }]
}

function readTrigger(node: JsonNode): readonly PlanTrigger[] {
  if (!isJsonObject(node)) return []
  const correlateBy = textAt(node, 'correlate_by')
  const trigger = { event: textAt(node, 'event') ?? '', plan: textAt(node, 'plan') ?? '' }
  return [{ ...trigger, ...(correlateBy === undefined ? {} : { correlateBy }) }]
}
