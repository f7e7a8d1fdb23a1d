/**
 * A world of a million entries and cells takes minutes to make. With AOS_BENCH_WORLDS it is made once, in the folder that this names, and
 * each bench takes a copy.
 */
import { constants, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openWorld } from '@aos/host'
import { benchWorldAt } from './bench-world.ts'
import type { BenchWorld } from './bench-world.ts'
import { fillCells, makeCellWorld } from './cell-world.ts'

/** A folder for worlds that are used again. */
const KEPT = 'AOS_BENCH_WORLDS'

/** A world with as many entries as are asked for, all but those of the push and of snapshots with a cell of their own. */
export async function makeLargeWorld(root: string, entries: number): Promise<BenchWorld> {
  const kept = process.env[KEPT]
  if (kept === undefined) return fillWorld(await makeCellWorld(root), entries)
  const place = join(kept, `cells-${entries}`)
  if (!existsSync(place)) {
    mkdirSync(kept, { recursive: true })
    const made = await fillWorld(await makeCellWorld(root), entries)
    cpSync(made.scratch, `${place}.tmp`, { recursive: true })
    renameSync(`${place}.tmp`, place)
    made.remove()
  }
  const scratch = mkdtempSync(join(tmpdir(), 'aos-bench-'))
  try {
    cpSync(place, scratch, { recursive: true, mode: constants.COPYFILE_FICLONE })
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true })
    throw error
  }
  return benchWorldAt(root, scratch)
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
