/** Writing a small private file so that a crash leaves the old one or the new one. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { AosError } from '@aos/cbor'
import { syncFolder } from '../files.ts'

/** With mode 0600; durable under its name when it returns. Throws `host.file`. */
export function writePrivate(path: string, content: Uint8Array): void {
  const beside = `${path}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true })
    // What an earlier process left half written is no obstacle, and its rights are not ours.
    rmSync(beside, { force: true })
    const file = openSync(beside, 'wx', 0o600)
    try {
      for (let at = 0; at < content.length; at += writeSync(file, content, at));
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
    syncFolder(dirname(path))
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new AosError('host.file', `cannot write ${path}: the system says ${reason}`, {
      cause,
      details: { file: path, reason },
    })
  }
}
