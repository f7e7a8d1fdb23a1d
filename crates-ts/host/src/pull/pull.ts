/** `aos pull`: what is in force in the world into the AIR of the folder (spec/22-sync.md, "Definitions"). */
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { join } from 'node:path'
import { signingWorldOf } from '../daemon/signing-world.ts'
import type { SigningWorld } from '../daemon/signing-world.ts'
import { readDefinitionSet } from '../governance/definition-set.ts'
import { needFacts } from '../governance/propose-change.ts'
import type { HostWorld } from '../host-world.ts'
import type { ModuleBuilder } from '../push/module-builder.ts'
import { readSyncFile } from '../sync-file.ts'
import { readAgreement, writeAgreement } from './agreement.ts'
import { readAirFiles } from './air-files.ts'
import type { AirFiles } from './air-files.ts'
import { MANIFEST, itemsOf } from './items.ts'
import type { Items } from './items.ts'
import { changeSyncFile } from './module-files.ts'
import { definitionsConflict, planPull, sideOfFiles, sideOfSet } from './plan-pull.ts'
import type { PullPlan } from './plan-pull.ts'
import { comparePulledModules } from './pull-modules.ts'
import type { ModuleVerdicts, PulledModule } from './pull-modules.ts'
import { describeItems } from './report-items.ts'
import type { ItemChange } from './report-items.ts'
import { finishFiles, hashOfFile, isUnfinished, replaceFiles } from './write-files.ts'
import type { FileChange, ReadContent } from './write-files.ts'

/** What a pull may do: a dry run compiles and compares but writes nothing. */
export interface PullOptions {
  readonly builder: ModuleBuilder
  readonly dryRun: boolean
  /** What is in force counts, also where the folder changed. */
  readonly overwrite: boolean
  /** Brings the bytes of modules that the folder has not, as files. */
  readonly modules: boolean
  readonly onProgress: (line: string) => void
}

/** A file that is written or removed. */
export interface PulledFile {
  readonly change: 'add' | 'change' | 'remove'
  /** Relative to the world folder, with `/`. */
  readonly file: string
}

/** What a pull did to the definitions of a folder, or would have done. */
export interface PullReport {
  readonly outcome: 'pulled' | 'unchanged' | 'dry_run'
  /** In force since `height`. */
  readonly manifest: Hash
  readonly height: number
  /** What is brought. */
  readonly changes: readonly ItemChange[]
  /** What the folder has otherwise, and a push would bring. */
  readonly kept: readonly ItemChange[]
  readonly modules: readonly PulledModule[]
  readonly files: readonly PulledFile[]
}

/**
 * Brings definitions into the folder, nothing of them when anything is in the way. Throws `sync.conflict`, `sync.world_file`, `sync.unfinished` (of a dry
 * run after a pull that was broken off), `host.no_genesis`, and what reading the folder throws.
 */
export async function pullDefinitions(world: HostWorld | SigningWorld, options: PullOptions): Promise<PullReport> {
  const host = signingWorldOf(world)
  const { folder } = host
  const readContent = readerOf(host)
  if (options.dryRun) refuseUnfinished(host)
  else await finishFiles(folder, readContent)
  const facts = needFacts(await host.facts())
  const set = await readDefinitionSet(host, facts.manifestHash)
  const sync = readSyncFile(folder.syncFile)
  const air = await readAirFiles(folder, { sync, builder: options.builder })
  const agreement = await readAgreement(host, facts)
  const last = agreement?.items
  const plan = planPull({ ...options, set, air, sync, last })
  const theirs = sideOfSet(set)
  const found = await comparePulledModules({
    build: { ...options, folder, sync, forceBuild: false, stored: (hash) => host.get(hash) },
    manifest: plan.after.manifest?.definition ?? set.manifest,
    inForce: theirs.bytes,
    after: plan.after.sorted,
    before: air.sorted,
    last,
    take: options.modules,
    overwrite: options.overwrite,
  })
  refuseModules(found, last)
  const files = filesOf(host, { air, plan, found })
  const inForce = itemsOf(theirs)
  const folderItems = itemsOf({ ...sideOfFiles(plan.after, theirs), bytes: found.bytes })
  if (!options.dryRun) {
    const items = inCommon({ inForce, folder: folderItems, last })
    const agreed = { world: facts.id, items, pending: agreement?.pending ?? [] }
    if (files.length > 0) await replaceFiles(folder, { files, agreement: agreed }, readContent)
    else writeAgreement(folder, agreed)
  }
  const pulled = options.dryRun ? 'dry_run' : 'pulled'
  return {
    outcome: files.length === 0 ? 'unchanged' : pulled,
    manifest: facts.manifestHash,
    height: facts.manifestHeight,
    ...describe(plan, air),
    modules: found.modules,
    files: files.map(({ file, before, after }) => ({
      change: after === undefined ? 'remove' : before === undefined ? 'add' : 'change',
      file,
    })),
  }
}

/** Throws `sync.unfinished` when a pull was broken off: the folder is neither what it was nor what it should become. */
export function refuseUnfinished({ folder }: Pick<SigningWorld, 'folder'>): void {
  if (!isUnfinished(folder)) return
  throw new AosError('sync.unfinished', 'a pull was broken off, so that the folder is neither old nor new', {
    hint: 'run `aos pull`, which finishes it',
  })
}

function readerOf(host: SigningWorld): ReadContent {
  return async (hash) => {
    const bytes = await host.get(hash)
    if (bytes !== undefined) return bytes
    throw new AosError('store.missing_blob', `the store lacks ${hash}`, { details: { hash } })
  }
}

function refuseModules({ modules }: ModuleVerdicts, last: Items | undefined): void {
  const paths = modules.flatMap(({ name, state }) => (state === 'conflict' ? [`wasm ${name}`] : []))
  if (paths.length > 0) throw definitionsConflict(paths, last)
}

interface Found {
  readonly air: AirFiles
  readonly plan: PullPlan
  readonly found: ModuleVerdicts
}

/** Bytes of modules come first and the manifest, as it happens, wherever it stands: what is broken off is finished later. */
function filesOf({ folder }: SigningWorld, { air, plan, found }: Found): readonly FileChange[] {
  const hashes = new Map(air.texts.map(({ file, hash }) => [file, hash]))
  const texts = plan.edited.changes.map(({ file, after }): FileChange => {
    return { file, before: hashes.get(file), after: after === undefined ? undefined : { text: after } }
  })
  const taken = found.modules.flatMap(({ name, hash, state, file }) =>
    state === 'taken' && file !== undefined ? [{ name, hash, file }] : [],
  )
  const bytes = taken.flatMap(({ file, hash }): readonly FileChange[] => {
    const before = hashOfFile(join(folder.root, file))
    return before === hash ? [] : [{ file, before, after: { content: hash } }]
  })
  const { modules } = readSyncFile(folder.syncFile)
  const gone = [...modules.keys()].filter(
    (name) => air.definitions.has(`defmodule ${name}`) && !plan.after.definitions.has(`defmodule ${name}`),
  )
  const sources = changeSyncFile(folder.root, {
    set: new Map(taken.map(({ name, file }) => [name, file])),
    drop: new Set(gone),
  })
  return [...bytes, ...texts, ...(sources === undefined ? [] : [sources])]
}

interface Sides {
  readonly inForce: Items
  readonly folder: Items
  readonly last: Items | undefined
}

/** What is alike now; where the sides differ, what they last had in common. */
function inCommon({ inForce, folder, last }: Sides): Items {
  const items = new Map<string, Hash>()
  for (const item of new Set([...inForce.keys(), ...(last?.keys() ?? [])])) {
    const hash = inForce.get(item)
    const known = hash !== undefined && hash === folder.get(item) ? hash : last?.get(item)
    // Gone on both sides.
    if (known !== undefined && (inForce.has(item) || folder.has(item))) items.set(item, known)
  }
  return items
}

function describe(
  { verdicts, from, to, edited, after }: PullPlan,
  { manifest }: AirFiles,
): Pick<PullReport, 'changes' | 'kept'> {
  const { places } = edited
  const fileOf = (item: string): string | undefined => {
    if (item.startsWith(`${MANIFEST} `)) return after.worldFile ?? places.get(MANIFEST)
    const definition = item.startsWith('wasm ') ? `defmodule ${item.slice('wasm '.length)}` : item
    return after.worldFile ?? places.get(definition)
  }
  const [theirs, own] = [(item: string) => from.has(item), (item: string) => to.has(item)]
  const pick = (wanted: (verdict: string) => boolean): readonly string[] =>
    [...verdicts].flatMap(([item, verdict]) => (wanted(verdict) ? [item] : []))
  const changes = describeItems({ items: pick((verdict) => verdict !== 'kept'), before: own, after: theirs, fileOf })
  const parts = changes.filter(({ kind }) => kind === MANIFEST)
  const whole = { change: 'add', kind: MANIFEST, name: MANIFEST, file: places.get(MANIFEST) } as const
  return {
    // All of it is new.
    changes: manifest === undefined && places.has(MANIFEST) ? [...changes.filter((each) => !parts.includes(each)), whole] : changes, // prettier-ignore
    kept: describeItems({ items: pick((verdict) => verdict === 'kept'), before: theirs, after: own, fileOf }),
  }
}
