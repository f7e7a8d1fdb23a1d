/** What a world takes of the disk. */
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { WorldFolder } from './world-folder.ts'

/** Lengths of files, in bytes. */
export interface DiskUse {
  /** Segments are made longer than what is in them. */
  readonly journal: number
  /** Packs, larger values, and the index over them. */
  readonly content: number
}

/** Costs a look at each file, not at what is in it. What others remove meanwhile counts as nothing. */
export function diskUse({ store }: Pick<WorldFolder, 'store'>): DiskUse {
  const journal = bytesBelow(join(store, 'journal'))
  return { journal, content: bytesBelow(store) - journal }
}

function bytesBelow(folder: string): number {
  let bytes = 0
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name)
    bytes += entry.isDirectory() ? bytesBelow(path) : (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0)
  }
  return bytes
}

function entriesOf(folder: string): readonly { readonly name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
