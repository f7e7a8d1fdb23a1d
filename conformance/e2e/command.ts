/** Runs the bundled command as a user does: another process, a folder of its own, keys of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { checkOutput } from '@aos/air'
import { ROOT } from '../tidy/tree.ts'

// Every step of these tests is a process of its own, and the machine may be busy.
vi.setConfig({ testTimeout: 180_000 })

const COMMAND = join(ROOT, 'cli/bin/aos.mjs')

export interface RunOptions {
  readonly cwd?: string
  readonly input?: string
  /** Options of node itself, such as `--liftoff-only`. */
  readonly nodeOptions?: readonly string[]
}

/** How a command ended. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The one JSON document of a `--json` command. The caller says what it expects under `data`. */
export type Reply<T> =
  | { readonly ok: true; readonly data: T; readonly exit: number }
  | { readonly ok: false; readonly error: ReplyError; readonly exit: number }

export interface ReplyError {
  readonly code: string
  readonly message: string
  readonly path?: string
  readonly details?: unknown
}

/** Shapes that scripts rely on. */
export interface Head {
  readonly height: number
  readonly entries: number
  readonly manifest_hash: string
  readonly head_hash: string
  readonly log_root: string
}

export interface Tail {
  readonly entries: readonly { readonly height: number; readonly kind: string }[]
}

export interface Verdict {
  readonly ok: boolean
  readonly entries: number
  readonly root: string
  readonly first_difference?: Difference
}

export interface Difference {
  readonly height: number
  readonly path: string
  readonly expected: string
  readonly found: string
  readonly reducer?: string
  readonly key?: unknown
}

export interface Sent {
  readonly height: number
  readonly event_id: string
  readonly outcome: string
  readonly steps: readonly { readonly reducer: string; readonly key?: unknown; readonly outcome: string }[]
}

export interface Summary {
  readonly sent: number
  readonly accepted: number
  readonly refused: number
  readonly first_height: number
  readonly last_height: number
}

/** A temporary folder with its own keys, removed when the test ends. */
export interface Sandbox {
  readonly folder: string
  /** Absolute path of something in the folder. */
  path(name: string): string
  start(args: readonly string[], options?: RunOptions): ChildProcess
  run(args: readonly string[], options?: RunOptions): Promise<Ran>
  /** Runs with `--json` and gives what the document says; throws when stdout is not one document as spec/schemas says. */
  ask<T>(args: readonly string[], options?: RunOptions): Promise<Reply<T>>
  /** `ask`, and throws unless it went well. */
  data<T>(args: readonly string[], options?: RunOptions): Promise<T>
}

/** Must be called inside a test. */
export function makeSandbox(): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), 'aos-e2e-'))
  const keyFolder = join(folder, 'keys')
  mkdirSync(keyFolder, { mode: 0o700 })
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const start = (args: readonly string[], options: RunOptions = {}): ChildProcess => {
    if (!existsSync(join(ROOT, 'cli/dist/aos.mjs'))) throw new Error('the bundle is missing: node cli/bundle.mjs')
    const { AOS_WORLD: _world, AOS_DEBUG: _debug, ...inherited } = process.env
    return spawn(process.execPath, [...(options.nodeOptions ?? []), COMMAND, ...args], {
      cwd: options.cwd ?? folder,
      env: { ...inherited, AOS_KEY_DIR: keyFolder, NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }
  const run = (args: readonly string[], options: RunOptions = {}): Promise<Ran> => {
    const child = start(args, options)
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.input ?? '')
    return collect(child)
  }
  const ask = async <T>(args: readonly string[], options?: RunOptions): Promise<Reply<T>> => {
    const ran = await run([...args, '--json'], options)
    const refuse = (why: string): Error => {
      const streams = `${ran.stdout.slice(0, 2000)}\n${ran.stderr.slice(0, 2000)}`
      return new Error(`aos ${args.join(' ')}: exit ${ran.code}${why}\n${streams}`)
    }
    let document: Reply<T>
    try {
      document = JSON.parse(ran.stdout) as Reply<T> // tests then look at what they expect
    } catch {
      throw refuse('')
    }
    const [issue] = checkOutput({ args, document })
    if (issue !== undefined) throw refuse(`, ${issue.path.join('.')}: ${issue.message} (spec/schemas)`)
    return { ...document, exit: ran.code }
  }
  const data = async <T>(args: readonly string[], options?: RunOptions): Promise<T> => {
    const reply = await ask<T>(args, options)
    if (!reply.ok) throw new Error(`aos ${args.join(' ')}: ${reply.error.code}: ${reply.error.message}`)
    return reply.data
  }
  return { folder, path: (name) => join(folder, name), start, run, ask, data }
}

/** Waits for the end and gathers both streams. A signal counts as exit 128. */
export function collect(child: ChildProcess): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code: code ?? 128, stdout, stderr })
    })
  })
}
