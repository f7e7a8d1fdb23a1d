/** Removing content that a world does not need, while it goes on (spec/16-snapshots.md, "Retention"). */
import { formatHash } from '@aos/cbor'
import type { HashBytes } from '@aos/cbor'
import type { HashedValue, SnapshotNote, SweepReport } from '@aos/store'
import type { HostWorld } from '../host-world.ts'
import { runStepsFairly } from '../steps.ts'
import type { StepsOptions } from '../steps.ts'
import { findHashesOfEntry } from './find-hashes.ts'
import { markContent } from './mark-content.ts'
import { keepUploads, leasedUploads } from './uploads.ts'

/** Whether anything is removed, and who is let on meanwhile. */
export interface CollectGarbageOptions extends StepsOptions {
  /** Only counts. No snapshot is cut for it, so what turns since the newest one have made may be counted as dead. */
  readonly dryRun: boolean
}

/** What a collection came to. */
export interface GarbageReport extends SweepReport {
  /** The snapshots that are kept, the newest first. */
  readonly snapshots: readonly SnapshotNote[]
}

/**
 * Cuts a snapshot, so that what turns have made is in one, marks, and sweeps. Throws what content throws when the newest snapshot cannot
 * be read whole, `kernel.no_snapshots`, `control.lost`; nothing has been removed then.
 */
export function collectGarbage(host: HostWorld, options: CollectGarbageOptions): Promise<GarbageReport> {
  return host.leases.whileCollecting(() => collect(host, options))
}

async function collect(host: HostWorld, options: CollectGarbageOptions): Promise<GarbageReport> {
  const { store, readContent, folder, leases } = host
  const { dryRun } = options
  const stored = store.content.watchStored()
  const forget = host.observe(({ entry }) => {
    keepNamed(host, entry)
  })
  try {
    if (!dryRun) await cutAfter(host, host.kernel.head?.height ?? -1)
    const uploads = leasedUploads(folder.uploads, Date.now())
    const marking = markContent({ store, readContent, uploads: uploads.keys() })
    const { live, snapshots } = await runStepsFairly(marking, options)
    const oldest = snapshots.at(-1)
    if (!dryRun) {
      keepUploads(folder.uploads, uploads)
      // Parts of older ones may stay, and nobody is to take them for whole.
      if (oldest !== undefined) store.snapshotNotes.forgetBefore(oldest.cut)
    }
    const isLive = (hash: HashBytes): boolean => live.has(hash) || stored.has(hash) || leases.has(hash)
    return { ...(await store.content.sweep({ isLive, dryRun })), snapshots }
  } finally {
    forget()
    stored.end()
  }
}

/** A snapshot with the turns up to this height; one that was under way may have been cut before. */
async function cutAfter(host: HostWorld, height: number): Promise<void> {
  for (let note = await host.createSnapshot(); note.cut < height; note = await host.createSnapshot());
}

/** What an entry names while content is swept is stored again, so that it is live whatever was found before. */
function keepNamed(host: HostWorld, entry: Uint8Array): void {
  const { content } = host.store
  const values: HashedValue[] = []
  findHashesOfEntry(entry, (found) => {
    const bytes = content.get(formatHash(found))
    if (bytes !== undefined) values.push({ hash: found.slice(), bytes })
  })
  // When it fails, content takes nothing more, and whoever stores next hears of it.
  if (values.length > 0) content.putHashed(values).catch(() => undefined)
}
