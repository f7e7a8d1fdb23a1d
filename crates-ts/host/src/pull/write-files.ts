/** Files of a folder, replaced together: a pull that is broken off is finished by the next one (spec/22-sync.md, "Definitions"). */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AosError, hashText, isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { isRecord } from '../config-file.ts'
import { fileError, writeWhole } from '../files.ts'
import { nodeSha256 } from '../sha256.ts'
import { badState, readStateFile } from '../sync/state-file.ts'
import type { WorldFolder } from '../world-folder.ts'

/** A file of the folder before and after; undefined where there is none. */
export interface FileChange {
  /** Relative to the world folder, with `/`. */
  readonly file: string
  readonly before: Hash | undefined
  /** A text, or content of the world. */
  readonly after: { readonly text: string } | { readonly content: Hash } | undefined
}

/** Content by hash. Throws `store.missing_blob`. */
export type ReadContent = (hash: Hash) => Promise<Uint8Array>

/**
 * All of them or, after a crash, as many as there was time for: `finishFiles` does the rest. Throws `sync.conflict` before anything is written when a file
 * is not as it was read, `sync.leaves_folder`, `sync.not_a_file`, `host.file`.
 */
export async function replaceFiles(
  folder: WorldFolder,
  changes: readonly FileChange[],
  read: ReadContent,
): Promise<void> {
  const contents = await Promise.all(changes.map((change) => bytesOf(change, read)))
  for (const change of changes) checkBefore(folder.root, change)
  writeWhole(noteFile(folder), `${JSON.stringify({ version: 1, files: changes })}\n`)
  for (const [index, change] of changes.entries()) {
    checkBefore(folder.root, change)
    replaceFile(folder.root, change.file, contents[index])
  }
}

/** To be called when everything that belongs to it is written. Throws `host.file`. */
export function endReplacing(folder: WorldFolder): void {
  removeFile(noteFile(folder))
}

/** True when a pull was broken off between its files. */
export function isUnfinished(folder: WorldFolder): boolean {
  return existsSync(noteFile(folder))
}

/** Does the rest of a pull that was broken off. A file that was changed since stays as it is. Throws what `replaceFiles` throws, and `sync.bad_state`. */
export async function finishFiles(folder: WorldFolder, read: ReadContent): Promise<void> {
  if (!isUnfinished(folder)) return
  for (const change of readNote(noteFile(folder))) {
    checkPlace(folder.root, change.file)
    if (hashOfFile(join(folder.root, change.file)) !== change.before) continue
    replaceFile(folder.root, change.file, await bytesOf(change, read))
  }
  endReplacing(folder)
}

/** undefined: there is no such file. */
export function hashOfFile(path: string): Hash | undefined {
  if (!existsSync(path)) return undefined
  try {
    return hashText(nodeSha256, readFileSync(path))
  } catch (cause) {
    throw fileError('read', path, cause)
  }
}

function noteFile({ hidden }: WorldFolder): string {
  return join(hidden, 'pull.json')
}

async function bytesOf({ after }: FileChange, read: ReadContent): Promise<Uint8Array | undefined> {
  if (after === undefined) return undefined
  return 'text' in after ? new TextEncoder().encode(after.text) : read(after.content)
}

function checkBefore(root: string, { file, before }: FileChange): void {
  checkPlace(root, file)
  if (hashOfFile(join(root, file)) === before) return
  throw new AosError('sync.conflict', `${file} changed while it was pulled`, {
    details: { paths: [file] },
    hint: 'pull again',
  })
}

/** A file of the folder or a place for one, with nothing but folders on the way. */
function checkPlace(root: string, file: string): void {
  const parts = file.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new AosError('sync.leaves_folder', `${file} is not inside of the world folder`, {
      details: { file },
      hint: 'pull writes below the world folder only; see `air` in aos.sync.json',
    })
  }
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const place = join(root, ...parts.slice(0, depth))
    const stats = lstatSync(place, { throwIfNoEntry: false })
    if (stats === undefined) return
    if (depth < parts.length ? stats.isDirectory() : stats.isFile()) continue
    throw new AosError('sync.not_a_file', `${place} is a link, or not what it has to be`, {
      details: { file: place },
      hint: 'links are not followed; take it out of the way',
    })
  }
}

function replaceFile(root: string, file: string, bytes: Uint8Array | undefined): void {
  const path = join(root, file)
  if (bytes === undefined) {
    removeFile(path)
    return
  }
  const beside = join(dirname(path), `.aos-${process.pid}.tmp`)
  try {
    mkdirSync(dirname(path), { recursive: true })
    rmSync(beside, { force: true })
    writeFileSync(beside, bytes, { flag: 'wx' })
    const mode = lstatSync(path, { throwIfNoEntry: false })?.mode
    if (mode !== undefined) chmodSync(beside, mode & 0o777)
    renameSync(beside, path)
  } catch (cause) {
    throw fileError('write', path, cause)
  } finally {
    // After a rename there is nothing.
    rmSync(beside, { force: true, recursive: true })
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (cause) {
    throw fileError('write', path, cause)
  }
}

function readNote(file: string): readonly FileChange[] {
  const { files } = readStateFile(file)
  if (!Array.isArray(files)) throw badState(file)
  return files.map((entry: unknown) => readChange(file, entry))
}

function readChange(note: string, entry: unknown): FileChange {
  if (!isRecord(entry) || typeof entry['file'] !== 'string') throw badState(note)
  const { file, before, after } = entry
  if (before !== undefined && !isHash(before)) throw badState(note)
  if (after === undefined) return { file, before, after: undefined }
  if (isRecord(after) && typeof after['text'] === 'string') return { file, before, after: { text: after['text'] } }
  if (isRecord(after) && isHash(after['content'])) return { file, before, after: { content: after['content'] } }
  throw badState(note)
}
