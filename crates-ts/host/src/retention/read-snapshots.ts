/** Reading snapshots back whole (spec/16-snapshots.md, "Retention"): what has been read so may be relied on when entries are dropped. */
import { hashBytes } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { KIND_NUMBER, walkSnapshot } from '@aos/kernel'
import type { HashedValue, HeaderRecord, SnapshotNote } from '@aos/store'
import { loadDefinitions } from '../definitions.ts'
import { entryKind } from '../journal-scan.ts'
import type { OpenedFolder } from '../open-world.ts'
import { isStateUnreadable } from '../snapshots/bad-snapshots.ts'
import { noteOf, snapshotNotes } from '../snapshots/open-newest.ts'
import { HashSet } from './hash-set.ts'

/** What is needed of a world. */
export type SnapshotGround = Pick<OpenedFolder, 'store' | 'readContent' | 'makeKernel'>

/** The newest first, as far as they are known: of each the journal really claims the root. Nothing of their content is read. */
export function* claimedSnapshots(store: SnapshotGround['store']): Generator<SnapshotNote, void, undefined> {
  for (const note of snapshotNotes(store)) if (isClaimed(store, note)) yield note
}

function isClaimed({ journal }: SnapshotGround['store'], { cut, rootHeight, root }: SnapshotNote): boolean {
  if (rootHeight > (journal.head?.height ?? -1)) return false
  for (const [record] of journal.readHeaders({ from: rootHeight, to: rootHeight })) {
    if (record === undefined || !isRootEntry(record)) return false
    const claimed = noteOf({ height: record.height, bytes: record.bytes })
    return claimed.cut === cut && claimed.root === root
  }
  return false
}

function isRootEntry({ isCompacted, bytes }: HeaderRecord): boolean {
  return !isCompacted && entryKind(bytes) === KIND_NUMBER.snapshot_root
}

/** How many, and where those are put that have been read whole. */
export interface ReadSnapshotsOptions {
  readonly count: number
  readonly found: SnapshotNote[]
}

/**
 * Reads the newest snapshots that can be read, with their manifests, definitions and modules: every value of them, some twice. One of which
 * a part is missing or damaged is passed over, and one that does not open. Throws what content throws for other reasons.
 */
export function* readSnapshots(
  ground: SnapshotGround,
  { count, found }: ReadSnapshotsOptions,
): Generator<HashedValue, void, undefined> {
  let seen = new HashSet()
  for (const note of claimedSnapshots(ground.store)) {
    if (found.length >= count) return
    try {
      yield* readSnapshot(ground, note, seen)
      found.push(note)
    } catch (error) {
      if (!isStateUnreadable(error)) throw error
      // Subtrees may have been left in the middle.
      seen = new HashSet()
    }
  }
}

function* readSnapshot(
  { readContent, makeKernel, store }: SnapshotGround,
  note: SnapshotNote,
  seen: HashSet,
): Generator<HashedValue, void, undefined> {
  const skips = (hash: Hash): boolean => seen.has(hashBytes(hash))
  for (const { hash, bytes } of walkSnapshot({ get: readContent }, note.root, skips)) {
    const value = { hash: hashBytes(hash), bytes }
    seen.add(value.hash)
    yield value
  }
  const kernel = makeKernel()
  kernel.open(note.root)
  const manifests = new Set<Hash>()
  if (kernel.manifestHash !== undefined) manifests.add(kernel.manifestHash)
  for (const { manifest } of kernel.listIntents()) manifests.add(manifest)
  for (const { manifest } of kernel.listInstances()) manifests.add(manifest)
  for (const manifest of manifests) {
    for (const name of definitionHashes(manifest, readContent)) {
      const hash = hashBytes(name)
      // What is built in need not be stored.
      if (seen.has(hash) || !store.content.has(name)) continue
      seen.add(hash)
      yield { hash, bytes: readContent(name) }
    }
  }
}

/** The manifest, the definitions that it lists, and their modules. */
function definitionHashes(manifestHash: Hash, read: (hash: Hash) => Uint8Array): readonly Hash[] {
  const { manifest, modules } = loadDefinitions(manifestHash, read)
  const lists = [
    ...[manifest.schemas, manifest.modules, manifest.plans, manifest.effects],
    ...[manifest.caps, manifest.policies, manifest.secrets],
  ]
  const wasm = [...modules.values()].map(({ wasmHash }) => wasmHash)
  return [manifestHash, ...lists.flatMap((refs) => refs.map(({ hash }) => hash)), ...wasm]
}
