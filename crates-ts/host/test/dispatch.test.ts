import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AdapterResult } from '@aos/adapters'
import { formatHash, parseHash, toHex } from '@aos/cbor'
import type { Hash } from '@aos/cbor'
import { ReceiptVerifier } from '../src/index.ts'
import type { EffectsHost } from '../src/index.ts'
import { backoffMs } from '../src/dispatch/call-effect.ts'
import { adapterOf, lost, makeFakeWorld, nOf, ok, payloadOf } from './_effects.ts'
import type { FakeWorld } from './_effects.ts'

let fake: FakeWorld
let running: EffectsHost[] = []

beforeEach(() => {
  fake = makeFakeWorld()
})

afterEach(async () => {
  for (const effects of running) await effects.stop({ graceMs: 0 })
  running = []
  fake.remove()
})

async function started(options: Parameters<FakeWorld['effects']>[0]): Promise<EffectsHost> {
  const effects = fake.effects(options)
  running.push(effects)
  await effects.start()
  return effects
}

const quiet = (effects: EffectsHost): Promise<string> => effects.quiet({ timeoutMs: 3000 })
const logText = (): string => readFileSync(fake.world.folder.dispatchLog, 'utf8')
const answered = adapterOf((call) => Promise.resolve(ok(`${nOf(call)}`)))

test('what is durable is called, and what came of it is signed and submitted', async () => {
  const effects = await started({ adapters: [answered] })
  const release = fake.hold()
  const hash = fake.emit(1)
  await sleep(5)
  expect(effects.counters.calls).toBe(0) // nothing leaves before it is durable
  release()
  expect(await quiet(effects)).toBe('quiet')
  const [first] = fake.receipts
  expect(first?.receipt).toMatchObject({ adapterId: 'test', status: 'ok', height: 1 })
  expect(formatHash(first?.receipt.intentHash ?? new Uint8Array())).toBe(hash)
  expect(payloadOf(first)).toEqual({ answer: '1' })
  expect(first?.signature.place).toBeUndefined()
  expect(effects.counters).toMatchObject({ calls: 1, receipts: 1, unknown: 0, dead: 0 })
  expect(fake.events.map(({ type }) => type)).toEqual(['call', 'receipt'])
})

test('what is submitted while a host starts waits for the disk, too', async () => {
  const adapter = adapterOf((call) => Promise.resolve(ok(`${nOf(call)}`)))
  const effects = fake.effects({ adapters: [adapter] })
  running.push(effects)
  fake.emit(1)
  const release = fake.hold()
  const starting = effects.start()
  release()
  const releaseAgain = fake.hold()
  fake.emit(2)
  await starting
  await expect.poll(() => adapter.calls.map(nOf)).toEqual([1])
  releaseAgain()
  expect(await quiet(effects)).toBe('quiet')
  expect(adapter.calls.map(nOf)).toEqual([1, 2])
})

test('results of one moment share a signature, each with its place', async () => {
  for (let n = 0; n < 5; n += 1) fake.emit(n, { effectKind: 'test.again' })
  const ends: (() => void)[] = []
  const adapter = adapterOf(async () => {
    await new Promise<void>((resolve) => {
      ends.push(resolve)
      if (ends.length === 5) for (const end of ends) end()
    })
    return ok('together')
  })
  const effects = await started({ adapters: [adapter] })
  expect(await quiet(effects)).toBe('quiet')
  expect(fake.receipts.map(({ signature }) => signature.place?.index)).toEqual([0, 1, 2, 3, 4])
  expect(new Set(fake.receipts.map(({ signature }) => toHex(signature.signature))).size).toBe(1)
  const verifier = new ReceiptVerifier()
  await verifier.verify(fake.world.kernel.keys, fake.receipts)
  const [first, second] = fake.receipts
  if (first === undefined || second === undefined) throw new Error('expected receipts')
  const swapped = { ...first, signature: second.signature }
  await expect(verifier.verify(fake.world.kernel.keys, [second, swapped])).rejects.toMatchObject({
    code: 'receipt.bad_signature',
  })
})

test('an adapter gets them in the order of emission, no more at a time than its binding says', async () => {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const adapter = adapterOf(async (call) => {
    begun.push(nOf(call))
    await new Promise<void>((resolve) => ends.push(resolve))
    return ok('late')
  })
  // By `test.*`: two at a time.
  for (let n = 0; n < 5; n += 1) fake.emit(n, { effectKind: 'test.other' })
  const slow = { wallNs: () => 0n, after: () => () => undefined } // nothing times out
  const effects = await started({ adapters: [adapter], timers: slow })
  await expect.poll(() => begun).toEqual([0, 1])
  expect(effects.state).toMatchObject({ queued: 3, running: 2 })
  ends.shift()?.()
  await expect.poll(() => begun).toEqual([0, 1, 2])
  for (const after of [4, 5]) {
    ends.shift()?.()
    await expect.poll(() => begun.length).toBe(after)
  }
  for (const end of ends) end()
  expect(begun).toEqual([0, 1, 2, 3, 4])
})

test('a kind that is idempotent is tried again with the same key, with longer and longer waits', async () => {
  const results = [lost(), lost(), ok('third')]
  const adapter = adapterOf(() => Promise.resolve(results.shift() ?? ok('none left')))
  fake.emit(1, { effectKind: 'test.again' })
  const effects = await started({ adapters: [adapter] })
  expect(await quiet(effects)).toBe('quiet')
  expect(adapter.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
  expect(new Set(adapter.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1)
  expect(fake.events.flatMap((event) => (event.type === 'retry' ? [event.delayMs] : []))).toEqual([100, 200])
  expect(fake.receipts).toHaveLength(1)
})

test('when the attempts are used up it is dead, and requeued it is tried again', async () => {
  let isMended = false
  const adapter = adapterOf(() => Promise.resolve(isMended ? ok('at last') : lost()))
  const hash = fake.emit(1, { effectKind: 'test.again' })
  const effects = await started({ adapters: [adapter] })
  expect(await quiet(effects)).toBe('quiet')
  expect(adapter.calls).toHaveLength(3)
  expect(fake.entries.at(-1)).toBe(`attempts ${hash}`)
  expect(fake.intent(hash)?.status).toBe('dead')
  isMended = true
  await effects.send({ kind: 'requeue', principal: 'local:me', intent: hash })
  expect(await quiet(effects)).toBe('quiet')
  expect(adapter.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1])
  expect(payloadOf(fake.receipts[0])).toEqual({ answer: 'at last' })
})

test('a kind that is not idempotent is never tried again: its failure is the receipt', async () => {
  const adapter = adapterOf(() => Promise.resolve(lost()))
  fake.emit(1)
  const effects = await started({ adapters: [adapter] })
  await quiet(effects)
  expect(adapter.calls).toHaveLength(1)
  expect(fake.receipts[0]?.receipt.status).toBe('error')
  expect(payloadOf(fake.receipts[0])).toEqual({ code: 'connection_lost', message: 'gone' })
})

test('an intent whose adapter is not here is dead, unless the adapter has a key of its own', async () => {
  const hash = fake.emit(1, { adapter: 'elsewhere' })
  const effects = await started({ adapters: [answered] })
  await quiet(effects)
  expect(fake.entries.at(-1)).toBe(`no_adapter ${hash}`)
  const foreign = { publicKey: new Uint8Array(32), role: 'robot', kinds: [], from: 1, revoked: undefined }
  Object.assign(fake.world.kernel, { keys: [...fake.world.kernel.keys, foreign] })
  fake.emit(2, { adapter: 'robot' })
  expect(await quiet(effects)).toBe('quiet')
  expect(fake.entries.at(-1)).toBe('emit 2')
})

test('a result that is not of its schema is never signed', async () => {
  const wrong: readonly AdapterResult[] = [
    { ...ok(''), payload: { question: 1 } },
    { ...ok(''), payload: { code: 'x', message: 'y' } },
    { ...ok(''), cost: new Map([['calls', -1]]) },
    { ...lost(), retryable: false, payload: 7 },
  ]
  const adapter = adapterOf((call) => Promise.resolve(wrong[nOf(call)] ?? ok('')))
  for (const n of wrong.keys()) fake.emit(n)
  const effects = await started({ adapters: [adapter] })
  await quiet(effects)
  expect(fake.receipts.map(({ receipt }) => receipt.status)).toEqual(['error', 'error', 'error', 'error'])
  for (const receipt of fake.receipts) expect(payloadOf(receipt)).toMatchObject({ code: 'adapter_payload' })
})

test('what an adapter throws is its fault; what it never answers is a timeout', async () => {
  const adapter = adapterOf((call) =>
    nOf(call) === 0 ? Promise.reject(new Error('broken')) : new Promise(() => undefined),
  )
  fake.emit(0)
  fake.emit(1, { effectKind: 'test.short' })
  const effects = await started({ adapters: [adapter] })
  await quiet(effects)
  const byStatus = fake.receipts.map((receipt) => [receipt.receipt.status, payloadOf(receipt)])
  expect(byStatus).toEqual([
    ['error', expect.objectContaining({ code: 'adapter_fault' })],
    ['timeout', expect.objectContaining({ code: 'timeout' })],
  ])
  expect(adapter.calls[1]?.signal.aborted).toBe(true)
})

test('what a payload names is stored before anybody hears of it', async () => {
  const adapter = adapterOf((call) => {
    void call.blobs.put(new Uint8Array([1, 2, 3])) // not awaited
    return Promise.resolve(ok('stored'))
  })
  fake.emit(1)
  const seen: number[] = []
  fake.world.observe((result) => {
    if (result.effects.settled.length > 0) seen.push(fake.blobs.size)
  })
  const effects = await started({ adapters: [adapter] })
  await quiet(effects)
  expect(seen).toEqual([1])
})

test('the mark of a call is on disk before the call', async () => {
  const marked: boolean[] = []
  const adapter = adapterOf((call) => {
    marked.push(logText().includes(`call ${call.intentHash.slice('sha256:'.length)} 1 `))
    return Promise.resolve(ok(''))
  })
  fake.emit(1)
  await quiet(await started({ adapters: [adapter] }))
  expect(marked).toEqual([true])
})

/** A first host begins a call that never ends, and goes away. */
async function interrupted(n: number, effectKind: string): Promise<Hash> {
  const hash = fake.emit(n, { effectKind })
  const adapter = adapterOf(() => new Promise(() => undefined))
  const effects = fake.effects({ adapters: [adapter] })
  await effects.start()
  while (adapter.calls.length === 0) await sleep(1)
  await effects.stop({ graceMs: 0 })
  expect(fake.receipts).toHaveLength(0)
  return hash
}

test('a call that was begun and is not idempotent is not made again: it is unknown', async () => {
  await interrupted(1, 'test.once')
  const adapter = adapterOf(() => Promise.resolve(ok('twice')))
  const effects = await started({ adapters: [adapter] })
  await quiet(effects)
  expect(adapter.calls).toHaveLength(0)
  expect(fake.receipts[0]?.receipt.status).toBe('unknown')
  expect(payloadOf(fake.receipts[0])).toMatchObject({ code: 'interrupted' })
})

test('unless the adapter can tell what came of it', async () => {
  const hash = await interrupted(1, 'test.once')
  const keys: string[] = []
  const lookup = (key: string): Promise<AdapterResult> => {
    keys.push(key)
    return Promise.resolve(ok('it was done'))
  }
  const effects = await started({ adapters: [adapterOf(() => Promise.resolve(ok('twice')), { lookup })] })
  await quiet(effects)
  expect(keys).toEqual([hash.slice('sha256:'.length)])
  expect(payloadOf(fake.receipts[0])).toEqual({ answer: 'it was done' })
  expect(effects.counters).toMatchObject({ calls: 0, lookups: 1, unknown: 0 })
})

test('one that is idempotent is made again with the same key', async () => {
  await interrupted(1, 'test.again')
  const adapter = adapterOf(() => Promise.resolve(ok('again')))
  await quiet(await started({ adapters: [adapter] }))
  expect(adapter.calls).toHaveLength(1)
  expect(payloadOf(fake.receipts[0])).toEqual({ answer: 'again' })
})

test.each([
  ['missing', (): void => { rmSync(fake.world.folder.dispatchLog) }], // prettier-ignore
  ['damaged', (): void => { writeFileSync(fake.world.folder.dispatchLog, logText().replace('call', 'cell')) }], // prettier-ignore
  ['foreign', (): void => { writeFileSync(fake.world.folder.dispatchLog, makeForeignLog()) }], // prettier-ignore
])('with a log that is %s every open call counts as begun', async (reason, harm) => {
  await interrupted(1, 'test.once')
  harm()
  const adapter = adapterOf(() => Promise.resolve(ok('twice')))
  const effects = await started({ adapters: [adapter] })
  await quiet(effects)
  expect(fake.events).toContainEqual({ type: 'log_lost', reason })
  expect(adapter.calls).toHaveLength(0)
  expect(fake.receipts[0]?.receipt.status).toBe('unknown')
  // What comes later is called as ever.
  fake.emit(2)
  await quiet(effects)
  expect(adapter.calls).toHaveLength(1)
})

function makeForeignLog(): string {
  const other = makeFakeWorld()
  Object.assign(other.world, { id: parseHash(`sha256:${'0'.repeat(64)}`) })
  const effects = other.effects({})
  void effects.start()
  const text = readFileSync(other.world.folder.dispatchLog, 'utf8')
  void effects.stop().then(() => {
    other.remove()
  })
  return text
}

test('a mark that a crash cut off belongs to a call that was not made', async () => {
  await quiet(await started({ adapters: [answered] }))
  await running[0]?.stop()
  const hash = fake.emit(7)
  const whole = `call ${hash.slice('sha256:'.length)} 1 `
  appendFileSync(fake.world.folder.dispatchLog, whole)
  const adapter = adapterOf(() => Promise.resolve(ok('once')))
  await quiet(await started({ adapters: [adapter] }))
  expect(adapter.calls).toHaveLength(1)
  expect(
    logText()
      .split('\n')
      .filter((line) => line.startsWith('call ') && line.length < 80),
  ).toEqual([])
})

test('a log of settled calls does not grow for ever', async () => {
  const effects = await started({ adapters: [answered] })
  for (let n = 0; n < 3400; n += 1) fake.emit(n, { effectKind: 'test.again' })
  await quiet(effects)
  for (let n = 5000; n < 5010; n += 1) {
    fake.emit(n)
    await quiet(effects)
  }
  expect(existsSync(`${fake.world.folder.dispatchLog}.new`)).toBe(false)
  expect(logText().length).toBeLessThan(4000)
  expect(fake.receipts).toHaveLength(3410)
})

test('a receipt at which the machine failed twice becomes unknown', async () => {
  const hash = fake.emit(1)
  fake.quarantined.add(hash)
  const effects = await started({ adapters: [answered] })
  await quiet(effects)
  expect(effects.counters.calls).toBe(0)
  expect(payloadOf(fake.receipts[0])).toMatchObject({ code: 'host_fault' })
  expect(fake.receipts[0]?.receipt.status).toBe('unknown')
  // Also when the second failure was this process's own.
  const adapter = adapterOf((call) => {
    fake.quarantined.add(call.intentHash)
    return Promise.resolve(ok('done'))
  })
  await effects.stop()
  const again = await started({ adapters: [adapter] })
  fake.emit(2)
  await quiet(again)
  expect(fake.receipts[1]?.receipt.status).toBe('unknown')
})

test('what is due is ticked at once, what is not is waited for', async () => {
  let nowNs = 1_000_000_000n
  const due: { readonly ms: number; readonly call: () => void }[] = []
  const timers = {
    wallNs: () => nowNs,
    after: (ms: number, call: () => void) => {
      due.push({ ms, call })
      return () => undefined
    },
  }
  fake.due(500n, 400n)
  const effects = await started({ adapters: [], timers })
  await expect.poll(() => fake.entries).toEqual(['tick'])
  fake.due(nowNs + 2_500_001n, nowNs)
  fake.emit(1, { dueNs: nowNs + 2_500_001n })
  await expect.poll(() => due.map(({ ms }) => ms)).toEqual([3])
  due[0]?.call() // too early: the clock has not moved
  expect(due.map(({ ms }) => ms)).toEqual([3, 3])
  nowNs += 3_000_000n
  due[1]?.call()
  await expect.poll(() => fake.entries).toEqual(['tick', 'emit 1', 'tick'])
  expect(effects.counters).toMatchObject({ ticks: 2, calls: 0 })
})

test('quiet waits for what falls due in time, and gives up when the time is over', async () => {
  const effects = await started({ adapters: [adapterOf(() => new Promise(() => undefined))] })
  const nowNs = BigInt(Date.now()) * 1_000_000n
  fake.due(nowNs + 60_000_000n, nowNs)
  fake.emit(1, { dueNs: 1n })
  expect(await effects.quiet({ timeoutMs: 2000 })).toBe('quiet')
  expect(fake.entries).toContain('tick')
  fake.emit(2)
  expect(await effects.quiet({ timeoutMs: 30 })).toBe('waiting')
})

test('waits between tries double, up to a bound, and are spread', () => {
  expect([1, 2, 3, 9, 40].map((attempt) => backoffMs(attempt, 1))).toEqual([200, 400, 800, 30_000, 30_000])
  expect([1, 2, 3, 9, 40].map((attempt) => backoffMs(attempt, 0))).toEqual([100, 200, 400, 15_000, 15_000])
})

test('a host without the key of the world does not begin', async () => {
  Object.assign(fake.world.kernel, { keys: [] })
  await expect(fake.effects({ adapters: [] }).start()).rejects.toMatchObject({ code: 'key.missing' })
})
