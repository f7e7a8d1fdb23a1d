/** The disk port of a simulated machine (spec/07-journal.md, "Conformance of a driver"). */
import { basename, dirname } from 'node:path'
import type { Disk, DiskFile, DiskMode } from '../../disk.ts'
import { systemError } from './faults.ts'
import type { Inode } from './inode.ts'
import type { SimulatedMachine } from './machine.ts'

/** One life's view of the machine's files. */
export function simulatedDisk(machine: SimulatedMachine, life: number): Disk {
  const { scheduler } = machine
  const atOnce = <T>(name: string, effect: () => T): T => scheduler.atOnce(life, name, effect)
  return {
    open: (path, mode) =>
      atOnce(
        `open ${basename(path)}`,
        () => new SimulatedFile(machine, life, { path, mode, inode: find(machine, path, mode) }),
      ),
    list: (folder) => atOnce(`list ${basename(folder)}`, () => listed(machine, folder)),
    makeFolder: (folder) =>
      atOnce(`makeFolder ${basename(folder)}`, () => {
        const made = topmostMissing(machine, folder)
        machine.makeFolder(folder)
        return made
      }),
    rename: (from, to) => {
      atOnce(`rename ${basename(from)} ${basename(to)}`, () => {
        const folder = machine.folderOf(from)
        if (folder?.get(basename(from)) === undefined) throw systemError('ENOENT', `renaming ${from}`)
        folder.rename(basename(from), basename(to), machine.nextStamp())
      })
    },
    remove: (path) => {
      atOnce(`remove ${basename(path)}`, () => machine.folderOf(path)?.remove(basename(path), machine.nextStamp()))
    },
    async syncFolder(folder) {
      const entry = machine.find(folder)
      if (entry?.kind !== 'folder') throw systemError('ENOENT', `syncing ${folder}`)
      const { stamp } = machine
      const sync = (): void => {
        if (machine.faults.failsSync()) throw systemError('EIO', `syncing ${folder}`)
        entry.sync(stamp)
      }
      await scheduler.inTime(life, { name: `syncFolder ${basename(folder)}`, phases: [sync] })
    },
  }
}

/** Reads without steps and faults; refuses to write. */
export function inspectingDisk(machine: SimulatedMachine): Disk {
  const refuse = (): never => {
    throw systemError('EBADF', 'the disk is only inspected')
  }
  return {
    open(path) {
      const inode = find(machine, path, 'read')
      return {
        writeDurable: async () => refuse(),
        writeUnsynced: refuse,
        read: (into, position) => inode.read(into, position),
        size: () => inode.size,
        truncate: async () => refuse(),
        sync: async () => refuse(),
        close: () => undefined,
      }
    },
    list: (folder) => listed(machine, folder),
    makeFolder: refuse,
    rename: refuse,
    remove: refuse,
    syncFolder: async () => refuse(),
  }
}

function topmostMissing(machine: SimulatedMachine, folder: string): string | undefined {
  if (machine.find(folder) !== undefined) return undefined
  return topmostMissing(machine, dirname(folder)) ?? folder
}

function listed(machine: SimulatedMachine, folder: string): readonly string[] {
  const entry = machine.find(folder)
  return entry?.kind === 'folder' ? entry.list() : []
}

function find(machine: SimulatedMachine, path: string, mode: DiskMode): Inode {
  const entry = mode === 'read' ? machine.find(path) : machine.makeFile(path)
  if (entry?.kind === 'file') return entry
  throw systemError('ENOENT', `opening ${path}`)
}

interface OpenedFile {
  readonly path: string
  readonly mode: DiskMode
  readonly inode: Inode
}

class SimulatedFile implements DiskFile {
  readonly #machine: SimulatedMachine
  readonly #life: number
  readonly path: string
  readonly #name: string
  readonly #mode: DiskMode
  readonly #inode: Inode
  #underWay = 0
  #isClosed = false

  constructor(machine: SimulatedMachine, life: number, { path, mode, inode }: OpenedFile) {
    this.#machine = machine
    this.#life = life
    this.path = path
    this.#name = basename(path)
    this.#mode = mode
    this.#inode = inode
    machine.openFiles.add(this)
  }

  writeDurable(bytes: Uint8Array, position: number): Promise<void> {
    let stamp = 0
    return this.#inTime(`write ${this.#name} ${position}+${bytes.length}`, [
      () => {
        this.#checkWritable()
        stamp = this.#write(bytes, position)
      },
      () => {
        this.#sync({ from: position, to: position + bytes.length, stamp })
      },
    ])
  }

  writeUnsynced(bytes: Uint8Array, position: number): void {
    this.#atOnce(`put ${this.#name} ${position}+${bytes.length}`, () => {
      this.#checkWritable()
      this.#write(bytes, position)
    })
  }

  read(into: Uint8Array, position: number): number {
    return this.#atOnce(`read ${this.#name} ${position}+${into.length}`, () => {
      this.#machine.faults.onRead(this.path)
      return this.#inode.read(into, position)
    })
  }

  size(): number {
    return this.#atOnce(`size ${this.#name}`, () => this.#inode.size)
  }

  truncate(size: number): Promise<void> {
    let stamp = 0
    return this.#inTime(`truncate ${this.#name} ${size}`, [
      () => {
        this.#checkWritable()
        stamp = this.#machine.nextStamp()
        this.#inode.truncate(size, stamp)
      },
      () => {
        this.#syncAll(stamp)
      },
    ])
  }

  sync(): Promise<void> {
    const { stamp } = this.#machine
    return this.#inTime(`sync ${this.#name}`, [
      () => {
        this.#syncAll(stamp)
      },
    ])
  }

  close(): void {
    this.#atOnce(`close ${this.#name}`, () => {
      if (this.#underWay > 0) this.#machine.breaches.push(`${this.path} was closed while a call was under way`)
      this.#isClosed = true
      this.#machine.openFiles.delete(this)
    })
  }

  #write(bytes: Uint8Array, position: number): number {
    const machine = this.#machine
    const growth = position + bytes.length - this.#inode.size
    const room = machine.faults.capacity === Infinity ? Infinity : machine.faults.capacity - machine.usedBytes
    const stamp = machine.nextStamp()
    if (growth <= Math.max(0, room)) {
      this.#inode.write(bytes, position, stamp)
      return stamp
    }
    const fitting = bytes.length - growth + Math.max(0, room)
    if (fitting > 0) this.#inode.write(bytes.subarray(0, fitting), position, stamp)
    machine.faults.happened += 1
    throw systemError('ENOSPC', `No space left on device, writing ${this.path}`)
  }

  #sync(range: { readonly from: number; readonly to: number; readonly stamp: number }): void {
    if (!this.#machine.faults.failsSync()) {
      this.#inode.syncRange(range)
      return
    }
    this.#inode.failSync(range, this.#machine.random)
    throw systemError('EIO', `writing ${this.path}`)
  }

  #syncAll(stamp: number): void {
    if (!this.#machine.faults.failsSync()) {
      this.#inode.sync(stamp)
      return
    }
    this.#inode.failSync({ from: 0, to: Infinity, stamp }, this.#machine.random)
    throw systemError('EIO', `syncing ${this.path}`)
  }

  #atOnce<T>(name: string, effect: () => T): T {
    this.#checkOpen()
    return this.#machine.scheduler.atOnce(this.#life, name, effect)
  }

  async #inTime(name: string, phases: readonly (() => void)[]): Promise<void> {
    this.#checkOpen()
    this.#underWay += 1
    try {
      await this.#machine.scheduler.inTime(this.#life, { name, phases })
    } finally {
      this.#underWay -= 1
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw systemError('EBADF', `${this.path} has been closed`)
  }

  #checkWritable(): void {
    if (this.#mode === 'read') throw systemError('EBADF', `${this.path} is open only for reading`)
  }
}
