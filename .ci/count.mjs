// node .ci/count.mjs REPORT EXIT_CODE: prints "PASSED FAILED" of a vitest JSON report; exits 1 when there is none.
import { readFileSync } from 'node:fs'

const [file, exitCode] = process.argv.slice(2)
let report
try {
  report = JSON.parse(readFileSync(file, 'utf8'))
} catch {
  process.exit(1)
}
const broken = report.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.length === 0)
const failed = report.numFailedTests + broken.length
const unexplained = exitCode !== '0' && failed === 0 ? 1 : 0
process.stdout.write(`${report.numPassedTests} ${failed + unexplained}\n`)
