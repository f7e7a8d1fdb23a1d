/** One run of a driver: the child process, its lines, and what is open between them (spec/13-adapters.md, "Drivers"). */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { AdapterFailure, failureResult } from '../failures.ts'
import type { AdapterFailureCode } from '../failures.ts'
import type { AdapterResult } from '../port.ts'
import { serveBlob } from './blob-lines.ts'
import type { ProcessLimits } from './limits.ts'
import { makeLineReader } from './lines.ts'
import { DRIVER_PROTOCOL, hostLine, parseDriverLine, questionLine, readResult } from './protocol.ts'
import type { DriverHello, DriverMessage, DriverQuestion } from './protocol.ts'

/** How a driver is started. Nothing of the host's own environment goes along unless it is given here. */
export interface DriverCommand {
  readonly command: readonly [string, ...string[]]
  readonly kinds: readonly string[]
  readonly cwd?: string | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly limits: ProcessLimits
  /** Gets each line that the driver writes to its standard error. */
  readonly log: (line: string) => void
  /** Ends a driver that has not said hello yet. */
  readonly signal?: AbortSignal
}

/** How a driver ended. */
export interface DriverEnd {
  readonly code: AdapterFailureCode
  readonly message: string
  readonly exitCode: number | null
}

interface Pending {
  /** Undefined for a ping. */
  readonly question: DriverQuestion | undefined
  readonly settle: (result: AdapterResult | undefined) => void
  readonly fail: (failure: AdapterFailure) => void
}

/** From the start of the process to its end; it is not started again. */
export class DriverRun {
  readonly hello: Promise<DriverHello>
  end: DriverEnd | undefined
  private readonly options: DriverCommand
  private readonly child: ChildProcessWithoutNullStreams
  private readonly pending = new Map<number, Pending>()
  /** Given up before they were answered; their answers are passed over. */
  private readonly abandoned = new Set<number>()
  private readonly ended: Promise<DriverEnd>
  private greet:
    { readonly resolve: (hello: DriverHello) => void; readonly reject: (failure: Error) => void } | undefined
  private fault: { readonly code: AdapterFailureCode; readonly message: string } | undefined
  private idNext = 1

  constructor(options: DriverCommand) {
    this.options = options
    const { command, cwd, environment, limits, kinds } = options
    const [file, ...rest] = command
    // A group of its own, so that what it starts can be ended with it.
    this.child = spawn(file, rest, { cwd, env: { ...environment }, stdio: 'pipe', detached: true })
    this.hello = new Promise((resolve, reject) => {
      this.greet = { resolve, reject }
    })
    const timer = setTimeout(() => {
      if (this.greet !== undefined) this.stop('adapter_unavailable', 'the driver did not say hello in time')
    }, limits.helloMs)
    this.ended = new Promise((resolve) => {
      const finish = (exitCode: number | null, message: string): void => {
        clearTimeout(timer)
        if (this.end === undefined) resolve(this.finish(exitCode, message))
      }
      this.child.on('error', (error) => {
        finish(null, `the driver does not start: ${'code' in error ? String(error.code) : error.name}`)
      })
      // What it started may hold its output open for ever.
      this.child.on('exit', () => {
        this.kill()
      })
      this.child.on('close', (code, signal) => {
        finish(code, `the driver ended with ${code === null ? String(signal) : `exit code ${code}`}`)
      })
    })
    this.child.stdin.on('error', () => undefined) // an input that is closed shows as the end of the process
    this.listen()
    this.send(hostLine('hello', { protocol: DRIVER_PROTOCOL, kinds: [...kinds] }))
  }

  ask(question: DriverQuestion): Promise<AdapterResult | undefined> {
    const line = questionLine(this.idNext, question)
    if (Buffer.byteLength(line) > this.options.limits.lineBytesMax) {
      return Promise.resolve(failureResult('body_too_large', 'the call does not fit in a line'))
    }
    return this.expect(question, line)
  }

  ping(): Promise<AdapterResult | undefined> {
    return this.expect(undefined, hostLine('ping', { id: this.idNext }))
  }

  async close(manner?: 'silent'): Promise<DriverEnd> {
    if (this.end === undefined) {
      if (manner !== 'silent') this.send(hostLine('close'))
      this.child.stdin.end()
    }
    const timer = setTimeout(() => {
      this.kill()
    }, this.options.limits.closeMs)
    const end = await this.ended
    clearTimeout(timer)
    return end
  }

  /** Ends the process; what is pending fails with the code once it is gone. */
  stop(code: AdapterFailureCode, message: string): void {
    this.fault ??= { code, message }
    this.kill()
  }

  private expect(question: DriverQuestion | undefined, line: string): Promise<AdapterResult | undefined> {
    const signal = question?.call.signal
    if (this.end !== undefined) return Promise.reject(new AdapterFailure('adapter_unavailable', this.end.message))
    if (signal?.aborted === true) return Promise.reject(new AdapterFailure('timeout', 'the time for the call was over'))
    const id = this.idNext
    this.idNext += 1
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        if (!this.pending.delete(id)) return
        this.abandoned.add(id)
        this.send(hostLine('cancel', { id }))
        reject(new AdapterFailure('timeout', 'the time for the call was over'))
      }
      signal?.addEventListener('abort', cancel, { once: true })
      const done = (): void => {
        signal?.removeEventListener('abort', cancel)
      }
      const settle = (result: AdapterResult | undefined): void => {
        done()
        resolve(result)
      }
      const fail = (failure: AdapterFailure): void => {
        done()
        reject(failure)
      }
      this.pending.set(id, { question, settle, fail })
      this.send(line)
    })
  }

  private listen(): void {
    const { lineBytesMax } = this.options.limits
    const output = makeLineReader(lineBytesMax, {
      line: (text) => {
        this.hear(text)
      },
      long: () => {
        this.stop('adapter_protocol', 'the driver sent a line over the bound')
      },
    })
    const { log } = this.options
    const errors = makeLineReader(LOG_LINE_BYTES_MAX, {
      line: log,
      long: () => {
        log('(a line over the bound)')
      },
    })
    this.child.stdout.on('data', output.push)
    this.child.stderr.on('data', errors.push)
    this.child.stderr.on('end', errors.end)
  }

  private hear(line: string): void {
    if (this.fault !== undefined) return
    let message: DriverMessage
    try {
      message = parseDriverLine(line)
    } catch {
      this.stop('adapter_protocol', 'the driver sent a line that is no message')
      return
    }
    if ((message.type === 'hello') !== (this.greet !== undefined)) {
      this.stop('adapter_protocol', 'the driver said hello twice, or something else first')
    } else if (message.type === 'hello') this.welcome(message)
    else if (message.type === 'blob_get' || message.type === 'blob_put') this.serve(message)
    else this.receive(message)
  }

  private welcome(hello: DriverHello): void {
    const missing = this.options.kinds.find((kind) => !hello.kinds.includes(kind))
    if (hello.protocol !== DRIVER_PROTOCOL) this.stop('adapter_protocol', `the driver speaks ${hello.protocol}`)
    else if (missing !== undefined) this.stop('adapter_protocol', `the driver does not perform ${missing}`)
    else {
      this.greet?.resolve(hello)
      this.greet = undefined
    }
  }

  private receive(message: Extract<DriverMessage, { type: 'pong' | 'none' | 'result' }>): void {
    const pending = this.pending.get(message.id)
    if (pending === undefined) {
      if (!this.abandoned.delete(message.id)) this.stop('adapter_protocol', 'the driver answered what nobody asked')
      return
    }
    const { question } = pending
    const expected = question === undefined ? 'pong' : message.type === 'none' ? 'lookup' : 'result'
    const isFit = expected === message.type || (expected === 'lookup' && question?.type === 'lookup')
    if (!isFit) {
      this.stop('adapter_protocol', 'the driver answered a question of another sort')
      return
    }
    this.pending.delete(message.id)
    const result = question === undefined || message.type !== 'result' ? undefined : readResult(question, message)
    pending.settle(result)
  }

  private serve(message: Extract<DriverMessage, { type: 'blob_get' | 'blob_put' }>): void {
    const blobs = this.pending.get(message.call)?.question?.call.blobs
    void serveBlob(message, blobs, this.options.limits).then((line) => {
      this.send(line)
    })
  }

  private send(line: string): void {
    if (this.end === undefined && this.child.stdin.writable) this.child.stdin.write(`${line}\n`)
  }

  private kill(): void {
    if (this.child.pid === undefined) return
    try {
      process.kill(-this.child.pid, 'SIGKILL')
    } catch {
      this.child.kill('SIGKILL') // where there are no process groups, or the group is gone
    }
  }

  private finish(exitCode: number | null, said: string): DriverEnd {
    const message = this.fault?.message ?? said
    const early = this.fault?.code ?? 'adapter_unavailable'
    this.end = { code: this.fault?.code ?? 'driver_lost', message, exitCode }
    this.greet?.reject(new AdapterFailure(early, message))
    this.greet = undefined
    for (const { fail } of this.pending.values()) fail(new AdapterFailure(this.end.code, message))
    this.pending.clear()
    return this.end
  }
}

const LOG_LINE_BYTES_MAX = 65_536
