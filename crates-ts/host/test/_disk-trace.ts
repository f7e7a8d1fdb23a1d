/** What a power failure would leave: follows the calls to the file system, the real one, and says what would not last. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, resolve } from 'node:path'

/** What was seen. */
export interface DiskTrace {
  /** Paths whose content, or whose name, would be lost now. */
  fading(below: string): readonly string[]
  /** Files that got their name before their content was durable. */
  readonly torn: readonly string[]
  /** Calls that made something durable. */
  readonly syncs: number
  stop(): void
}

type Path = Parameters<typeof fs.writeFileSync>[0]

/** `onRename` is called before a file gets a name. */
export function traceDisk(onRename: (to: string) => void): DiskTrace {
  const contents = new Set<string>()
  const names = new Set<string>()
  const open = new Map<number, string>()
  const torn: string[] = []
  let syncs = 0
  const { existsSync, fsync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, rmdirSync, writeFileSync } = fs
  const real = { existsSync, fsync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, rmdirSync, writeFileSync }
  const sync = (handle: number): void => {
    const path = open.get(handle) ?? ''
    syncs += 1
    contents.delete(path)
    for (const name of names) if (dirname(name) === path) names.delete(name)
  }
  const patched: Partial<typeof fs> = {
    writeFileSync: (path, data, options) => {
      real.writeFileSync(path, data, options)
      const isFlushed = typeof options === 'object' && options !== null && 'flush' in options && options.flush === true
      if (isFlushed) contents.delete(at(path))
      else contents.add(at(path))
      names.add(at(path))
    },
    renameSync: (from, to) => {
      onRename(at(to as Path))
      if (contents.delete(at(from as Path))) {
        torn.push(at(to as Path))
        contents.add(at(to as Path))
      } else contents.delete(at(to as Path))
      real.renameSync(from, to)
      names.add(at(to as Path))
      names.delete(at(from as Path))
    },
    rmSync: (path, options) => {
      const isThere = real.existsSync(path)
      real.rmSync(path, options)
      if (!isThere) return
      const gone = at(path as Path)
      for (const set of [contents, names]) for (const each of set) if (each.startsWith(`${gone}/`)) set.delete(each)
      contents.delete(gone)
      names.add(gone)
    },
    rmdirSync: (path) => {
      real.rmdirSync(path)
      for (const name of names) if (dirname(name) === at(path as Path)) names.delete(name)
      names.add(at(path as Path))
    },
    fsyncSync: (handle) => {
      real.fsyncSync(handle)
      sync(handle)
    },
    openSync: (path, ...more) => {
      const handle = real.openSync(path, ...more)
      open.set(handle, at(path as Path))
      return handle
    },
  }
  const makeFolder = (path: string): void => {
    if (real.existsSync(path)) return
    makeFolder(dirname(path))
    real.mkdirSync(path)
    names.add(path)
  }
  const fsyncLater = (handle: number, done: Parameters<typeof fs.fsync>[1]): void => {
    real.fsync(handle, (error) => {
      sync(handle)
      done(error)
    })
  }
  const makeFolders = (path: Path, options?: { readonly recursive?: boolean }): void => {
    if (options?.recursive !== true) {
      real.mkdirSync(String(path))
      names.add(at(path))
    } else makeFolder(at(path))
  }
  Object.assign(fs, patched, { mkdirSync: makeFolders, fsync: fsyncLater })
  syncBuiltinESMExports()
  return {
    fading: (below) =>
      [...contents, ...names].filter((path) => path.startsWith(`${below}/`) || path === below).sort(compare),
    torn,
    get syncs() {
      return syncs
    },
    stop: () => {
      Object.assign(fs, real)
      syncBuiltinESMExports()
    },
  }
}

function at(path: Path): string {
  return resolve(String(path))
}

function compare(left: string, right: string): number {
  return left < right ? -1 : 1
}
