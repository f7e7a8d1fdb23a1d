/**
 * Which calls were begun (G10; spec/14-dispatch.md, "The dispatch log"). A mark is durable before the call, so that after a
 * crash a call that nobody saw the end of is never simply made again.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  write,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { AosError } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { syncFolder } from '../files.ts'
import { headerLine, markLine, parseLog } from './dispatch-log-form.ts'

const writeTo = promisify(write)
const syncData = promisify(fdatasync)

/** A log is written anew when it is longer than this and most of it is settled. */
const COMPACT_BYTES = 262_144
const COMPACT_FACTOR = 4

/** Why what a log should have said had to be assumed. */
export type LogLoss = 'missing' | 'damaged' | 'foreign'

/** Lines that are written together. */
interface Group {
  readonly lines: string[]
  sync: boolean
  readonly written: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: AosError) => void
}

/** The log of one open world. One writer: the holder of the world's lock. */
export class DispatchLog {
  /** Set when the log was made anew: then everything that is open counts as begun. */
  readonly loss: LogLoss | undefined
  readonly #path: string
  readonly #world: Hash
  readonly #marks: Map<Hash, number>
  #file: number
  #length: number
  #waiting: Group | undefined
  #underWay: Promise<void> | undefined
  #failure: AosError | undefined
  #isClosed = false

  /** `open` are the intents that may have been called; they count when the log cannot be relied on. */
  constructor(path: string, options: { readonly world: Hash; readonly open: Iterable<Hash> }) {
    const { world } = options
    this.#path = path
    this.#world = world
    const found = readLog(path, world)
    this.loss = typeof found === 'string' ? found : undefined
    if (typeof found === 'string') {
      this.#marks = new Map([...options.open].map((intent) => [intent, 0]))
      this.#length = writeLog(path, { world, marks: this.#marks })
      this.#file = openSync(path, 'a')
      return
    }
    this.#marks = new Map(found.marks)
    this.#length = found.length
    // A torn line goes; a whole one without its end is written again.
    this.#file = openSync(path, 'a')
    if (found.isTorn) this.#rewrite()
  }

  /** True when a call for the intent may have been made. */
  isMarked(intent: Hash): boolean {
    return this.#marks.has(intent)
  }

  /** Calls that were begun and are not settled. */
  get marks(): ReadonlyMap<Hash, number> {
    return this.#marks
  }

  /**
   * With `sync` the mark is on the medium when it resolves; otherwise it is given to the system, which keeps it when only this process
   * dies. Rejects with `host.dispatch_log`, after which nothing may be called any more.
   */
  mark(intent: Hash, attempt: number, options: { readonly sync: boolean }): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#marks.set(intent, attempt)
    const group = (this.#waiting ??= makeGroup())
    group.lines.push(markLine(intent, attempt))
    if (options.sync) group.sync = true
    this.#underWay ??= this.#run()
    return group.written
  }

  /** The intent is durably settled: its mark is not needed any more. */
  settle(intent: Hash): void {
    this.#marks.delete(intent)
  }

  /** Writes anew without what is settled, when that is most of it. */
  compact(): void {
    if (this.#isClosed || this.#underWay !== undefined || this.#failure !== undefined) return
    if (this.#length <= COMPACT_BYTES) return
    const live = headerLine(this.#world).length + this.#marks.size * markLine(this.#world, 0).length
    if (this.#length > COMPACT_FACTOR * live) this.#rewrite()
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#underWay
    closeSync(this.#file)
  }

  /** Writes and syncs what waits, in groups, until nothing waits. */
  async #run(): Promise<void> {
    for (let group = this.#waiting; group !== undefined; group = this.#waiting) {
      this.#waiting = undefined
      try {
        await this.#append(Buffer.from(group.lines.join(''), 'latin1'))
        if (group.sync) await syncData(this.#file)
      } catch (cause) {
        this.#fail(cause, group)
        break
      }
      group.resolve()
    }
    this.#underWay = undefined
  }

  async #append(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await writeTo(this.#file, bytes, at, bytes.length - at, null)
      at += bytesWritten
    }
    this.#length += bytes.length
  }

  /** A failed sync is never tried again: what it should have kept may be gone. */
  #fail(cause: unknown, group: Group): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#failure = new AosError('host.dispatch_log', `the dispatch log cannot be written: ${reason}`, {
      cause,
      hint: 'make room on the disk, or look at the permissions of .aos; then open the world again',
    })
    group.reject(this.#failure)
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }

  #rewrite(): void {
    closeSync(this.#file)
    this.#length = writeLog(this.#path, { world: this.#world, marks: this.#marks })
    this.#file = openSync(this.#path, 'a')
  }
}

function makeGroup(): Group {
  let resolve: () => void = () => undefined
  let reject: (error: AosError) => void = () => undefined
  const written = new Promise<void>((onWritten, onFailure) => {
    resolve = onWritten
    reject = onFailure
  })
  return { lines: [], sync: false, written, resolve, reject }
}

interface FoundLog {
  readonly marks: ReadonlyMap<Hash, number>
  readonly length: number
  readonly isTorn: boolean
}

function readLog(path: string, world: Hash): FoundLog | LogLoss {
  if (!existsSync(path)) return 'missing'
  const text = readFileSync(path, 'latin1')
  const content = parseLog(text)
  if (content === undefined) return 'damaged'
  if (content.world !== world) return 'foreign'
  return { marks: content.marks, length: content.length, isTorn: content.length < text.length }
}

/** What the log of a world marks, without opening it for writing; undefined when it is missing or cannot be relied on. */
export function readMarks(path: string, world: Hash): ReadonlyMap<Hash, number> | undefined {
  const found = readLog(path, world)
  return typeof found === 'string' ? undefined : found.marks
}

/** Writes beside, syncs, renames, syncs the folder: a crash leaves the old log or the new one. Returns its length. */
function writeLog(path: string, content: { readonly world: Hash; readonly marks: ReadonlyMap<Hash, number> }): number {
  const lines = [...content.marks].map(([intent, attempt]) => markLine(intent, attempt))
  const bytes = Buffer.from(headerLine(content.world) + lines.join(''), 'latin1')
  const beside = `${path}.new`
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(beside, 'w', 0o600)
  try {
    writeFileSync(file, bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
  syncFolder(dirname(path))
  return bytes.length
}

/**
 * Makes the log of a world in which nothing can have been called, so that its absence means something later. Does nothing when there
 * is one, or when intents are open.
 */
export function ensureDispatchLog(
  path: string,
  options: { readonly world: Hash; readonly open: Iterable<Hash> },
): void {
  if (existsSync(path)) return
  if ([...options.open].length > 0) return
  writeLog(path, { world: options.world, marks: new Map() })
}
