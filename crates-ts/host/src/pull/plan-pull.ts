/** What a pull makes of the definitions of a folder: decided item by item, then written and read back (spec/22-sync.md, "Definitions"). */
import {
  SECTION_OF_KIND,
  ZERO_HASH,
  definitionJson,
  definitionsOf,
  isJsonArray,
  isPlaceholder,
  isReservedName,
} from '@aos/air'
import type { DefModule, DefinitionSet, JsonNode, JsonObject, Manifest, NamedDefinition } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import type { SyncFile } from '../sync-file.ts'
import { parseAirTexts } from './air-files.ts'
import type { AirFiles } from './air-files.ts'
import { compareItems } from './compare-items.ts'
import type { Verdicts } from './compare-items.ts'
import { editAirFiles } from './edit-files.ts'
import type { AirChange, EditedAir } from './edit-files.ts'
import { MANIFEST, bytesItem, itemOf, itemsOf, manifestOfParts, partsOfManifest } from './items.ts'
import type { Items, ManifestParts, Side } from './items.ts'
import { keyOf } from './json-edit.ts'
import { mergeParts } from './merge-manifest.ts'
import { listItems, withoutImplied } from './report-items.ts'

/** What is brought where. */
export interface PlanPullOptions {
  readonly set: DefinitionSet
  readonly air: AirFiles
  readonly sync: SyncFile
  readonly last: Items | undefined
  /** Where both sides changed, or only the folder did, the world counts. */
  readonly overwrite: boolean
  /** Bytes of modules are brought as files, so that definitions need not name them. */
  readonly modules: boolean
}

/** The folder as it will be. */
export interface PullPlan {
  /** Without conflicts. */
  readonly verdicts: Verdicts
  readonly from: Items
  readonly to: Items
  readonly edited: EditedAir
  readonly after: AirFiles
}

/** Throws `sync.conflict`, `sync.world_file`. */
export function planPull(options: PlanPullOptions): PullPlan {
  const { set, air, overwrite } = options
  const last = countedNotes(air, options.last)
  const theirs = sideOfSet(set)
  const isOpen = (name: string): boolean => !options.sync.modules.has(name)
  const sides = { from: withBytes(theirs, isOpen), to: withBytes(sideOfFiles(air, theirs), isOpen) }
  const items = { from: itemsOf(sides.from), to: itemsOf(sides.to) }
  const verdicts = settle(compareItems({ ...items, last, folder: 'to' }), { ...items, last, air, overwrite })
  const merged = mergeParts({
    from: partsOfManifest(sides.from.manifest),
    to: partsOfManifest(sides.to.manifest),
    verdicts,
  })
  const change = changeOf(options, { verdicts, merged, isOpen })
  const isNothing = change.write.size === 0 && change.remove.size === 0 && change.manifest === undefined
  if (air.worldFile !== undefined && !isNothing) throw worldFileDiffers(air.worldFile, verdicts)
  const expected = { ...items, verdicts, merged, theirs, isOpen, written: change.manifest }
  const { edited, after } = isNothing
    ? { edited: { texts: air.texts, changes: [], places: placesOf(air) }, after: air }
    : editAndCheck(air, change, expected)
  return { verdicts, ...items, edited, after }
}

/** A folder whose AIR or manifest is not there did not decide against everything in it. */
function countedNotes({ manifest, definitions }: AirFiles, last: Items | undefined): Items | undefined {
  if (manifest !== undefined || last === undefined) return last
  if (definitions.size === 0) return undefined
  return new Map([...last].filter(([item]) => !item.startsWith(`${MANIFEST} `)))
}

/** What is in force, without what is built in. */
export function sideOfSet({ manifest, ...sorted }: DefinitionSet): Side {
  return sideOf(manifest, definitionsOf(sorted))
}

/** What is in force or would be; what is built in is left out. */
export function sideOf(manifest: Manifest | undefined, definitions: Iterable<NamedDefinition>): Side {
  const own = [...definitions].filter(({ name }) => !isReservedName(name))
  return {
    manifest,
    definitions: new Map(own.map((definition) => [itemOf(definition), definition])),
    bytes: new Map(
      own.flatMap((each) =>
        each.kind === 'defmodule' && !isPlaceholder(each.wasmHash) ? [[each.name, each.wasmHash]] : [],
      ),
    ),
  }
}

/** Of the definitions in the files those that count: that the manifest lists, or that the other side has. */
export function sideOfFiles({ manifest, definitions, sorted }: AirFiles, other: Side): Side {
  const listed = new Set([...partsOfManifest(manifest?.definition).keys()].map((part) => part.split(' ')[2]))
  const counted = [...definitions].filter(([item, { definition }]) => listed.has(definition.name) || other.definitions.has(item)) // prettier-ignore
  const all = new Set(counted.map(([, { definition }]) => definition))
  return sideOf(
    manifest?.definition,
    definitionsOf(sorted).filter((definition) => all.has(definition)),
  )
}

/** Bytes of modules without a source are what their definition says; those of the others are built later. */
function withBytes(side: Side, isOpen: (module: string) => boolean): Side {
  return { ...side, bytes: new Map([...side.bytes].filter(([name]) => isOpen(name))) }
}

function placesOf({ definitions, manifest }: AirFiles): ReadonlyMap<string, string> {
  const places = new Map([...definitions].map(([item, { file }]) => [item, file]))
  if (manifest !== undefined) places.set('manifest', manifest.file)
  return places
}

interface Settling {
  readonly from: Items
  readonly to: Items
  readonly last: Items | undefined
  readonly air: AirFiles
  readonly overwrite: boolean
}

/** Throws `sync.conflict` with all of them. */
function settle(verdicts: Verdicts, { from, to, last, air, overwrite }: Settling): Verdicts {
  const settled = new Map(verdicts)
  for (const [item, verdict] of verdicts) {
    const isBytes = item.startsWith('wasm ')
    // A definition without bytes is of no use to anybody.
    if (isBytes && from.has(item) && !to.has(item) && air.definitions.has(`defmodule ${item.slice(5)}`)) {
      settled.set(item, 'write')
    } else if (overwrite && (verdict === 'conflict' || verdict === 'kept')) {
      settled.set(item, from.has(item) || !to.has(item) ? 'write' : 'remove')
    }
  }
  const paths = [...settled].flatMap(([item, verdict]) => (verdict === 'conflict' ? [item] : []))
  if (paths.length > 0) throw definitionsConflict(paths, last)
  return settled
}

/** `sync.conflict` of what changed on both sides, or may have. */
export function definitionsConflict(paths: readonly string[], last: Items | undefined): AosError {
  const what =
    last === undefined
      ? `the folder and the world differ, and it was not noted what they had in common: ${listItems(paths)}`
      : `the folder and the world both changed ${listItems(paths)}`
  return new AosError('sync.conflict', what, {
    details: { paths: withoutImplied(paths) },
    hint: 'nothing was written; `aos air diff` shows both. `aos pull --overwrite` takes what the world has, `aos push --overwrite` what the folder has',
  })
}

function worldFileDiffers(file: string, verdicts: Verdicts): AosError {
  const paths = [...verdicts].flatMap(([item, verdict]) => (verdict === 'kept' ? [] : [item]))
  return new AosError(
    'sync.world_file',
    `${file} is a program, so you have to write into it what the world has: ${listItems(paths)}`,
    {
      details: { file, paths: withoutImplied(paths) },
      hint: 'nothing was written; `aos air diff` shows what differs, `aos defs get NAME` what to write; `aos push --overwrite` takes what the file says',
    },
  )
}

interface Decided {
  readonly verdicts: Verdicts
  readonly merged: ManifestParts
  readonly isOpen: (module: string) => boolean
}

function changeOf(options: PlanPullOptions, decided: Decided): AirChange {
  const { set, air } = options
  const { verdicts } = decided
  const write = new Map<string, AirChange['write'] extends ReadonlyMap<string, infer Each> ? Each : never>()
  for (const [item, theirs] of sideOfSet(set).definitions) {
    const own = air.definitions.get(item)?.definition
    const isBytes = theirs.kind === 'defmodule' && verdicts.get(bytesItem(theirs.name)) === 'write'
    if (verdicts.get(item) !== 'write' && !isBytes) continue
    const chosen = verdicts.get(item) === 'write' || own === undefined ? theirs : own
    const node = chosen.kind === 'defmodule' ? moduleToWrite(options, decided, { chosen, own }) : chosen
    write.set(item, { kind: node.kind, node: definitionJson(node, 'sugar') })
  }
  const remove = new Set([...air.definitions.keys()].filter((item) => verdicts.get(item) === 'remove'))
  return { write, remove, manifest: manifestToWrite(options, decided), whole: new Set() }
}

/** With the hash of its bytes only when nothing else in the folder says them. */
function moduleToWrite(
  { set, modules }: PlanPullOptions,
  { verdicts, isOpen }: Decided,
  { chosen, own }: { readonly chosen: DefModule; readonly own: NamedDefinition | undefined },
): DefModule {
  const { name } = chosen
  const known = own?.kind === 'defmodule' ? own.wasmHash : undefined
  if (!isOpen(name) || verdicts.get(bytesItem(name)) === 'kept') return { ...chosen, wasmHash: known ?? ZERO_HASH }
  const inForce = set.modules.get(name)?.wasmHash ?? ZERO_HASH
  return { ...chosen, wasmHash: known === undefined && modules ? ZERO_HASH : inForce }
}

/** undefined when it says that already. Hashes stand in it where they stood, and are those of what is listed then. */
function manifestToWrite({ set, air }: PlanPullOptions, { verdicts, merged }: Decided): JsonObject | undefined {
  const manifest = air.manifest?.definition
  const node = new Map(manifestOfParts(merged))
  for (const [kind, section] of Object.entries(SECTION_OF_KIND)) {
    const list = node.get(section)
    const pinned = new Map(manifest?.[section].flatMap(({ name, hash }) => (isPlaceholder(hash) ? [] : [[name, hash]])))
    if (!isJsonArray(list) || pinned.size === 0) continue
    const inForce = new Map(set.manifest[section].map(({ name, hash }) => [name, hash]))
    const hashed = list.map((name): JsonNode => {
      const known = typeof name === 'string' ? pinned.get(name) : undefined
      if (typeof name !== 'string' || known === undefined) return name
      const hash = verdicts.get(`${kind} ${name}`) === 'kept' ? known : (inForce.get(name) ?? known)
      return new Map<string, JsonNode>([['name', name], ['hash', hash]]) // prettier-ignore
    })
    node.set(section, hashed)
  }
  if (manifest !== undefined && keyOf(definitionJson(manifest, 'sugar')) === keyOf(node)) return undefined
  return node
}

interface Expected extends Decided {
  readonly from: Items
  readonly to: Items
  readonly theirs: Side
  /** The manifest with the hashes that stand in it, when it is written. */
  readonly written: JsonObject | undefined
}

/** Parts of the texts first; whole definitions when the author wrote them so that parts of them are not what they seem. Throws `sync.conflict`. */
function editAndCheck(
  air: AirFiles,
  change: AirChange,
  expected: Expected,
): { readonly edited: EditedAir; readonly after: AirFiles } {
  const all = new Set([...change.write.keys(), MANIFEST])
  let whole: ReadonlySet<string> = change.whole
  let found: AosError | undefined
  for (let tries = 0; tries < 2; tries += 1) {
    const edited = editAirFiles(air, { ...change, whole })
    try {
      const after = parseAirTexts(air.airDir, edited.texts)
      const wrong = findUnexpected(after, expected)
      if (wrong.length === 0) return { edited, after }
      whole = new Set(wrong)
      found = new AosError('host.fault', `${listItems(wrong)} would not be written as it was decided`)
    } catch (error) {
      if (!isAosError(error)) throw error
      whole = all
      found = doNotFit(error)
    }
  }
  throw found ?? new AosError('host.fault', 'nothing was edited')
}

/** What one side changed may need what the other one took away. */
function doNotFit(cause: AosError): AosError {
  return new AosError(
    'sync.conflict',
    `what the folder changed does not go with what the world changed: ${cause.message}`,
    {
      cause,
      details: cause.details,
      hint: 'nothing was written; `aos air diff` shows both. `aos pull --overwrite` takes what the world has, `aos push --overwrite` what the folder has',
    },
  )
}

/** Items that the texts do not say as it was decided. */
function findUnexpected(
  after: AirFiles,
  { from, to, verdicts, merged, theirs, isOpen, written }: Expected,
): readonly string[] {
  const items = itemsOf(withBytes(sideOfFiles(after, theirs), isOpen))
  const wrong = new Set<string>()
  for (const item of new Set([...from.keys(), ...to.keys()])) {
    if (item.startsWith(`${MANIFEST} `)) continue
    const wanted = verdicts.get(item) === 'kept' ? to.get(item) : from.get(item)
    const isBytes = item.startsWith('wasm ')
    // Bytes that come as a file need not be named.
    if (items.get(item) === wanted || (isBytes && !items.has(item))) continue
    wrong.add(isBytes ? `defmodule ${item.slice('wasm '.length)}` : item)
  }
  const manifest = after.manifest?.definition
  const said = written === undefined ? manifestOfParts(partsOfManifest(manifest)) : manifest && definitionJson(manifest, 'sugar') // prettier-ignore
  if (said === undefined || keyOf(said) !== keyOf(written ?? manifestOfParts(merged))) wrong.add(MANIFEST)
  return [...wrong]
}
