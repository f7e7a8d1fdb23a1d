/** Runs the bundled command on folders and keys of its own. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkOutput } from '@aos/air'
import { formatPath } from '@aos/cbor'

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
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: options.cwd ?? folder,
      env: { ...inherited, AOS_KEY_DIR: keys, ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => {
        resolve({ exit: code ?? 128, stdout, stderr })
      })
    })
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
