import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, describe, it } from 'vitest'
import { SEED } from './_guests.ts'

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
    expect(fuzz(20_000, [])).toMatch(/^agreed: seed \d+, 20000 modules/m)
  })

  it('end the same in every tier of the compiler', () => {
    const baseline = digestOf(fuzz(400, ['--tier', 'default'], ['--liftoff-only']))
    expect(baseline).toBeDefined()
    expect(digestOf(fuzz(400, ['--tier', 'default'], ['--no-liftoff']))).toBe(baseline)
    expect(digestOf(fuzz(400, ['--tier', 'default']))).toBe(baseline)
  })
})
