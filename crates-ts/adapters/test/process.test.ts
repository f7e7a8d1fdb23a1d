import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { parseJson } from '@aos/air'
import type { Value } from '@aos/air'
import { isAosError } from '@aos/cbor'
import { makeProcessAdapter, pickEnvironment } from '../src/index.ts'
import type { Adapter, AdapterResult, ProcessAdapterOptions } from '../src/index.ts'
import { DRIVER, checkDriver, namesOf } from './_driver-check.ts'
import { MemoryBlobs, expectOfSchema, fields, makeCall, typesOf } from './_world.ts'
import type { CallParts } from './_world.ts'

const folder = mkdtempSync(join(tmpdir(), 'aos-driver-'))
const open: Adapter[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((adapter) => adapter.close()))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function makeDriver(args: readonly string[] = [], options: Partial<ProcessAdapterOptions> = {}): Adapter {
  const command = [process.execPath, DRIVER, ...args]
  const limits = { backoffMs: 10, closeMs: 300, ...options.limits }
  const adapter = makeProcessAdapter({ id: 'demo', kinds: ['demo.echo'], command, typesOf, ...options, limits })
  open.push(adapter)
  return adapter
}

interface Asked extends Partial<CallParts> {
  readonly count?: number
  readonly ref?: Value
}

function ask(adapter: Adapter, text: string, { count = 1, ref = null, ...parts }: Asked = {}): Promise<AdapterResult> {
  return adapter.perform(makeCall({ kind: 'demo.echo', params: { text, count, ref }, capType: 'demo', ...parts }))
}

function told({ status, payload }: AdapterResult): string {
  const { code, text } = fields(payload)
  return `${status} ${String(code ?? text)}`
}

describe('calls', () => {
  test('go over one process, with all that a driver may know', async () => {
    const adapter = makeDriver([], { deadlineMs: 1234 })
    const result = await ask(adapter, 'call')
    const seen = parseJson(String(fields(result.payload)['text']))
    expect(seen).toEqual(
      parseJson(
        JSON.stringify({
          kind: 'demo.echo',
          params: { text: 'call', count: 1, ref: null },
          type: 'call',
          intent_hash: `sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a`,
          idempotency_key: '01'.repeat(32),
          attempt: 1,
          deadline_ms: 1234,
          grant: { name: 'g', cap_type: 'demo', params: {} },
        }),
      ),
    )
    expect([fields(result.payload)['count'], result.cost]).toEqual([2, new Map(Object.entries({ calls: 1, cents: 7 }))])
    const texts = ['a', 'b', 'c', 'd']
    const results = await Promise.all(texts.map((text) => ask(adapter, text)))
    expect(results.map(told)).toEqual(texts.map((text) => `ok ${text}`))
  })

  test('a failure of the driver is of the schema of failures', async () => {
    const result = await ask(makeDriver(), 'fail')
    expectOfSchema('sys/EffectFailure@1', result.payload)
    expect([told(result), result.retryable]).toEqual(['error busy', true])
  })

  test('a payload of another type is the fault of that call alone', async () => {
    const adapter = makeDriver(['wrong-type'])
    expect(told(await ask(adapter, 'a'))).toBe('error adapter_protocol')
    expect(
      await adapter.lookup?.(
        '00'.repeat(32),
        makeCall({ kind: 'demo.echo', params: { text: '', count: 1, ref: null } }),
      ),
    ).toBeUndefined()
  })

  test('content comes and goes over the lines, within bounds and open calls', async () => {
    const blobs = new MemoryBlobs()
    const ref = blobs.keep('quiet')
    const adapter = makeDriver([], { limits: { blobBytesMax: 100 } })
    const result = await ask(adapter, 'blob', { ref, blobs })
    expect(blobs.text(fields(result.payload)['ref'])).toBe('QUIET')
    expect(told(await ask(adapter, 'blob', { ref: `sha256:${'0'.repeat(64)}` }))).toBe('ok missing')
    expect(told(await ask(adapter, 'blob', { ref: blobs.keep('x'.repeat(101)), blobs }))).toBe('ok too_large')
    expect(told(await ask(adapter, 'big', { count: 100 }))).toBe('ok stored')
    expect(told(await ask(adapter, 'big', { count: 101 }))).toBe('ok too_large')
    expect(told(await ask(adapter, 'foreign'))).toBe('ok no_call')
  })

  test('the environment is what was given, and the log goes to its sink', async () => {
    const lines: string[] = []
    const environment = pickEnvironment(['AOS_ONE', 'AOS_TWO'], { AOS_ONE: '1', AOS_THREE: '3' })
    const adapter = makeDriver([], { environment, log: (line) => lines.push(line) })
    expect(told(await ask(adapter, 'environment'))).toBe('ok AOS_ONE')
    await ask(adapter, 'log')
    await adapter.close()
    expect(lines).toEqual(['one', 'two'])
  })

  test('a look-up tells the same, and nothing of what it does not know', async () => {
    const adapter = makeDriver()
    const call = makeCall({ kind: 'demo.echo', params: { text: 'a', count: 1, ref: null } })
    const result = await adapter.perform(call)
    expect(await adapter.lookup?.(call.idempotencyKey, call)).toEqual(result)
    expect(await adapter.lookup?.('ff', { ...call, idempotencyKey: 'ff' })).toBeUndefined()
    const without = makeDriver(['no-lookup'])
    await without.perform(call)
    expect(await without.lookup?.(call.idempotencyKey, call)).toBeUndefined()
  })
})

describe('ends', () => {
  test('a crash during a call is unknown and not done again, and the driver starts again', async () => {
    const file = join(folder, 'crashes')
    const adapter = makeDriver(['', file])
    const others = ask(adapter, 'hang')
    const crashed = await ask(adapter, 'crash')
    expectOfSchema('sys/EffectFailure@1', crashed.payload)
    expect([told(crashed), crashed.retryable]).toEqual(['unknown driver_lost', false])
    expect(told(await others)).toBe('unknown driver_lost')
    expect(told(await ask(adapter, 'a'))).toBe('ok a')
    expect(readFileSync(file, 'utf8')).toBe('performed\n')
  })

  test.each(['garbage', 'not-asked', 'wrong-sort', 'long'])('%s ends the driver with a code', async (text) => {
    const adapter = makeDriver([], { limits: { lineBytesMax: 2000 } })
    const others = ask(adapter, 'hang')
    expect(told(await ask(adapter, text))).toBe('error adapter_protocol')
    expect(told(await others)).toBe('error adapter_protocol')
    expect(told(await ask(adapter, 'a'))).toBe('ok a')
  })

  test('a call over the bound of a line is not sent', async () => {
    const adapter = makeDriver([], { limits: { lineBytesMax: 2000 } })
    expect(told(await ask(adapter, 'x'.repeat(2000)))).toBe('error body_too_large')
    expect(told(await ask(adapter, 'a'))).toBe('ok a')
  })

  test('a signal gives a call up, and its late answer is passed over', async () => {
    const adapter = makeDriver()
    await ask(adapter, 'a')
    expect(told(await ask(adapter, 'hang', { signal: AbortSignal.timeout(10) }))).toBe('timeout timeout')
    const stop = new AbortController()
    const late = ask(adapter, 'late', { signal: stop.signal })
    await Promise.resolve()
    stop.abort()
    expect(told(await late)).toBe('timeout timeout')
    expect(told(await ask(adapter, 'b'))).toBe('ok b')
  })

  test('starts are repeated after pauses that grow', async () => {
    const once = makeDriver(['crash-first', join(folder, 'first')])
    const first = await ask(once, 'a')
    expect([told(first), first.retryable]).toEqual(['error adapter_unavailable', true])
    expect(told(await ask(once, 'a'))).toBe('ok a')
    const never = makeDriver([], { command: [join(folder, 'nothing')], limits: { backoffMs: 20 } })
    const times: number[] = []
    for (let count = 0; count < 4; count += 1) {
      const started = performance.now()
      expect(told(await ask(never, 'a'))).toBe('error adapter_unavailable')
      times.push(performance.now() - started)
    }
    expect([times[1], times[2], times[3]].map((ms, at) => (ms ?? 0) >= 19 * 2 ** at)).toEqual([true, true, true])
  })

  test.each([
    ['mute', 'error adapter_unavailable'],
    ['kinds', 'error adapter_protocol'],
    ['version', 'error adapter_protocol'],
  ])('a driver that is %s does not start', async (fault, expected) => {
    const adapter = makeDriver([fault], fault === 'mute' ? { limits: { helloMs: 200 } } : {})
    expect(told(await ask(adapter, 'a'))).toBe(expected)
  })

  test('close ends what does not end by itself, and what it started', async () => {
    const adapter = makeDriver(['stay'], { limits: { closeMs: 50 } })
    const child = Number(fields((await ask(adapter, 'child')).payload)['text'])
    expect(isRunning(child)).toBe(true)
    const open = ask(adapter, 'hang')
    await adapter.close()
    expect(told(await open)).toBe('unknown driver_lost')
    await expect.poll(() => isRunning(child)).toBe(false)
    expect(told(await ask(adapter, 'a'))).toBe('error adapter_unavailable')
  })

  test('close does not wait for a hello', async () => {
    const adapter = makeDriver(['mute'])
    const asked = ask(adapter, 'a')
    await adapter.close()
    expect(told(await asked)).toBe('error adapter_unavailable')
  })
})

test('a driver without a command or kinds is refused', () => {
  for (const bad of [{ command: [] }, { kinds: [] }]) {
    let code: unknown
    try {
      makeDriver([], bad)
    } catch (error) {
      code = isAosError(error) ? error.code : error
    }
    expect(code).toBe('adapter.bad_config')
  }
})

/** A process that ended and was not collected yet does not run. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

test('a good driver passes every check of testDriver', async () => {
  const checks = await checkDriver('')
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
  expect(namesOf(checks)).toEqual([
    ...['hello', 'ping', 'call 0 (demo.echo)', 'calls', 'call', 'cancel', 'lookup', 'close', 'end of input'],
  ])
})
