/** Files of a folder, replaced together: a pull that is broken off is finished by the next one (spec/22-sync.md, "Definitions"). */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { AosError, hashText, isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { isRecord } from '../config-file.ts'
import { fileError, syncFolder, writeDurably } from '../files.ts'
import { syncNames } from '../sync/durable-files.ts'
import { nodeSha256 } from '../sha256.ts'
import { agreementDocument, writeAgreementDocument } from './agreement.ts'
import type { Agreement } from './agreement.ts'
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

/** What is replaced, and what both sides have in common then. */
export interface Replacement {
  readonly files: readonly FileChange[]
  readonly agreement: Agreement
}

/** Content by hash. Throws `store.missing_blob`. */
export type ReadContent = (hash: Hash) => Promise<Uint8Array>

/**
 * All of them or, after a crash, as many as there was time for: `finishFiles` does the rest. Throws `sync.conflict` before anything is written when a file
 * is not as it was read, `sync.leaves_folder`, `sync.not_a_file`, `host.file`.
 */
export async function replaceFiles(
  folder: WorldFolder,
  { files: changes, agreement }: Replacement,
  read: ReadContent,
): Promise<void> {
  const contents = await Promise.all(changes.map((change) => bytesOf(change, read)))
  for (const change of changes) checkBefore(folder.root, change)
  const then = agreementDocument(agreement)
  writeDurably(noteFile(folder), `${JSON.stringify({ version: 1, files: changes, then })}\n`)
  for (const [index, change] of changes.entries()) {
    checkBefore(folder.root, change)
    replaceFile(folder.root, change.file, contents[index])
  }
  await endNote(folder, { files: changes, then })
}

/** Names are durable before anything says what the folder has, and the note goes last. `then` undefined: nobody knows what the folder has. */
async function endNote(
  folder: WorldFolder,
  { files, then }: { readonly files: readonly FileChange[]; readonly then: unknown },
): Promise<void> {
  const places = files.map(({ file }) => file.split('/'))
  await syncNames(folder.root, places)
  if (then !== undefined) writeAgreementDocument(folder, then)
  removeFile(noteFile(folder))
  syncHidden(folder)
}

function syncHidden({ hidden }: WorldFolder): void {
  try {
    syncFolder(hidden)
  } catch (cause) {
    throw fileError('write', hidden, cause)
  }
}

/** True when a pull was broken off between its files. */
export function isUnfinished(folder: WorldFolder): boolean {
  return existsSync(noteFile(folder))
}

/** Does the rest of a pull that was broken off. A file that was changed since stays as it is. Throws what `replaceFiles` throws, and `sync.bad_state`. */
export async function finishFiles(folder: WorldFolder, read: ReadContent): Promise<void> {
  if (!isUnfinished(folder)) return
  const { files, then } = readNote(noteFile(folder))
  let isDone = true
  for (const change of files) {
    checkPlace(folder.root, change.file)
    removeFile(besideOf(join(folder.root, change.file)))
    const [now, bytes] = [hashOfFile(join(folder.root, change.file)), await bytesOf(change, read)]
    const after = bytes === undefined ? undefined : hashText(nodeSha256, bytes)
    if (now === change.before) replaceFile(folder.root, change.file, bytes)
    else if (now !== after) isDone = false
  }
  await endNote(folder, { files, then: isDone ? then : undefined })
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
  const isNoName = (part: string): boolean => part === '' || part === '.' || part === '..'
  if (parts.some(isNoName) || /^\.(?:aos|git)$/i.test(parts[0] ?? '')) {
    throw new AosError('sync.leaves_folder', `${file} is no place for definitions`, {
      details: { file },
      hint: 'a pull writes below the world folder only, and not into .aos or .git; see `air` in aos.sync.json',
    })
  }
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const place = join(root, ...parts.slice(0, depth))
    const stats = lookAt(place)
    if (stats === undefined) return
    if (depth < parts.length ? stats.isDirectory() : stats.isFile()) continue
    throw new AosError('sync.not_a_file', `${place} is a link, or not what it has to be`, {
      details: { file: place },
      hint: 'links are not followed; take it out of the way',
    })
  }
}

function lookAt(place: string): Stats | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false })
  } catch (cause) {
    throw fileError('read', place, cause)
  }
}

function replaceFile(root: string, file: string, bytes: Uint8Array | undefined): void {
  const path = join(root, file)
  if (bytes === undefined) {
    removeFile(path)
    return
  }
  const beside = besideOf(path)
  try {
    mkdirSync(dirname(path), { recursive: true })
    rmSync(beside, { force: true })
    const mode = lstatSync(path, { throwIfNoEntry: false })?.mode
    // Whole before it has its name, also after a power failure.
    writeFileSync(beside, bytes, { flag: 'wx', flush: true, ...(mode === undefined ? {} : { mode: mode & 0o777 }) })
    if (mode !== undefined) chmodSync(beside, mode & 0o777)
    renameSync(beside, path)
  } catch (cause) {
    throw fileError('write', path, cause)
  } finally {
    // After a rename there is nothing.
    rmSync(beside, { force: true, recursive: true })
  }
}

/** Where a file is written before it is put in place: one name, so that a pull which is killed leaves nothing that is not found. */
function besideOf(path: string): string {
  return join(dirname(path), '.aos-pull.tmp')
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (cause) {
    throw fileError('write', path, cause)
  }
}

function readNote(file: string): { readonly files: readonly FileChange[]; readonly then: unknown } {
  const { files, then } = readStateFile(file)
  if (!Array.isArray(files) || then === undefined) throw badState(file)
  return { files: files.map((entry: unknown) => readChange(file, entry)), then }
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
