/** Locks and openings of folders, for hosts that keep more than one world (spec/15-control.md, "A host of many worlds"). */
import { join } from 'node:path'
import { nodeDisk } from './disk.ts'
import { FENCE_NAME, Fence } from './fence.ts'
import { openLevelKeyValue } from './level-key-value.ts'

/** A lock of the operating system: it ends with `release`, or with the process. */
export interface FolderLock {
  release(): Promise<void>
}

/** Takes the lock that lies in a folder, which is made when it is missing. Throws `store.locked`, `store.failed`. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const database = await openLevelKeyValue(folder, { create: true })
  return { release: () => database.close() }
}

/**
 * Names the opening of a world's storage that is or was last in force (spec/07-journal.md, "Fence"), without a lock. Every writable
 * opening has another name: while the name stays, nobody else has written. undefined when there was none.
 */
export function readOpening(storage: string): string | undefined {
  return Fence.read(nodeDisk, join(storage, 'journal')).opening
}

/** The file that changes with every opening. */
export function openingFile(storage: string): string {
  return join(storage, 'journal', FENCE_NAME)
}
