/** `.ci/run` believes what `.ci/count.mjs` makes of a report; a failure that it overlooks is a green run. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ROOT } from './tree.ts'

const folder = mkdtempSync(join(tmpdir(), 'aos-count-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function count(report: string, exitCode: string): string {
  const file = join(folder, 'report.json')
  writeFileSync(file, report)
  const { stdout, status } = spawnSync(process.execPath, [join(ROOT, '.ci/count.mjs'), file, exitCode])
  return status === 0 ? stdout.toString().trim() : `exit ${status ?? 'none'}`
}

function report(passed: number, failed: number, suites: readonly (readonly [status: string, tests: number])[]): string {
  const testResults = suites.map(([status, tests]) => ({
    status,
    assertionResults: Array.from({ length: tests }, () => ({ status: 'passed' })),
  }))
  return JSON.stringify({ numPassedTests: passed, numFailedTests: failed, testResults })
}

test.each([
  ['all pass', report(3, 0, [['passed', 3]]), '0', '3 0'],
  ['a test fails', report(2, 1, [['failed', 3]]), '1', '2 1'],
  ['a file does not load', report(3, 0, [['passed', 3], ['failed', 0]]), '1', '3 1'], // prettier-ignore
  ['the run fails although no test did', report(3, 0, [['passed', 3]]), '1', '3 1'],
  ['the run was ended from outside', report(3, 0, [['passed', 3]]), '124', '3 1'],
  ['the report was cut off', '{"numPassedTests": 3', '0', 'exit 1'],
])('%s', (_case, text, exitCode, counted) => {
  expect(count(text, exitCode)).toBe(counted)
})
