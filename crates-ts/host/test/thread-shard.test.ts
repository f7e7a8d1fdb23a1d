/** Worlds that another thread keeps: calls go there and back, and a thread that ends takes nothing with it (spec/15-control.md, "Threads"). */
import { Readable, Writable } from 'node:stream'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { ThreadShard, serveThread } from '../src/index.ts'
import type { ControlCall, ControlResult } from '../src/index.ts'
import { until } from './_worlds.ts'

interface Asked {
  readonly call: ControlCall
  readonly out: () => string
  readonly lines: string[]
  readonly stop: AbortController
}

function makeCall(verb: string, input: Readable = Readable.from([])): Asked {
  const chunks: Buffer[] = []
  const lines: string[] = []
  const stop = new AbortController()
  const sink = (): Writable =>
    new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        chunks.push(Buffer.from(chunk))
        done()
      },
    })
  const request = { id: null, world: 'w', verb, args: [], as: 'data', colour: false, quiet: true } as const
  const progress = (line: string): void => {
    lines.push(line)
  }
  const call: ControlCall = { ...request, input, out: sink(), err: sink(), progress, signal: stop.signal }
  return { call, out: () => Buffer.concat(chunks).toString(), lines, stop }
}

let ends: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

/** Both sides in this thread, with a channel between them. */
function connect(call: (world: string, call: ControlCall) => Promise<ControlResult>): ThreadShard {
  const { port1, port2 } = new MessageChannel()
  serveThread(port2, { call, list: () => Promise.resolve([]), stop: () => Promise.resolve(3) })
  ends.push(async () => {
    port1.close()
  })
  const thread = Object.assign(port1 as MessagePort, { terminate: () => Promise.resolve(0) })
  return new ThreadShard({ start: () => thread as unknown as Worker, log: () => undefined }) // what a shard uses of one
}

const done = (json: string): ControlResult => ({ ok: true, exit: 0, json })

test('input, output, progress and the end go over; input only as it is taken', async () => {
  let taken = 0
  const shard = connect(async (world, { input, out, progress }) => {
    progress(`of ${world}`)
    let bytes = 0
    for await (const chunk of input) {
      bytes += Buffer.from(chunk).length
      taken += 1
      if (bytes < 200_000) out.write('a piece\n')
      else break
    }
    return done(String(bytes))
  })
  let made = 0
  const endless = Readable.from(
    (function* () {
      for (;;) {
        made += 1
        yield Buffer.alloc(70_000, 'x')
      }
    })(),
  )
  const { call, out, lines } = makeCall('read', endless)
  expect(await shard.call('w', call)).toEqual(done('210000'))
  expect([out(), lines]).toEqual(['a piece\n'.repeat(2), ['of w']])
  expect(taken).toBe(3)
  expect(made).toBeLessThan(30)
  expect(await shard.stop({ timeoutMs: 1 })).toBe(3)
})

test('whoever asks may go away, and is heard', async () => {
  const shard = connect(
    (_world, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve(done('"cancelled"'))
        })
      }),
  )
  const { call, stop } = makeCall('wait')
  const answered = shard.call('w', call)
  stop.abort()
  expect(await answered).toEqual(done('"cancelled"'))
})

/** A thread that answers what it is, ends when it is told to, and cannot start the second time. */
const PROGRAM = `
  const { parentPort, threadId, workerData } = require('node:worker_threads')
  if (workerData.starts === 2) throw new Error('it cannot start')
  parentPort.on('message', ({ kind, call, request }) => {
    if (kind === 'list') parentPort.postMessage({ kind: 'listed', call, worlds: [] })
    if (kind !== 'call') return
    if (request.verb === 'fail') throw new Error('it fails')
    if (request.verb === 'end') process.exit(7)
    if (request.verb === 'who') {
      parentPort.postMessage({ kind: 'result', call, result: { ok: true, exit: 0, json: String(threadId) } })
    }
  })`

test('a thread that fails is reported, whoever waits is told, and another one takes its place', async () => {
  let starts = 0
  const log: string[] = []
  const delays: number[] = []
  const shard = new ThreadShard({
    start: () => {
      starts += 1
      return new Worker(PROGRAM, { eval: true, workerData: { starts } })
    },
    log: (line) => {
      log.push(line)
    },
    timers: {
      wallNs: () => 0n,
      after: (ms, call) => {
        delays.push(ms)
        setImmediate(call)
        return () => undefined
      },
    },
  })
  ends.push(() => shard.stop({ timeoutMs: 1 }))
  const who = async (): Promise<string | undefined> => (await shard.call('w', makeCall('who').call)).json
  const first = await who()
  const waiting = shard.call('w', makeCall('never answers').call)
  const failing = shard.call('w', makeCall('fail').call)
  await expect(waiting).rejects.toMatchObject({ code: 'control.thread' })
  await expect(failing).rejects.toMatchObject({ code: 'control.thread' })
  await until('a third one runs', () => starts === 3)
  expect(log.join('\n')).toMatch(/it fails[^]*ended with 1[^]*it cannot start[^]*ended with 1/)
  expect(delays).toEqual([250, 500])
  const second = await who()
  expect(second).not.toBe(first)
  expect(await shard.list()).toEqual([])
  await expect(shard.call('w', makeCall('end').call)).rejects.toMatchObject({ code: 'control.thread' })
  expect(log.at(-1)).toContain('ended with 7')
})
