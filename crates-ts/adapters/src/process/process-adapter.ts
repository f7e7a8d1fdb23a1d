/** Any effect kind in any language: an adapter whose work a driver does (spec/13-adapters.md, "Drivers"). */
import { AosError } from '@aos/cbor'
import { abortable } from '../abortable.ts'
import { AdapterFailure, failureResult } from '../failures.ts'
import { typesFor } from '../kind-types.ts'
import type { TypesOf } from '../kind-types.ts'
import type { Adapter, AdapterCall, AdapterResult } from '../port.ts'
import { startDriver } from './driver.ts'
import type { Driver } from './driver.ts'
import { PROCESS_LIMITS } from './limits.ts'
import type { ProcessLimits } from './limits.ts'

/** How a driver is configured. */
export interface ProcessAdapterOptions {
  readonly id: string
  readonly kinds: readonly string[]
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[]
  readonly cwd?: string
  /** All that the driver sees of an environment; see `pickEnvironment`. */
  readonly environment?: Readonly<Record<string, string>>
  readonly typesOf: TypesOf
  /** Told to the driver with each call: milliseconds after which an answer is of no use. 30,000 unless given. */
  readonly deadlineMs?: number
  readonly limits?: Partial<ProcessLimits>
  /** Gets what the driver writes to its standard error, line by line. */
  readonly log?: (line: string) => void
}

/** The members of an environment that a list names. */
export function pickEnvironment(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

/**
 * The driver is started with the first call and again, after a pause, when it ended. A call that was sent is never sent a second time:
 * if its driver ends, the result is `unknown`. Throws `adapter.bad_config` without a command or kinds.
 */
export function makeProcessAdapter(options: ProcessAdapterOptions): Adapter {
  const [file, ...rest] = options.command
  if (file === undefined || options.kinds.length === 0) {
    throw new AosError('adapter.bad_config', `the driver ${options.id} has no command or no kinds`)
  }
  const limits = { ...PROCESS_LIMITS, ...options.limits }
  const { kinds, cwd, environment = {}, log = () => undefined } = options
  const keeper = new DriverKeeper(limits, (signal) =>
    startDriver({ command: [file, ...rest], kinds, cwd, environment, limits, log, signal }),
  )
  const ask = async (type: 'call' | 'lookup', call: AdapterCall): Promise<AdapterResult | undefined> => {
    const types = typesFor(options.typesOf, call.effectKind)
    const driver = await abortable(keeper.current(), call.signal)
    if (type === 'lookup' && !driver.hello.lookup) return undefined
    const result = await driver.ask({ type, call, types, deadlineMs: options.deadlineMs ?? 30_000 })
    keeper.praise()
    return result
  }
  return {
    id: options.id,
    kinds,
    async perform(call) {
      try {
        return (await ask('call', call)) ?? failureResult('adapter_protocol', 'the driver gave no result')
      } catch (error) {
        if (error instanceof AdapterFailure) return failureResult(error.code, error.message, new Map([['calls', 1]]))
        throw error
      }
    },
    async lookup(_key, call) {
      try {
        return await ask('lookup', call)
      } catch (error) {
        if (error instanceof AdapterFailure) return undefined
        throw error
      }
    },
    close: () => keeper.close(),
  }
}

/** Holds at most one running driver, and pauses between runs. */
class DriverKeeper {
  private readonly limits: ProcessLimits
  private readonly start: (signal: AbortSignal) => Promise<Driver>
  private driver: Driver | undefined
  private starting: Promise<Driver> | undefined
  /** Starts since something was answered last. */
  private failures = 0
  private readonly closing = new AbortController()

  constructor(limits: ProcessLimits, start: (signal: AbortSignal) => Promise<Driver>) {
    this.limits = limits
    this.start = start
  }

  /** The running driver, or the next one. Throws AdapterFailure when it does not start. */
  async current(): Promise<Driver> {
    if (this.closing.signal.aborted) throw closedFailure()
    if (this.driver?.isAlive() === true) return this.driver
    this.starting ??= this.startAgain().finally(() => {
      this.starting = undefined
    })
    return this.starting
  }

  /** A driver that answers is worth starting without a pause. */
  praise(): void {
    this.failures = 0
  }

  async close(): Promise<void> {
    this.closing.abort()
    const driver = await this.starting?.catch(() => undefined)
    await (driver ?? this.driver)?.close()
  }

  private async startAgain(): Promise<Driver> {
    const { backoffMs, backoffMsMax } = this.limits
    const pause = this.failures === 0 ? 0 : Math.min(backoffMsMax, backoffMs * 2 ** (this.failures - 1))
    this.failures += 1
    if (pause > 0) await pauseFor(pause, this.closing.signal)
    if (this.closing.signal.aborted) throw closedFailure()
    this.driver = await this.start(this.closing.signal)
    return this.driver
  }
}

function closedFailure(): AdapterFailure {
  return new AdapterFailure('adapter_unavailable', 'the adapter is closed')
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
