import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('_print-script.ts', import.meta.url))
const FLAGS = ['--conditions=@aos/source', '--import', 'tsx']

function run(node: string, flags: readonly string[]): readonly string[] {
  const { status, stdout, stderr } = spawnSync(node, [...flags, ...FLAGS, SCRIPT], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim().split('\n')
}

/** A Node of another line, from the registry; undefined when that cannot be reached. */
function installNode(version: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'aos-node-'))
  spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', `node@${version}`], { cwd: folder })
  const node = join(folder, 'node_modules', 'node', 'bin', 'node')
  return existsSync(node) ? node : undefined
}

describe('a module in TypeScript', () => {
  const here = run(process.execPath, [])

  it('meets every bound as an outcome', () => {
    expect(here.map((line) => line.split(' ').slice(0, 2).join(' ')).slice(1)).toEqual([
      'one ok',
      'zwölf ok',
      'deep stack_overflow',
      'endless out_of_fuel',
      'large trap',
      'three ok',
    ])
  })

  it.each(['--liftoff-only', '--no-liftoff'])('is built and runs the same under %s', (flag) => {
    expect(run(process.execPath, [flag])).toEqual(here)
  })

  it('is built and runs the same on Node 22', (context) => {
    const node = installNode('22')
    if (node === undefined) {
      context.skip('no registry to get Node 22 from')
      return
    }
    expect(run(node, [])).toEqual(here)
  })
})
