import { copyFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, makeSandbox } from './_command.ts'
import type { Sandbox } from './_command.ts'

const HOSTILE = join(CHECKOUT, 'conformance/hostile')
/** Some of each sort; the conformance suite sends all of them through the command. */
const MODULES = readdirSync(HOSTILE)
  .filter((name) => name.endsWith('.wasm'))
  .filter((name, index) => index % 6 === 0 || name === 'exceptions.wasm' || name === 'endless-loop.wasm')
/** How many commands run at once. */
const LANES = 3

interface Report {
  readonly ok: boolean
  readonly issues: readonly { readonly code: string; readonly message: string }[]
  readonly size: number
  readonly metered_size: number | null
  readonly engine_digest: string
}

let sandbox: Sandbox

beforeAll(() => {
  sandbox = makeSandbox()
})

afterAll(() => {
  sandbox.remove()
})

test(
  'every hostile module gets a verdict: admitted, or refused with reasons and exit 1',
  { timeout: 120_000 },
  async () => {
    expect(MODULES.length).toBeGreaterThan(6)
    const waiting = [...MODULES]
    const refused: string[] = []
    const lane = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        const reply = await sandbox.ask(['module', 'check', join(HOSTILE, name)])
        const report = reply.data as Report // the shape under test
        expect(reply.exit, name).toBe(report.ok ? 0 : 1)
        expect(report.issues.length > 0, name).toBe(!report.ok)
        expect(report.metered_size === null, name).toBe(!report.ok)
        expect(
          report.issues.filter(({ code }) => !/^wasm\.[a-z0-9_]+$/.test(code)),
          name,
        ).toEqual([])
        expect(report.engine_digest).toMatch(/^sha256:[0-9a-f]{64}$/)
        if (!report.ok) refused.push(name)
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    expect(refused).toContain('exceptions.wasm')
    expect(refused).not.toContain('endless-loop.wasm')
  },
)

test('bytes that are no module are refused, and a missing file is an error', async () => {
  writeFileSync(join(sandbox.folder, 'text.wasm'), 'not a module')
  expect(await sandbox.ask(['module', 'check', 'text.wasm'])).toMatchObject({ exit: 1, ok: true, data: { ok: false } })
  expect(await sandbox.ask(['module', 'check', 'none.wasm'])).toMatchObject({
    exit: 1,
    ok: false,
    error: { code: 'host.file' },
  })
})

test('an issue in the code says where in the source it is, when a source map lies beside the module', async () => {
  const file = join(sandbox.folder, 'mapped.wasm')
  copyFileSync(join(HOSTILE, 'simd.wasm'), file)
  const plain = await sandbox.ask(['module', 'check', file])
  const [issue] = (plain.data as { readonly issues: readonly { readonly offset: number }[] }).issues // the shape under test
  expect(issue).not.toHaveProperty('source')
  const mappings = 'AAEG' // from byte 0 on: source 0, line 3, column 4
  writeFileSync(`${file}.map`, JSON.stringify({ version: 3, sources: ['src/lib.rs'], names: [], mappings }))
  const mapped = await sandbox.ask(['module', 'check', file])
  expect(mapped.data).toMatchObject({ ok: false, issues: [{ offset: issue?.offset, source: 'at src/lib.rs:3:4' }] })
  writeFileSync(`${file}.map`, 'no map')
  expect((await sandbox.ask(['module', 'check', file])).data).toEqual(plain.data)
})
