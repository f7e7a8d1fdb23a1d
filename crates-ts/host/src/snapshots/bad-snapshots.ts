/** Snapshots of which a part turned out to be missing or damaged in a turn (spec/16-snapshots.md, "Opening"): the next opening takes another one. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { isAosError, isHash } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { readText, syncFolder } from '../files.ts'

/** The roots that are noted in the file of one world folder. */
export class BadSnapshots {
  readonly #file: string
  readonly #roots: Set<Hash>

  /** Reads what was noted before; one root a line. A line that was cut off is passed over. */
  constructor(file: string) {
    this.#file = file
    this.#roots = new Set(existsSync(file) ? readText(file).split('\n').filter(isHash) : [])
  }

  get isEmpty(): boolean {
    return this.#roots.size === 0
  }

  has(root: Hash): boolean {
    return this.#roots.has(root)
  }

  /** Durable when it returns, also the name of the file. */
  add(root: Hash): void {
    this.#roots.add(root)
    mkdirSync(dirname(this.#file), { recursive: true })
    const file = openSync(this.#file, 'a')
    try {
      // A line that a crash cut off must not swallow this one.
      writeSync(file, `\n${root}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    syncFolder(dirname(this.#file))
  }

  /** A whole snapshot was made from sound ground: what came before is never looked at again. */
  clear(): void {
    if (this.isEmpty) return
    this.#roots.clear()
    rmSync(this.#file, { force: true })
  }
}

const CONTENT_FAULTS: readonly string[] = ['store.missing_blob', 'store.corrupt_blob', 'kernel.bad_snapshot']

/** True for a fault that says nothing about the ingress: the state could not be read. */
export function isStateUnreadable(thrown: unknown): boolean {
  return isAosError(thrown) && CONTENT_FAULTS.includes(thrown.code)
}
