import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, describe, it } from 'vitest'
import { compileGuest, makeGuest, rewriteModule } from '../src/index.ts'
import { SEED } from './_guests.ts'
import { Choices } from './generator/choices.ts'
import { countLiveMemories } from './generator/run.ts'
import { makeSample } from './generator/sample.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** The command, as it is documented; its output. */
function fuzz(count: number, options: readonly string[], flags: readonly string[] = []): string {
  const script = ['--import', 'tsx', '--conditions=@aos/source', 'crates-ts/wasm/test/fuzz.ts']
  const given = ['--seed', String(SEED), '--count', String(count), ...options]
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, ...script, ...given], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  expect(status, `seed ${SEED}: ${stdout.slice(-4000)}${stderr.slice(-1000)}`).toBe(0)
  return stdout
}

function digestOf(output: string): string | undefined {
  return /^digest ([0-9a-f]{64})$/m.exec(output)?.[1]
}

describe('generated modules, many', () => {
  it('agree', () => {
    const count = process.env['AOS_FULL'] === '1' ? 20_000 : 5_000
    expect(fuzz(count, [])).toMatch(new RegExp(`^agreed: seed \\d+, ${count} modules`, 'm'))
  })

  it('end the same in every tier of the compiler', () => {
    const baseline = digestOf(fuzz(400, ['--tier', 'default'], ['--liftoff-only']))
    expect(baseline).toBeDefined()
    expect(digestOf(fuzz(400, ['--tier', 'default'], ['--no-liftoff']))).toBe(baseline)
    expect(digestOf(fuzz(400, ['--tier', 'default']))).toBe(baseline)
  })
})

describe('the run of generated modules', () => {
  it('is killed when a module hangs, and the module is named', () => {
    const hang = [
      "import { startWatchdog } from './crates-ts/wasm/test/generator/watchdog.ts'",
      'startWatchdog(7, 2).progress(3)',
      'for (;;);',
    ]
    const flags = ['--import', 'tsx', '--conditions=@aos/source', '--input-type=module', '-e', hang.join('\n')]
    const { signal, stderr } = spawnSync(process.execPath, flags, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 })
    expect(stderr).toContain('HANG: no progress for 2 s in module 3 of seed 7')
    expect(signal).toBe('SIGKILL')
  })

  it('sees instances that are not let go', () => {
    const before = countLiveMemories()
    const rewritten = rewriteModule(makeSample(Choices.fromList([])).bytes)
    const held = Array.from({ length: 40 }, () => makeGuest(rewritten, compileGuest(rewritten)))
    if (before !== undefined) expect(countLiveMemories()).toBeGreaterThanOrEqual(40)
    expect(held.length).toBe(40)
  })
})
