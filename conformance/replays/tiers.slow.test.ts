import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { recordingNames } from './call-report.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Outcome, fuel and output of every module call of the recorded worlds. */
function report(flags: readonly string[]): string {
  const script = ['--import', 'tsx', '--conditions=@aos/source', 'conformance/replays/call-report.ts']
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, ...script], options)
  expect(status, stderr).toBe(0)
  return stdout
}

it('the recorded worlds are the same in every tier of the compiler', () => {
  const usual = report([])
  for (const name of recordingNames()) expect(usual).toContain(`${name} sha256:`)
  expect(report(['--liftoff-only'])).toBe(usual)
  expect(report(['--no-liftoff'])).toBe(usual)
})
