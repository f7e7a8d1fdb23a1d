/** Reading and writing of small files, with the operating system's refusals turned into `host.file`. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import type { Dirent } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { AosError } from '@aos/cbor'

/** Reads a file that a person named. Throws `host.file` with what the system said. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw fileError('read', path, cause)
  }
}

/** UTF-8 text without a byte order mark. Throws `host.file`. */
export function readText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path))
  } catch (cause) {
    if (cause instanceof AosError) throw cause
    throw new AosError('host.file', `${path} is not UTF-8 text`, { cause, hint: 'save it as UTF-8' })
  }
}

/** Writes beside and renames, so that a reader sees the old file or the new one. Makes the folders. Throws `host.file`. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const beside = `${path}.${process.pid}.tmp`
    writeFileSync(beside, content)
    renameSync(beside, path)
  } catch (cause) {
    throw fileError('write', path, cause)
  }
}

/** As `writeWhole`, and durable under its name when it returns. Throws `host.file`. */
export function writeDurably(path: string, content: string | Uint8Array): void {
  const beside = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(beside, content, { flush: true })
    renameSync(beside, path)
    syncFolder(dirname(path))
  } catch (cause) {
    throw fileError('write', path, cause)
  }
}

/** Makes the names in a folder durable: files that were made, renamed or removed. */
export function syncFolder(folder: string): void {
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Files under `dir` that end with `suffix`, sorted by their path with `/`; names that start with a dot are left out. Throws `host.file`. */
export function listFiles(dir: string, suffix: string): readonly string[] {
  if (!existsSync(dir)) return []
  const found: string[] = []
  const visit = (folder: string): void => {
    for (const entry of readFolder(folder)) {
      if (entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) visit(path)
      else if (entry.isFile() && entry.name.endsWith(suffix)) found.push(path)
    }
  }
  visit(dir)
  return found.toSorted((left, right) => compareText(slashed(dir, left), slashed(dir, right)))
}

function readFolder(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (cause) {
    throw fileError('read', folder, cause)
  }
}

/** The path of a file relative to a folder, with `/` on every platform. */
export function slashed(dir: string, path: string): string {
  return relative(dir, path).split(sep).join('/')
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** What the system refused, as `host.file`. */
export function fileError(verb: 'read' | 'write', path: string, cause: unknown): AosError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  const found = reason === 'ENOENT' ? 'there is no such file' : `the system says ${reason}`
  return new AosError('host.file', `cannot ${verb} ${path}: ${found}`, { cause, details: { file: path, reason } })
}
