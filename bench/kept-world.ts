/**
 * A world of a million entries and cells takes minutes to make, and a small one as long as its reducer takes to compile. With
 * AOS_BENCH_WORLDS each is made once, in the folder that this names, and each bench takes a copy.
 */
import { constants, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchWorldAt } from './bench-world.ts'
import type { BenchWorld } from './bench-world.ts'

const KEPT = 'AOS_BENCH_WORLDS'

/** A copy of the kept world of that name, which is made when there is none; without a folder for them, what `make` makes. */
export async function keptWorld(root: string, name: string, make: () => Promise<BenchWorld>): Promise<BenchWorld> {
  const kept = process.env[KEPT]
  if (kept === undefined) return make()
  const place = join(kept, name)
  if (!existsSync(place)) {
    mkdirSync(kept, { recursive: true })
    const made = await make()
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
