/**
 * A folder of the simulated machine: the names that programs see, those on the medium, and the changes between the two
 * (spec/07-journal.md, "Conformance of a driver").
 */
import type { SimulatedDatabase } from './database.ts'
import type { Inode } from './inode.ts'
import type { Random } from './random.ts'

/** What a name stands for. */
export type FolderEntry = Inode | Folder

/** One change of names; both halves of a renaming happen or neither does. */
interface NameChange {
  readonly stamp: number
  readonly unbind?: { readonly name: string; readonly entry: FolderEntry }
  readonly bind?: { readonly name: string; readonly entry: FolderEntry }
}

/** Names to files and folders. A folder may be the home of a database. */
export class Folder {
  readonly kind = 'folder'
  database: SimulatedDatabase | undefined
  #names = new Map<string, FolderEntry>()
  #durable = new Map<string, FolderEntry>()
  #changes: NameChange[] = []

  get(name: string): FolderEntry | undefined {
    return this.#names.get(name)
  }

  list(): readonly string[] {
    return [...this.#names.keys()]
  }

  entries(): readonly (readonly [string, FolderEntry])[] {
    return [...this.#names]
  }

  add(name: string, entry: FolderEntry, stamp: number): void {
    this.#change({ stamp, bind: { name, entry } })
  }

  remove(name: string, stamp: number): void {
    const entry = this.#names.get(name)
    if (entry !== undefined) this.#change({ stamp, unbind: { name, entry } })
  }

  rename(from: string, to: string, stamp: number): void {
    const entry = this.#names.get(from)
    if (entry === undefined) throw new RangeError(`there is no ${from}`)
    this.#change({ stamp, unbind: { name: from, entry }, bind: { name: to, entry } })
  }

  /** Every change up to the stamp is on the medium from now on. */
  sync(stamp: number): void {
    for (const change of this.#changes) if (change.stamp <= stamp) apply(this.#durable, change)
    this.#changes = this.#changes.filter((change) => change.stamp > stamp)
  }

  /** Unsynced changes survive up to some point, or each for itself; then the same happens to what is left in the folder. */
  losePower(random: Random): void {
    const isOrdered = random.chance(0.5)
    const kept = random.below(this.#changes.length + 1)
    for (const [index, change] of this.#changes.entries()) {
      if (isOrdered ? index < kept : random.chance(0.5)) apply(this.#durable, change)
    }
    this.#changes = []
    this.#names = new Map(this.#durable)
    for (const entry of this.#names.values()) entry.losePower(random)
  }

  copy(): Folder {
    const copies = new Map<FolderEntry, FolderEntry>()
    const copyOf = <T extends FolderEntry>(entry: T): FolderEntry => {
      const copy = copies.get(entry) ?? entry.copy()
      copies.set(entry, copy)
      return copy
    }
    const half = (part: NameChange['bind']): NameChange['bind'] =>
      part === undefined ? undefined : { name: part.name, entry: copyOf(part.entry) }
    const other = new Folder()
    other.database = this.database?.copy()
    for (const [name, entry] of this.#names) other.#names.set(name, copyOf(entry))
    for (const [name, entry] of this.#durable) other.#durable.set(name, copyOf(entry))
    other.#changes = this.#changes.map(({ stamp, unbind, bind }) => ({
      stamp,
      ...(unbind === undefined ? {} : { unbind: half(unbind) ?? unbind }),
      ...(bind === undefined ? {} : { bind: half(bind) ?? bind }),
    }))
    return other
  }

  #change(change: NameChange): void {
    apply(this.#names, change)
    this.#changes.push(change)
  }
}

function apply(names: Map<string, FolderEntry>, { unbind, bind }: NameChange): void {
  if (unbind !== undefined && names.get(unbind.name) === unbind.entry) names.delete(unbind.name)
  if (bind !== undefined) names.set(bind.name, bind.entry)
}
