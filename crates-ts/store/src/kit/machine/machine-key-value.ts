/** The database port of a simulated machine (spec/07-journal.md, "Conformance of a driver"). */
import { basename } from 'node:path'
import { AosError } from '@aos/cbor'
import type { KeyValue, KeyValuePair, OpenKeyValue } from '../../key-value.ts'
import { SimulatedDatabase, type Batch } from './database.ts'
import { systemError } from './faults.ts'
import type { SimulatedMachine } from './machine.ts'

/** One life's databases. The name of a new one is durable when its folder has been synced. */
export function simulatedKeyValue(machine: SimulatedMachine, life: number): OpenKeyValue {
  return async (path, { create }) => {
    const open = (): KeyValue => {
      const found = machine.find(path)
      const database = found?.kind === 'folder' ? found.database : undefined
      if (database === undefined && !create) {
        throw new AosError('store.not_found', `there is no store at ${path}`)
      }
      if (database?.isLocked === true) throw new AosError('store.locked', 'the world is open elsewhere')
      const opened = database ?? new SimulatedDatabase()
      if (database === undefined) machine.makeFolder(path).database = opened
      opened.isLocked = true
      return new SimulatedKeyValue(machine, life, { path, database: opened })
    }
    let opened: KeyValue | undefined
    const call = scheduled(machine, life, `openKeyValue ${basename(path)}`, () => {
      opened = open()
    })
    await call
    if (opened === undefined) throw systemError('EIO', `opening ${path}`)
    return opened
  }
}

async function scheduled(machine: SimulatedMachine, life: number, name: string, phase: () => void): Promise<void> {
  await machine.scheduler.inTime(life, { name, phases: [phase] })
}

interface OpenedDatabase {
  readonly path: string
  readonly database: SimulatedDatabase
}

class SimulatedKeyValue implements KeyValue {
  readonly #machine: SimulatedMachine
  readonly #life: number
  readonly #path: string
  readonly #name: string
  readonly #database: SimulatedDatabase
  /** After a failed write a database takes no more until it is opened again. */
  #hasFailed = false
  #isClosed = false

  constructor(machine: SimulatedMachine, life: number, { path, database }: OpenedDatabase) {
    this.#machine = machine
    this.#life = life
    this.#path = path
    this.#name = basename(path)
    this.#database = database
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#machine.scheduler.atOnce(this.#life, `get ${this.#name}`, () => {
      this.#checkOpen()
      this.#machine.faults.onRead(this.#path)
      return this.#database.get(key)
    })
  }

  async write(pairs: Iterable<KeyValuePair>): Promise<void> {
    this.#checkOpen()
    if (this.#hasFailed) throw systemError('EIO', `${this.#path}: an earlier write failed`)
    const batch: Batch = Array.from(pairs, ([key, value]) => [key.slice(), value?.slice()] as const)
    if (batch.length === 0) return
    const { scheduler } = this.#machine
    if (scheduler.life === this.#life) this.#database.begin(batch)
    await scheduler.inTime(this.#life, {
      name: `write ${this.#name}`,
      queue: this.#database,
      phases: [
        () => {
          this.#store(batch)
        },
      ],
    })
  }

  async *values(range: { readonly from: Uint8Array; readonly to: Uint8Array }): AsyncGenerator<Uint8Array, void> {
    this.#checkOpen()
    let values: readonly Uint8Array[] = []
    await scheduled(this.#machine, this.#life, `values ${this.#name}`, () => {
      this.#machine.faults.onRead(this.#path)
      values = this.#database.values(range.from, range.to)
    })
    yield* values
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#machine.scheduler.inTime(this.#life, {
      name: `close ${this.#name}`,
      queue: this.#database,
      phases: [
        () => {
          this.#database.isLocked = false
        },
      ],
    })
  }

  #store(batch: Batch): void {
    const { faults, random } = this.#machine
    const bytes = batch.reduce((sum, [key, value]) => sum + key.length + (value?.length ?? 0), 0)
    const isFull = faults.capacity !== Infinity && this.#machine.usedBytes + bytes > faults.capacity
    if (isFull) faults.happened += 1
    if (!isFull && !faults.failsSync()) {
      this.#database.finish(batch)
      return
    }
    this.#hasFailed = true
    if (!isFull && random.chance(0.5)) this.#database.finish(batch)
    else this.#database.drop(batch)
    throw isFull
      ? systemError('ENOSPC', `No space left on device, writing ${this.#path}`)
      : systemError('EIO', `writing ${this.#path}`)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw systemError('EBADF', `${this.#path} has been closed`)
  }
}
