/**
 * A machine in memory whose disk and databases lose, reorder and tear what was not synced, fail when told to, and crash
 * at any step; everything follows from a seed (spec/07-journal.md, "Conformance of a driver").
 */
import { basename, dirname, join } from 'node:path'
import type { Disk } from '../../disk.ts'
import type { OpenKeyValue } from '../../key-value.ts'
import type { Pause } from '../../pause.ts'
import { Faults } from './faults.ts'
import { Folder, type FolderEntry } from './folder.ts'
import { Inode } from './inode.ts'
import { inspectingDisk, simulatedDisk } from './machine-disk.ts'
import { simulatedKeyValue } from './machine-key-value.ts'
import { Random } from './random.ts'
import { Scheduler, type Outcome } from './scheduler.ts'

/** `power`: what was not synced is at stake. `kill`: only the program ends, the cache of the system lives on. */
export type CrashKind = 'power' | 'kill'

/** What a store needs of the machine. */
export interface MachinePorts {
  readonly disk: Disk
  readonly openKeyValue: OpenKeyValue
  readonly pause: Pause
}

/** See the module. Calls on the ports of one life throw `Crash` after it, or never settle. */
export class SimulatedMachine {
  readonly random: Random
  readonly faults: Faults = new Faults()
  readonly scheduler: Scheduler
  /** What the next crash at a planned step is. */
  crashKind: CrashKind = 'power'
  /** The files that this life has open. */
  readonly openFiles: Set<{ readonly path: string }> = new Set()
  /** Breaches of the ports by the program, for example a file closed while a write was under way. */
  readonly breaches: string[] = []
  #root = new Folder()
  #stamp = 0
  #paths = new Map<string, readonly string[]>()

  constructor(seed: number) {
    this.random = new Random(seed)
    this.scheduler = new Scheduler(this.random, (underWay) => {
      this.#onCrash(underWay)
    })
  }

  /** The ports of this life. After a crash ask again. */
  ports(): MachinePorts {
    const { life } = this.scheduler
    const pause = async (): Promise<void> => {
      await this.scheduler.inTime(life, { name: 'pause', phases: [() => undefined] })
    }
    return { disk: simulatedDisk(this, life), openKeyValue: simulatedKeyValue(this, life), pause }
  }

  /** The files as a program would see them now, only to be read: takes no steps and meets no faults. */
  inspect(): Disk {
    return inspectingDisk(this)
  }

  /** Plans a crash so many steps from now, counting the steps whose name matches. */
  crashIn(steps: number, plan: { readonly kind: CrashKind; readonly counts: RegExp }): void {
    this.crashKind = plan.kind
    this.scheduler.crashIn = { steps, counts: plan.counts }
  }

  /** Takes back a planned crash. */
  crashNever(): void {
    this.scheduler.crashIn = undefined
  }

  /** Crashes now. */
  crash(kind: CrashKind = 'power'): void {
    this.crashKind = kind
    this.scheduler.crash()
  }

  /** Lets a body run on this machine until it ends, waits in vain, or the machine crashes. */
  run<T>(body: () => Promise<T>): Promise<Outcome<T>> {
    return this.scheduler.run(body)
  }

  /** Paths of all files, sorted. */
  files(): readonly string[] {
    const paths: string[] = []
    const visit = (path: string, folder: Folder): void => {
      for (const [name, entry] of folder.entries()) {
        if (entry.kind === 'file') paths.push(join(path, name))
        else visit(join(path, name), entry)
      }
    }
    visit('/', this.#root)
    return paths.sort((left, right) => (left < right ? -1 : 1))
  }

  /** Rot: flips one bit of a file, in the cache and on the medium. */
  flip(path: string, bit: number): void {
    const entry = this.find(path)
    if (entry?.kind === 'file') entry.flip(bit)
  }

  /** Another machine with the same files, cached and on the medium, with nothing under way and no faults. */
  fork(seed: number): SimulatedMachine {
    const other = new SimulatedMachine(seed)
    other.#root = this.#root.copy()
    other.#stamp = this.#stamp
    other.#paths = this.#paths
    return other
  }

  /** Bytes that files and databases take. */
  get usedBytes(): number {
    const bytesOf = (entry: FolderEntry): number => {
      if (entry.kind === 'file') return entry.size
      const inside = entry.entries().reduce((sum, [, each]) => sum + bytesOf(each), 0)
      return inside + (entry.database?.bytes ?? 0)
    }
    return bytesOf(this.#root)
  }

  /** The number of the last change. */
  get stamp(): number {
    return this.#stamp
  }

  nextStamp(): number {
    this.#stamp += 1
    return this.#stamp
  }

  find(path: string): FolderEntry | undefined {
    let entry: FolderEntry | undefined = this.#root
    for (const name of this.#namesIn(path)) {
      if (entry?.kind !== 'folder') return undefined
      entry = entry.get(name)
    }
    return entry
  }

  /** Paths are taken apart once; copies of a machine remember them together. */
  #namesIn(path: string): readonly string[] {
    const known = this.#paths.get(path)
    if (known !== undefined) return known
    const names = path.split('/').filter((name) => name !== '')
    this.#paths.set(path, names)
    return names
  }

  folderOf(path: string): Folder | undefined {
    const entry = this.find(dirname(path))
    return entry?.kind === 'folder' ? entry : undefined
  }

  makeFolder(path: string): Folder {
    const entry = this.find(path)
    if (entry?.kind === 'folder') return entry
    const made = new Folder()
    this.makeFolder(dirname(path)).add(basename(path), made, this.nextStamp())
    return made
  }

  /** A folder that has been there for long. */
  makeOldFolder(path: string): void {
    this.makeFolder(path)
    for (let at = path; at !== '/'; at = dirname(at)) this.folderOf(at)?.sync(this.#stamp)
  }

  /** Opens a file and creates it when it is not there; undefined when there is no such folder. */
  makeFile(path: string): Inode | undefined {
    const folder = this.folderOf(path)
    const entry = folder?.get(basename(path))
    if (folder === undefined || entry?.kind === 'folder') return undefined
    if (entry !== undefined) return entry
    const made = new Inode()
    folder.add(basename(path), made, this.nextStamp())
    return made
  }

  #onCrash(underWay: readonly (readonly (() => unknown)[])[]): void {
    this.openFiles.clear()
    if (this.crashKind === 'kill') this.#letSomeHappen(underWay)
    const visit = (folder: Folder): void => {
      folder.database?.crash(this.random)
      for (const [, entry] of folder.entries()) if (entry.kind === 'folder') visit(entry)
    }
    visit(this.#root)
    if (this.crashKind === 'power') this.#root.losePower(this.random)
  }

  /** A killed program's calls may have come to the system's cache or further; nobody hears of it. */
  #letSomeHappen(underWay: readonly (readonly (() => unknown)[])[]): void {
    for (const phases of underWay) {
      for (const phase of phases.slice(0, this.random.below(phases.length + 1))) {
        try {
          phase()
        } catch {
          break // the call has failed, and there is nobody to tell
        }
      }
    }
  }
}
