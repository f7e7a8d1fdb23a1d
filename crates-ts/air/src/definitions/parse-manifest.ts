/** `manifest` from JSON (spec/03-air.md, "Definitions"). */
import type { ErrorPath } from '@aos/cbor'
import { report, shown, type IssueSink } from '../issues.ts'
import { isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import type { EventRoute, Manifest, NamedRef } from '../model.ts'
import { isDefinitionName } from '../names.ts'
import { checkStructure } from '../structure/check.ts'
import { MANIFEST_SHAPE, NAMED_REF_SHAPE } from '../structure/shapes.ts'
import { readHash, ZERO_HASH } from './hash-field.ts'
import { itemsAt, objectAt, textAt } from './members.ts'

/** The manifest of a world that has nothing yet. */
export const EMPTY_MANIFEST: Manifest = {
  kind: 'manifest',
  airVersion: '1',
  schemas: [],
  modules: [],
  routes: [],
  hasRouting: false,
}

/** A manifest, or undefined when anything was reported; all findings go to the sink. */
export function readManifest(node: JsonObject, sink: IssueSink, path: ErrorPath): Manifest | undefined {
  const before = sink.issues.length
  checkStructure(MANIFEST_SHAPE, node, sink, path)
  const schemas = readRefs(itemsAt(node, 'schemas'), sink, [...path, 'schemas'])
  const modules = readRefs(itemsAt(node, 'modules'), sink, [...path, 'modules'])
  if (sink.issues.length > before) return undefined
  const routing = objectAt(node, 'routing')
  return {
    kind: 'manifest',
    airVersion: '1',
    schemas,
    modules,
    routes: routing === undefined ? [] : itemsAt(routing, 'events').flatMap(readRoute),
    hasRouting: routing !== undefined,
  }
}

function readRefs(items: readonly JsonNode[], sink: IssueSink, path: ErrorPath): readonly NamedRef[] {
  return items.flatMap((item, index) => readRef(item, sink, [...path, index]) ?? [])
}

function readRef(item: JsonNode, sink: IssueSink, path: ErrorPath): NamedRef | undefined {
  if (typeof item === 'string') {
    if (isDefinitionName(item)) return { name: item, hash: ZERO_HASH }
    report(sink, 'air.bad_name', path, `expected a name like demo/State@1, found ${shown(item)}`)
    return undefined
  }
  const sound = checkStructure(NAMED_REF_SHAPE, item, sink, path)
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
