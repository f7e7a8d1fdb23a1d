/** Disks under a journal that are not for worlds: one counts its writes, one does not make them durable. */
import type { Disk, DiskFile } from '@aos/store'

/** A disk that counts. */
export interface CountingDisk extends Disk {
  /** Writes that were on the medium when they resolved. */
  readonly durableWrites: () => number
}

/** Counts what is written durably to any file of the disk. */
export function makeCountingDisk(disk: Disk): CountingDisk {
  let count = 0
  return {
    ...disk,
    durableWrites: () => count,
    open: (path, mode) =>
      replaceMethods(disk.open(path, mode), (file) => ({
        writeDurable: (bytes, position) => {
          count += 1
          return file.writeDurable(bytes, position)
        },
      })),
  }
}

/**
 * Says that everything is durable and syncs nothing: the bytes are with the operating system, and a power failure loses what
 * was acknowledged. It shows what syncing costs, and stands here so that no shipped code has a way to run like this.
 */
export function makeUnsyncedDisk(disk: Disk): Disk {
  return {
    ...disk,
    open: (path, mode) =>
      replaceMethods(disk.open(path, mode === 'durable' ? 'unsynced' : mode), () => ({
        sync: () => Promise.resolve(),
      })),
    syncFolder: () => Promise.resolve(),
  }
}

/** The same file with some methods of its own. */
function replaceMethods(file: DiskFile, methods: (file: DiskFile) => Partial<DiskFile>): DiskFile {
  return {
    writeDurable: (bytes, position) => file.writeDurable(bytes, position),
    writeUnsynced: (bytes, position) => {
      file.writeUnsynced(bytes, position)
    },
    read: (into, position) => file.read(into, position),
    size: () => file.size(),
    truncate: (size) => file.truncate(size),
    sync: () => file.sync(),
    close: () => {
      file.close()
    },
    ...methods(file),
  }
}
