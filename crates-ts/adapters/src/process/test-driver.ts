/** Holds a driver to the protocol, for who writes one (spec/13-adapters.md, "Testing a driver"). */
import { randomBytes } from 'node:crypto'
import { formatJson, valueFromJson, valueToJson } from '@aos/air'
import type { JsonNode, Value } from '@aos/air'
import { formatHash, formatPath } from '@aos/cbor'
import { AdapterFailure } from '../failures.ts'
import { typesFor } from '../kind-types.ts'
import type { KindTypes, TypesOf } from '../kind-types.ts'
import type { AdapterCall, AdapterResult, BlobAccess, GrantView } from '../port.ts'
import { startDriver } from './driver.ts'
import type { Driver } from './driver.ts'
import type { DriverCommand } from './driver-run.ts'
import { PROCESS_LIMITS } from './limits.ts'
import type { ProcessLimits } from './limits.ts'

/** A call to try a driver with. */
export interface DriverSample {
  readonly kind: string
  /** In the sugar lens. */
  readonly params: JsonNode
  readonly grant?: GrantView
}

/** The driver, and what it is tried with. Samples are really performed. */
export interface TestDriverOptions {
  readonly command: readonly [string, ...string[]]
  readonly kinds: readonly string[]
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly typesOf: TypesOf
  readonly samples: readonly DriverSample[]
  readonly blobs: BlobAccess
  readonly limits?: Partial<ProcessLimits>
  /** Milliseconds for one answer; 30,000 unless given. */
  readonly answerMs?: number
}

/** What came of one check; `note` is for people. */
export interface DriverCheck {
  readonly check: string
  readonly ok: boolean
  readonly note: string
}

/** Runs every check on processes of their own, and reports them in a fixed order. Never throws for what a driver does. */
export async function testDriver(options: TestDriverOptions): Promise<readonly DriverCheck[]> {
  const bench = new DriverBench(options)
  await bench.check('hello: version and kinds', (driver) => Promise.resolve(driver.hello.kinds.join(', ')))
  await bench.check('ping: is answered', async (driver) => {
    await bench.inTime(driver.ping())
    return 'pong'
  })
  for (const [index, sample] of options.samples.entries()) {
    await bench.check(`call ${index} (${sample.kind}): a result of its schema`, (driver) =>
      bench.perform(driver, sample),
    )
  }
  const [first] = options.samples
  if (first !== undefined) {
    await bench.check('calls: several at once, each answered', async (driver) => {
      const notes = await Promise.all([1, 2, 3].map(() => bench.perform(driver, first)))
      return `${notes.length} answers`
    })
    await bench.check('call: an unknown kind is refused, and the driver goes on', (driver) =>
      bench.unknownKind(driver, first),
    )
    await bench.check('cancel: the driver goes on', (driver) => bench.cancel(driver, first))
    await bench.check('lookup: tells the same, or that it cannot tell', (driver) => bench.lookup(driver, first))
  }
  await bench.checkEnd('close: ends by itself with exit code 0', undefined)
  await bench.checkEnd('end of input: ends by itself', 'silent')
  return bench.checks
}

class DriverBench {
  readonly checks: DriverCheck[] = []
  private readonly options: TestDriverOptions
  private readonly command: DriverCommand

  constructor(options: TestDriverOptions) {
    this.options = options
    const { command, kinds, cwd, environment = {} } = options
    const limits = { ...PROCESS_LIMITS, ...options.limits }
    this.command = { command, kinds, cwd, environment, limits, log: () => undefined }
  }

  async check(name: string, run: (driver: Driver) => Promise<string>): Promise<void> {
    let driver: Driver | undefined
    try {
      driver = await startDriver(this.command)
      this.checks.push({ check: name, ok: true, note: await run(driver) })
    } catch (error) {
      const note = error instanceof Error ? error.message : 'failed'
      this.checks.push({ check: name, ok: false, note })
    } finally {
      await driver?.close()
    }
  }

  async checkEnd(name: string, manner: 'silent' | undefined): Promise<void> {
    await this.check(name, async (driver) => {
      const { exitCode, message } = await driver.close(manner)
      const isGood = manner === 'silent' ? exitCode !== null : exitCode === 0
      if (!isGood) throw new Error(message)
      return message
    })
  }

  /** The note of a result; throws when it is not what the protocol says. */
  async perform(driver: Driver, sample: DriverSample): Promise<string> {
    const { types, call } = this.prepare(sample)
    const result = await this.inTime(driver.ask({ type: 'call', call, types, deadlineMs: this.answerMs }))
    return noteOf(sample.kind, result)
  }

  async unknownKind(driver: Driver, sample: DriverSample): Promise<string> {
    const { types, call } = this.prepare(sample)
    const other = { ...call, effectKind: 'aos.no_such_kind' }
    const result = await this.inTime(driver.ask({ type: 'call', call: other, types, deadlineMs: this.answerMs }))
    if (result?.status !== 'error') throw new Error(`expected status error, found ${String(result?.status)}`)
    await this.inTime(driver.ping())
    return 'error'
  }

  async cancel(driver: Driver, sample: DriverSample): Promise<string> {
    const stop = new AbortController()
    const { types, call } = this.prepare(sample, stop.signal)
    const asked = driver.ask({ type: 'call', call, types, deadlineMs: this.answerMs })
    stop.abort()
    const outcome = await asked.then(
      () => 'answered',
      (error: unknown) => (error instanceof AdapterFailure ? error.code : 'failed'),
    )
    if (outcome !== 'timeout') throw new Error(`expected the call to be given up, found ${outcome}`)
    await this.inTime(driver.ping())
    return 'goes on'
  }

  async lookup(driver: Driver, sample: DriverSample): Promise<string> {
    if (!driver.hello.lookup) return 'the driver says that it cannot'
    const { types, call } = this.prepare(sample)
    const done = await this.inTime(driver.ask({ type: 'call', call, types, deadlineMs: this.answerMs }))
    const found = await this.inTime(driver.ask({ type: 'lookup', call, types, deadlineMs: this.answerMs }))
    if (found === undefined) return 'none'
    const show = (result: AdapterResult | undefined): string =>
      result?.status === 'ok'
        ? formatJson(valueToJson(types.receipt, types.table, result.payload))
        : String(result?.status)
    if (show(found) !== show(done)) throw new Error('the look-up tells something else than the call did')
    return 'the same'
  }

  async inTime<T>(promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer within ${this.answerMs} ms`))
      }, this.answerMs)
    })
    return Promise.race([promise, late]).finally(() => {
      clearTimeout(timer)
    })
  }

  private get answerMs(): number {
    return this.options.answerMs ?? 30_000
  }

  private prepare(
    sample: DriverSample,
    signal: AbortSignal = new AbortController().signal,
  ): { readonly types: KindTypes; readonly call: AdapterCall } {
    const types = typesFor(this.options.typesOf, sample.kind)
    const read = valueFromJson(types.params, types.table, sample.params)
    if (!read.ok) {
      const [issue] = read.issues
      throw new Error(`the sample is not of its schema: ${issue === undefined ? '' : formatPath(issue.path)}`)
    }
    const key = randomBytes(32)
    const params: Value = read.value
    const grant = sample.grant ?? { name: 'sample', capType: 'sample', params: null }
    const call = {
      effectKind: sample.kind,
      params,
      intentHash: formatHash(key),
      idempotencyKey: key.toString('hex'),
      attempt: 1,
      grant,
      blobs: this.options.blobs,
      signal,
    }
    return { types: sample.grant === undefined ? withoutGrant(types) : types, call }
  }
}

function withoutGrant({ params, receipt, table }: KindTypes): KindTypes {
  return { params, receipt, table }
}

function noteOf(kind: string, result: AdapterResult | undefined): string {
  if (result === undefined) throw new Error('there is no result')
  const payload = result.payload
  const code = typeof payload === 'object' && payload !== null && 'code' in payload ? String(payload['code']) : ''
  if (code === 'adapter_protocol') throw new Error(`the payload is not of the receipt schema of ${kind}`)
  return code === '' ? result.status : `${result.status} ${code}`
}
