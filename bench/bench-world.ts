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
  const scratch = mkdtempSync(join(tmpdir(), 'aos-bench-'))
  const environment = { ...process.env, AOS_KEY_DIR: join(scratch, 'keys') }
  const command = async (args: readonly string[]): Promise<string> => {
    const ran = await promisify(execFile)(process.execPath, [launcherOf(root), ...args], {
      env: { ...environment },
      maxBuffer: OUTPUT_BYTES_MAX,
    })
    return ran.stdout
  }
  const remove = (): void => {
    rmSync(scratch, { recursive: true, force: true })
  }
  const place = join(scratch, 'world')
  try {
    await command(['init', place, '--template', template, '--json'])
  } catch (error) {
    remove()
    throw error
  }
  return { scratch, folder: worldFolderAt(place), environment, command, remove }
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
