/** What is written to a folder, made durable before anything says that it is there (spec/22-sync.md, "State"). */
import { closeSync, fsync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileError } from '../files.ts'
import { isErrno } from './scan-folder.ts'

/** Files that are open at a time; the system syncs as many of them at once as it has threads for. */
export const FILES_A_SYNC = 64

/** Makes the content of files durable. Throws `host.file`. */
export async function syncFiles(files: readonly string[]): Promise<void> {
  for (let at = 0; at < files.length; at += FILES_A_SYNC) {
    await Promise.all(files.slice(at, at + FILES_A_SYNC).map((file) => syncPath(file, 'r+')))
  }
}

/**
 * Makes the names of files below a folder durable, those that are there and those that are not any more: the folder, and every one on the way to
 * them. Throws `host.file`.
 */
export async function syncNames(folder: string, files: Iterable<readonly string[]>): Promise<void> {
  const folders = new Set([folder])
  for (const names of files) {
    // From the file upwards, as far as it is new.
    for (let depth = names.length - 1; depth > 0; depth -= 1) {
      const above = join(folder, ...names.slice(0, depth))
      if (folders.has(above)) break
      folders.add(above)
    }
  }
  const all = [...folders]
  for (let at = 0; at < all.length; at += FILES_A_SYNC) {
    await Promise.all(all.slice(at, at + FILES_A_SYNC).map(syncFolderThere))
  }
}

/** A folder that went with its last file has no names. */
async function syncFolderThere(folder: string): Promise<void> {
  try {
    await syncPath(folder, 'r')
  } catch (error) {
    if (error instanceof Error && isErrno(error.cause, 'ENOENT')) return
    throw error
  }
}

async function syncPath(path: string, flag: 'r' | 'r+'): Promise<void> {
  try {
    const handle = openSync(path, flag)
    try {
      await new Promise<void>((resolve, reject) => {
        fsync(handle, (error) => {
          if (error === null) resolve()
          else reject(error)
        })
      })
    } finally {
      closeSync(handle)
    }
  } catch (cause) {
    throw fileError('write', path, cause)
  }
}
