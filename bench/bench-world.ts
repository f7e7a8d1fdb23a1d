/** A world in a temporary folder, made by the command as a person would, with keys of its own. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { worldFolderAt } from '@aos/host'
import type { WorldFolder } from '@aos/host'

export interface BenchWorld {
  /** Temporary folder around everything; for files of a bench, too. */
  readonly scratch: string
  readonly folder: WorldFolder
  /** With the key folder; for this process and for children. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Runs the command with this world's keys. */
  command(args: readonly string[]): Promise<string>
  remove(): void
}

/** Output of the command that is kept. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

/** The launcher of the checkout at `root`; the bundle must be there. */
export function launcherOf(root: string): string {
  return join(root, 'cli/bin/aos.mjs')
}

/** A folder that `aos init` made; `template` is one of its templates. Nothing is pushed. */
export async function initBenchWorld(root: string, template: string): Promise<BenchWorld> {
  const bench = benchWorldAt(root, mkdtempSync(join(tmpdir(), 'aos-bench-')))
  try {
    await bench.command(['init', bench.folder.root, '--template', template, '--json'])
  } catch (error) {
    bench.remove()
    throw error
  }
  return bench
}

/** The world that lies in a temporary folder. */
export function benchWorldAt(root: string, scratch: string): BenchWorld {
  const environment = { ...process.env, AOS_KEY_DIR: join(scratch, 'keys') }
  return {
    scratch,
    folder: worldFolderAt(join(scratch, 'world')),
    environment,
    command: async (args) => {
      const ran = await promisify(execFile)(process.execPath, [launcherOf(root), ...args], {
        env: { ...environment },
        maxBuffer: OUTPUT_BYTES_MAX,
      })
      return ran.stdout
    },
    remove: () => {
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/** Brings the folder's definitions into the world; compiles its reducers. Removes everything when that fails. */
export async function pushBenchWorld(bench: BenchWorld): Promise<void> {
  try {
    await bench.command(['push', '--world', bench.folder.root, '--json'])
  } catch (error) {
    bench.remove()
    throw error
  }
}
