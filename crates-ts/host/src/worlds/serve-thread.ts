/** The side of a thread that keeps worlds: does what the thread that serves asks for (spec/15-control.md, "Threads"). */
import { Readable, Writable } from 'node:stream'
import type { MessagePort } from 'node:worker_threads'
import type { ControlCall, ControlResult } from '../daemon/control-call.ts'
import { postBytes } from './shard-messages.ts'
import type { FromShard, ToShard } from './shard-messages.ts'
import type { Shard } from './shard.ts'

/** A shard whose calls are always answered: `call` never rejects. */
export interface ThreadServing extends Pick<Shard, 'list' | 'stop'> {
  readonly call: (world: string, call: ControlCall) => Promise<ControlResult>
}

interface Running {
  readonly input: Readable
  readonly stop: AbortController
}

/** Listens from now on. After `stop` nothing is answered any more. */
export function serveThread(port: MessagePort, serving: ThreadServing): void {
  const running = new Map<number, Running>()
  const post = (message: FromShard): void => {
    port.postMessage(message)
  }
  const begin = ({ call, world, request }: Extract<ToShard, { readonly kind: 'call' }>): void => {
    const input = new Readable({ read: () => post({ kind: 'more', call }) })
    const stop = new AbortController()
    running.set(call, { input, stop })
    const stream = (kind: 'out' | 'err'): Writable =>
      new Writable({
        write: (chunk: Uint8Array, _encoding, done) => {
          postBytes<FromShard>(port, chunk, (bytes) => ({ kind, call, bytes }))
          done()
        },
      })
    const controlCall: ControlCall = {
      ...request,
      id: null,
      world,
      input,
      out: stream('out'),
      err: stream('err'),
      progress: (line) => post({ kind: 'progress', call, line }),
      signal: stop.signal,
    }
    void serving.call(world, controlCall).then((result) => {
      running.delete(call)
      input.destroy()
      post({ kind: 'result', call, result })
    })
  }
  port.on('message', (message: ToShard) => {
    const { call } = message
    switch (message.kind) {
      case 'call':
        begin(message)
        break
      case 'input':
        running.get(call)?.input.push(message.bytes ?? null)
        break
      case 'cancel':
        running.get(call)?.stop.abort()
        break
      case 'list':
        void serving.list().then((worlds) => post({ kind: 'listed', call, worlds }))
        break
      case 'stop':
        void serving.stop(message).then((left) => post({ kind: 'stopped', call, left }))
        break
    }
  })
}
