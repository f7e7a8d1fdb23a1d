/** Worlds with a long history and many cells. */
import { openWorld } from '@aos/host'
import type { BenchWorld } from './bench-world.ts'
import { fillCells, makeCellWorld } from './cell-world.ts'
import { keptWorld } from './kept-world.ts'

/** A world with as many entries as are asked for, all but those of the push and of snapshots with a cell of their own. */
export function makeLargeWorld(root: string, entries: number): Promise<BenchWorld> {
  return keptWorld(root, `cells-${entries}`, async () => fillWorld(await makeCellWorld(root), entries))
}

async function fillWorld(bench: BenchWorld, entries: number): Promise<BenchWorld> {
  try {
    const host = await openWorld(bench.folder, { environment: bench.environment })
    await fillCells(host, 0, entries - ((host.kernel.head?.height ?? 0) + 1))
    await host.close()
    return bench
  } catch (error) {
    bench.remove()
    throw error
  }
}
