/** Patches from JSON in either lens, and from nodes (spec/18-patches.md, "Documents"). */
import { AosError, decode, equalBytes } from '@aos/cbor'
import {
  listedEffects,
  NORMAL_SLOTS,
  slotSchemas,
  type KnownDefinitions,
  type SlotSchemas,
} from '../definitions/known.ts'
import type { DefinitionSet } from '../definitions/definition-set.ts'
import { readHash, ZERO_HASH } from '../definitions/hash-field.ts'
import { itemsAt, objectAt, textAt } from '../definitions/members.ts'
import { surveyDefinitions } from '../definitions/parse.ts'
import { naturalAt } from '../definitions/parse-powers.ts'
import { below, refuse, type FormPlace } from '../expressions/forms.ts'
import { readExpr } from '../expressions/parse-expr.ts'
import { issuesError, makeSink, report, shown, sortIssues, type AirIssue } from '../issues.ts'
import { jsonOfData } from '../json-data.ts'
import { isJsonObject, type JsonNode, type JsonObject } from '../json.ts'
import { AIR_LIMITS } from '../limits.ts'
import { isAnnotationKey } from '../names.ts'
import { checkStructure } from '../structure/check.ts'
import { OPERATION_SHAPES, PATCH_SHAPE } from '../structure/patch-shapes.ts'
import { sortOf } from '../types/parse.ts'
import type { Patch, PatchOperation, Probation } from './patch-model.ts'
import { encodePatch } from './patch-json.ts'
import { readOperation } from './read-operation.ts'

/** What is accepted beyond AIR as it is now, and what the values in the patch are read by. */
export interface ParsePatchOptions {
  /** What the patch is for: its schemas, effects and capabilities are at hand, but for those that the patch changes. */
  readonly base?: DefinitionSet
  /** Accept what AIR v1 accepted, with a warning. */
  readonly lenient?: boolean
  /** `normal`: slots are in their normal form, as in nodes, and read without schemas. `authored` unless given. */
  readonly slots?: SlotSchemas['mode']
}

/** A patch, or everything that is wrong with it; and warnings, in order of path. */
export type ParsedPatch =
  | { readonly ok: true; readonly value: Patch; readonly warnings: readonly AirIssue[] }
  | { readonly ok: false; readonly issues: readonly AirIssue[]; readonly warnings: readonly AirIssue[] }

/** A patch document. Whether it fits its base is for `applyPatch` to say. */
export function parsePatch(node: JsonNode, options: ParsePatchOptions = {}): ParsedPatch {
  if (options.slots === 'normal' || !isJsonObject(node)) return readPatch(node, NORMAL_SLOTS, options)
  return readPatch(node, slotSchemas(knownAround(node, options.base)), options)
}

/**
 * The patch whose node is exactly `bytes`. Throws `cbor.*`, the first `air.*` issue with all of them in `details.issues`, or
 * `air.not_canonical`.
 */
export function decodePatch(bytes: Uint8Array): Patch {
  if (bytes.length > AIR_LIMITS.patchBytesMax) throw issuesError([tooLarge(bytes.length)])
  const node = jsonOfData(decode(bytes, { prefix: 'required', depthMax: AIR_LIMITS.jsonDepthMax }), [])
  const parsed = readPatch(node, NORMAL_SLOTS, {})
  if (!parsed.ok) throw issuesError(parsed.issues)
  if (equalBytes(encodePatch(parsed.value), bytes)) return parsed.value
  throw new AosError('air.not_canonical', 'the node of this patch is not in canonical form')
}

function readPatch(node: JsonNode, schemas: SlotSchemas, options: ParsePatchOptions): ParsedPatch {
  const sink = makeSink(options)
  const place: FormPlace = { sink, path: [] }
  const isSound = checkStructure(PATCH_SHAPE, node, sink, [])
  const object: JsonObject = isJsonObject(node) ? node : new Map<string, JsonNode>()
  const base = readHash(object.get('base_manifest_hash'), sink, ['base_manifest_hash'])
  const operations = itemsAt(object, 'patches').flatMap((entry, index) => {
    return readEntry(entry, below(place, 'patches', index), schemas) ?? []
  })
  const probation = readProbation(object, below(place, 'probation'))
  const warnings = sortIssues(sink.warnings)
  if (!isSound || sink.issues.length > 0) return { ok: false, issues: sortIssues(sink.issues), warnings }
  const patch: Patch = {
    kind: 'patch',
    version: '1',
    baseManifestHash: base ?? ZERO_HASH,
    operations,
    ...(probation === undefined ? {} : { probation }),
  }
  const size = encodePatch(patch).length
  if (size > AIR_LIMITS.patchBytesMax) return { ok: false, issues: [tooLarge(size)], warnings }
  return { ok: true, value: patch, warnings }
}

function readProbation(patch: JsonObject, place: FormPlace): Probation | undefined {
  const node = objectAt(patch, 'probation')
  if (node === undefined) return undefined
  const at = below(place, 'window_ns')
  const windowNs = naturalAt(node, 'window_ns', place)
  if (windowNs === 0n) refuse('a time that is more than 0', node.get('window_ns'), at)
  const invariant = readExpr(node.get('invariant') ?? null, below(place, 'invariant'))
  return windowNs === undefined || invariant === undefined ? undefined : { windowNs, invariant }
}

function tooLarge(size: number): AirIssue {
  const message = `expected a patch of at most ${AIR_LIMITS.patchBytesMax} bytes, found ${size}`
  return { code: 'air.too_large', path: [], message }
}

/** Inboxes do not exist here; the operation is known so that a file of AIR v1 is told so. */
const INBOXES = 'set_routing_inboxes'

function readEntry(node: JsonNode, place: FormPlace, schemas: SlotSchemas): PatchOperation | undefined {
  const refuse = (problem: string): undefined => {
    report(place.sink, 'air.bad_operation', place.path, problem)
    return undefined
  }
  if (!isJsonObject(node)) return refuse(`expected an object with one operation, found ${sortOf(node)}`)
  const [name, other] = [...node.keys()].filter((key) => !isAnnotationKey(key))
  if (name === undefined) return refuse('expected an operation such as "add_def"')
  if (other !== undefined) return refuse(`expected one operation, found ${shown(name)} and ${shown(other)}`)
  if (name === INBOXES) {
    report(place.sink, 'air.unsupported', [...place.path, name], 'there are no inboxes, so none can be set')
    return undefined
  }
  const shape = OPERATION_SHAPES.get(name)
  if (shape === undefined) return refuse(`there is no operation ${shown(name)}`)
  const body = node.get(name) ?? null
  const at = below(place, name)
  const isSound = checkStructure(shape, body, at.sink, at.path)
  const operation = isJsonObject(body) ? readOperation(name, body, at, schemas) : undefined
  return isSound ? operation : undefined
}

/**
 * The definitions by which values in a patch are read: those of the base, in the place of which come those that the patch adds
 * or replaces; of two effects of one kind the one that will be listed.
 */
function knownAround(patch: JsonObject, base: DefinitionSet | undefined): KnownDefinitions {
  const bodies = itemsAt(patch, 'patches').flatMap((entry) => (isJsonObject(entry) ? [entry] : []))
  const bodiesOf = (op: string): readonly JsonObject[] => bodies.flatMap((entry) => objectAt(entry, op) ?? [])
  const nodes = [
    ...bodiesOf('add_def').map((body) => body.get('node') ?? null),
    ...bodiesOf('replace_def').map((body) => body.get('new_node') ?? null),
  ]
  const own = surveyDefinitions(nodes)
  const gone = bodiesOf('remove_def')
  const over = <T>(
    kind: string,
    old: ReadonlyMap<string, T> | undefined,
    fresh: ReadonlyMap<string, T> | undefined,
  ): ReadonlyMap<string, T> => {
    const kept = new Map(old)
    for (const body of gone) if (textAt(body, 'kind') === kind) kept.delete(textAt(body, 'name') ?? '')
    for (const [name, definition] of fresh ?? []) kept.set(name, definition)
    return kept
  }
  const listed = new Set([...listedEffects(base?.manifest), ...(own.effects?.keys() ?? [])])
  for (const body of gone) if (textAt(body, 'kind') === 'defeffect') listed.delete(textAt(body, 'name') ?? '')
  for (const body of bodiesOf('set_manifest_refs')) {
    for (const name of effectNames(body, 'add')) listed.add(name)
    for (const name of effectNames(body, 'remove')) listed.delete(name)
  }
  return {
    schemas: over('defschema', base?.schemas, own.schemas),
    effects: over('defeffect', base?.effects, own.effects),
    caps: over('defcap', base?.caps, own.caps),
    listedEffects: listed,
  }
}

function effectNames(body: JsonObject, key: string): readonly string[] {
  return itemsAt(body, key).flatMap((item) =>
    isJsonObject(item) && textAt(item, 'kind') === 'defeffect' ? [textAt(item, 'name') ?? ''] : [],
  )
}
