import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileWordCount } from './_assemblyscript.ts'
import { fixtureText, FIXTURE_NAMES } from './_guests.ts'
import { HOSTILE, hostileBytes } from './_hostile.ts'
import { loadAssembler } from './_wat.ts'

const folder = mkdtempSync(join(tmpdir(), 'aos-tiers-'))
const script = join(folder, 'report.mjs')

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('./tier-report.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@aos/source'],
    logLevel: 'error',
  })
  const assembler = await loadAssembler()
  for (const name of FIXTURE_NAMES) {
    writeFileSync(join(folder, `fixture-${name}.wasm`), assembler.assemble(name, fixtureText(name)))
  }
  for (const { name } of HOSTILE.cases) writeFileSync(join(folder, `hostile-${name}.wasm`), hostileBytes(name))
  writeFileSync(join(folder, 'assemblyscript.wasm'), await compileWordCount())
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function report(flags: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, script, folder], { encoding: 'utf8' })
  expect(`${status ?? 'none'} ${stderr}`).toBe('0 ')
  return stdout
}

describe('compiler tiers', () => {
  it('agree on every outcome, fuel and output', () => {
    const usual = report([])
    expect(usual.split('\n').length).toBeGreaterThan(200)
    expect(usual).toContain('fixture-loops.wasm 9 ok')
    expect(usual).toContain('hostile-recursion.wasm 1 stack_overflow')
    expect(report(['--liftoff-only'])).toBe(usual)
    expect(report(['--no-liftoff'])).toBe(usual)
  })
})
