/** The file system and the database in memory, for tests that open a store a thousand times or stop it at a step. */
import { AosError, toHex } from '@aos/cbor'
import type { Disk, DiskFile, DiskMode } from '../src/index.ts'
import type { KeyValue, KeyValuePair, OpenKeyValue } from '../src/key-value.ts'

const SECTOR = 512

/** What stays when a process ends. */
export class MemoryMachine {
  files = new Map<string, Uint8Array>()
  /** Key in hexadecimal digits → key and value. */
  pairs = new Map<string, readonly [Uint8Array, Uint8Array]>()
  hasDatabase = false
  openFiles = 0
  /** Changes until power fails; what is being written then is torn at sectors by `random`. */
  stepsLeft = Infinity
  random: () => number = Math.random
  hasPower = true

  copy(): MemoryMachine {
    const machine = new MemoryMachine()
    for (const [path, bytes] of this.files) machine.files.set(path, bytes.slice())
    machine.pairs = new Map(this.pairs)
    machine.hasDatabase = this.hasDatabase
    return machine
  }

  loseDatabase(): void {
    this.pairs.clear()
    this.hasDatabase = false
  }

  /** Throws when this is the step at which power fails. */
  step(torn: () => void = () => undefined): void {
    if (!this.hasPower) throw new Error('no power')
    this.stepsLeft -= 1
    if (this.stepsLeft >= 0) return
    this.hasPower = false
    torn()
    throw new Error('no power')
  }

  get disk(): Disk {
    return {
      open: (path, mode) => this.#open(path, mode),
      list: (folder) => {
        const names = [...this.files.keys()].filter((path) => path.startsWith(`${folder}/`))
        return [...new Set(names.map((path) => path.slice(folder.length + 1).split('/')[0] ?? ''))]
      },
      makeFolder: () => {
        this.step()
      },
      rename: (from, to) => {
        this.step()
        const bytes = this.files.get(from)
        if (bytes === undefined) throw new Error(`ENOENT ${from}`)
        this.files.delete(from)
        this.files.set(to, bytes)
      },
      remove: (path) => {
        this.step()
        this.files.delete(path)
      },
      syncFolder: async () => {
        this.step()
      },
    }
  }

  get openKeyValue(): OpenKeyValue {
    return async (_path, { create }) => {
      if (!create && !this.hasDatabase) throw new AosError('store.not_found', 'there is no database')
      this.hasDatabase = true
      return new MemoryDatabase(this)
    }
  }

  #open(path: string, mode: DiskMode): DiskFile {
    if (!this.files.has(path)) {
      if (mode === 'read') throw new Error(`ENOENT ${path}`)
      this.files.set(path, new Uint8Array(0))
    }
    this.openFiles += 1
    return new MemoryFile(this, path)
  }
}

class MemoryFile implements DiskFile {
  readonly #machine: MemoryMachine
  readonly #path: string

  constructor(machine: MemoryMachine, path: string) {
    this.#machine = machine
    this.#path = path
  }

  async writeDurable(bytes: Uint8Array, position: number): Promise<void> {
    this.#machine.step(() => {
      for (let from = 0; from < bytes.length;) {
        const to = Math.min(bytes.length, from + SECTOR - ((position + from) % SECTOR))
        if (this.#machine.random() < 0.5) this.#write(bytes.subarray(from, to), position + from)
        from = to
      }
    })
    this.#write(bytes, position)
  }

  writeUnsynced(bytes: Uint8Array, position: number): void {
    this.#machine.step()
    this.#write(bytes, position)
  }

  read(into: Uint8Array, position: number): number {
    const part = this.#bytes().subarray(position, position + into.length)
    into.set(part)
    return part.length
  }

  size(): number {
    return this.#bytes().length
  }

  async truncate(size: number): Promise<void> {
    this.#machine.step()
    this.#machine.files.set(this.#path, this.#bytes().slice(0, size))
  }

  async sync(): Promise<void> {
    this.#machine.step()
  }

  close(): void {
    this.#machine.openFiles -= 1
  }

  #bytes(): Uint8Array {
    return this.#machine.files.get(this.#path) ?? new Uint8Array(0)
  }

  #write(bytes: Uint8Array, position: number): void {
    const before = this.#bytes()
    const after = new Uint8Array(Math.max(before.length, position + bytes.length))
    after.set(before)
    after.set(bytes, position)
    this.#machine.files.set(this.#path, after)
  }
}

class MemoryDatabase implements KeyValue {
  readonly #machine: MemoryMachine

  constructor(machine: MemoryMachine) {
    this.#machine = machine
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#machine.pairs.get(toHex(key))?.[1].slice()
  }

  async write(pairs: Iterable<KeyValuePair>): Promise<void> {
    this.#machine.step()
    for (const [key, value] of pairs) {
      if (value === undefined) this.#machine.pairs.delete(toHex(key))
      else this.#machine.pairs.set(toHex(key), [key.slice(), value.slice()])
    }
  }

  async *values(range: { readonly from: Uint8Array; readonly to: Uint8Array }): AsyncGenerator<Uint8Array> {
    const keys = [...this.#machine.pairs.keys()].toSorted()
    for (const key of keys) {
      const value = this.#machine.pairs.get(key)?.[1]
      if (key >= toHex(range.from) && key < toHex(range.to) && value !== undefined) yield value
    }
  }

  async close(): Promise<void> {
    return undefined
  }
}
