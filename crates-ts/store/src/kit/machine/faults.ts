/** The faults that can be asked of a simulated machine (spec/07-journal.md, "Conformance of a driver"). */

/** An error as the file system gives it. */
export function systemError(code: 'EIO' | 'ENOSPC' | 'ENOENT' | 'EBADF', doing: string): Error {
  return Object.assign(new Error(`${code}: ${doing}`), { code })
}

/** Counters run down to the call that fails; one fault each. */
export class Faults {
  /** Bytes that files and databases may take together. */
  capacity: number = Infinity
  /** The read that fails: 1 is the next one. */
  readIn: number | undefined
  /** The sync that fails, counting synchronised writes, syncs of files and folders, cuts, and batches of a database. */
  syncIn: number | undefined
  /** Faults that have happened. */
  happened: number = 0

  /** True when faults may still happen. */
  get isArmed(): boolean {
    return this.capacity !== Infinity || this.readIn !== undefined || this.syncIn !== undefined
  }

  clear(): void {
    this.capacity = Infinity
    this.readIn = undefined
    this.syncIn = undefined
  }

  /** Throws EIO when this is the read that fails. */
  onRead(path: string): void {
    if (this.readIn === undefined) return
    this.readIn -= 1
    if (this.readIn > 0) return
    this.readIn = undefined
    this.happened += 1
    throw systemError('EIO', `reading ${path}`)
  }

  /** True when this is the sync that fails. */
  failsSync(): boolean {
    if (this.syncIn === undefined) return false
    this.syncIn -= 1
    if (this.syncIn > 0) return false
    this.syncIn = undefined
    this.happened += 1
    return true
  }
}
