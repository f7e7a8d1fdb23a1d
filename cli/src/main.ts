/** The command `aos`: parses the command line, runs one command, reports. */
import { fileURLToPath } from 'node:url'
import type { CommandContext } from './context.ts'
import { makeStyle } from './context.ts'
import { makeProgress } from './progress.ts'
import { VERSION } from './version.ts'

const argv = process.argv.slice(2)

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`)
} else {
  // Before anything else is loaded: reading a command line compiles, too.
  if (argv.includes('run')) (await import('./daemon/engine-memory.ts')).compileSparingly()
  const { runCommandLine } = await import('./command-line.ts')
  process.exitCode = await runCommandLine(argv, makeContext())
}

function makeContext(): CommandContext {
  const { env, stdout, stderr } = process
  const options = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length)
  const quiet = options.includes('--quiet') || options.includes('-q')
  const colour = stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  // A reader that went away, such as `head`, is no failure of ours.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  return {
    cwd: process.cwd(),
    assets: fileURLToPath(new URL('assets', import.meta.url)),
    environment: env,
    stdin: process.stdin,
    stdout,
    stderr,
    json: options.includes('--json'),
    quiet,
    style: makeStyle(colour),
    progress: makeProgress(stderr, { terminal: stderr.isTTY, quiet }),
  }
}
