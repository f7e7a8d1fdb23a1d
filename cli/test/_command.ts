/**
 * Runs commands on folders and keys of their own: in this process, which is quick, where that is the same for them, and else as a user does, the
 * bundle in a process of its own. With AOS_TEST_PROCESSES=1 all of them are.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { checkOutput } from '@aos/air'
import { formatPath } from '@aos/cbor'
import { runCommandLine } from '../src/command-line.ts'
import { makeStyle } from '../src/context.ts'
import { makeProgress } from '../src/progress.ts'

export const CHECKOUT: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const COMMAND = join(CHECKOUT, 'cli', 'bin', 'aos.mjs')

export interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

export interface ErrorDocument {
  readonly code: string
  readonly message: string
  readonly path?: string
  readonly hint?: string
  readonly details?: unknown
}

/** The one document of a `--json` command. */
export interface Document {
  readonly exit: number
  readonly ok: boolean
  /** Whatever the command says; tests compare it with what they expect. */
  readonly data: unknown
  readonly error: ErrorDocument | undefined
  readonly stderr: string
}

export interface Sandbox {
  readonly folder: string
  readonly keys: string
  run(args: readonly string[], options?: RunOptions): Promise<Ran>
  /** Adds `--json` and reads the document; throws when standard output is not exactly one, or not as spec/schemas says. */
  ask(args: readonly string[], options?: RunOptions): Promise<Document>
  remove(): void
}

export interface RunOptions {
  readonly cwd?: string
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}

export function makeSandbox(): Sandbox {
  if (!existsSync(join(CHECKOUT, 'cli/dist/aos.mjs'))) throw new Error('the bundle is missing: node cli/bundle.mjs')
  const folder = mkdtempSync(join(tmpdir(), 'aos-cli-'))
  const keys = join(folder, 'keys')
  const run = (args: readonly string[], options: RunOptions = {}): Promise<Ran> => {
    const { AOS_WORLD: _world, AOS_DEBUG: _debug, ...inherited } = process.env
    const request: Request = {
      args,
      cwd: options.cwd ?? folder,
      environment: { ...inherited, AOS_KEY_DIR: keys, ...options.environment },
      input: options.input ?? '',
    }
    return needsProcess(args) ? runInProcess(request) : runHere(request)
  }
  const ask = async (args: readonly string[], options?: RunOptions): Promise<Document> => {
    const ran = await run([...args, '--json'], options)
    const lines = ran.stdout.trimEnd().split('\n')
    if (lines.length !== 1)
      throw new Error(`aos ${args.join(' ')}: expected one document, found\n${ran.stdout}${ran.stderr}`)
    const document = JSON.parse(lines[0] ?? '') as Omit<Document, 'exit' | 'stderr'> // the contract under test
    const [issue] = checkOutput({ args, document })
    if (issue !== undefined) throw new Error(`${formatPath(issue.path)}: ${issue.message} (spec/schemas)\n${lines[0]}`)
    return { ...document, exit: ran.exit, stderr: ran.stderr }
  }
  return { folder, keys, run, ask, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

interface Request {
  readonly args: readonly string[]
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly input: string
}

/** What starts processes from itself, or leaves the printing to yargs. */
function needsProcess(args: readonly string[]): boolean {
  const [verb = ''] = args
  if (process.env['AOS_TEST_PROCESSES'] === '1' || ['', 'run', 'bench', 'examples'].includes(verb)) return true
  return args.some((word) => ['--help', '-h', '--version', '-V'].includes(word))
}

function runInProcess({ args, cwd, environment, input }: Request): Promise<Ran> {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd, env: environment, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ exit: code ?? 128, stdout, stderr })
    })
  })
}

async function runHere({ args, cwd, environment, input }: Request): Promise<Ran> {
  const [stdout, stderr] = [new Gathered(), new Gathered()]
  const options = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length)
  const quiet = options.includes('--quiet') || options.includes('-q')
  const exit = await runCommandLine(args, {
    cwd,
    assets: join(CHECKOUT, 'cli/dist/assets'),
    environment,
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stdout,
    stderr,
    json: options.includes('--json'),
    quiet,
    style: makeStyle(false),
    progress: makeProgress(stderr, { terminal: false, quiet }),
  })
  return { exit, stdout: stdout.text(), stderr: stderr.text() }
}

class Gathered extends Writable {
  readonly #pieces: Buffer[] = []

  override _write(piece: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.#pieces.push(typeof piece === 'string' ? Buffer.from(piece, encoding) : piece)
    done()
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString('utf8')
  }
}
