/** One connection to the control socket: requests one after the other, bounded in every direction (spec/15-control.md, "Bounds"). */
import type { Socket } from 'node:net'
import { Readable, Writable } from 'node:stream'
import type { JsonNode } from '@aos/air'
import { AosError, isAosError } from '@aos/cbor'
import { readId, readRequest } from './control-call.ts'
import type { ControlHandler, ControlRequest, ControlResult } from './control-call.ts'
import { MessageReader } from './message-reader.ts'
import { badMessage, replyFrame, replyLine } from './messages.ts'
import type { Message, Reply } from './messages.ts'

/** What bounds a connection. */
export interface ConnectionBounds {
  /** A connection that asks for nothing is closed after this time. */
  readonly idleMs: number
  /** The rest of a message must come within this time. */
  readonly halfMs: number
  /** Replies that the other side does not take. */
  readonly unsentBytes: number
  /** Requests that wait for the one under way. */
  readonly waiting: number
}

export const CONNECTION_BOUNDS: ConnectionBounds = {
  idleMs: 300_000,
  halfMs: 30_000,
  unsentBytes: 64 * 1024 * 1024,
  waiting: 64,
}

interface Running {
  readonly id: JsonNode
  readonly input: Readable
  readonly stop: AbortController
}

/** Serves until the socket closes. Whatever comes, it only ever ends itself. */
export class ControlConnection {
  readonly #socket: Socket
  readonly #handler: ControlHandler
  readonly #bounds: ConnectionBounds
  readonly #reader = new MessageReader()
  readonly #waiting: ControlRequest[] = []
  #running: Running | undefined
  #isClosing = false
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket, handler: ControlHandler, bounds: ConnectionBounds = CONNECTION_BOUNDS) {
    this.#socket = socket
    this.#handler = handler
    this.#bounds = bounds
    socket.on('data', (bytes: Buffer) => {
      this.#receive(bytes)
    })
    socket.on('end', () => {
      this.#running?.input.push(null)
      if (this.#running === undefined) socket.destroySoon()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(this.#timer)
      this.#waiting.length = 0
      this.#running?.stop.abort()
      // What did not come whole is no input: a half line must not pass for one.
      this.#running?.input.destroy(new AosError('control.lost', 'the asker went away'))
    })
    this.#watch()
  }

  /** Ends what is under way, then the connection. */
  close(): void {
    this.#isClosing = true
    this.#waiting.length = 0
    this.#running?.stop.abort()
    if (this.#running === undefined) this.#socket.destroySoon()
  }

  /** Ends the connection although something is under way. */
  cut(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    try {
      for (const message of this.#reader.read(bytes)) {
        if (isAosError(message)) this.#refuse(null, message)
        else this.#take(message)
      }
      this.#watch()
    } catch (thrown) {
      this.#refuse(null, isAosError(thrown) ? thrown : badMessage('the bytes could not be read', thrown))
      this.#socket.destroySoon()
    }
  }

  #take(message: Message): void {
    let id: JsonNode = null
    try {
      id = readId(message)
      if (!message.has('verb')) {
        this.#feed(id, message)
        return
      }
      const request = readRequest(message)
      if (this.#waiting.length >= this.#bounds.waiting) {
        throw new AosError('control.busy', `${this.#waiting.length} requests of this connection wait already`)
      }
      this.#waiting.push(request)
      this.#next()
    } catch (error) {
      if (!isAosError(error)) throw error
      this.#refuse(id, error)
    }
  }

  /** Input for the request under way, its end, or the wish to stop it. What comes for one that has ended is passed over. */
  #feed(id: JsonNode, message: Message): void {
    const input = message.get('input')
    const isKnown = input !== undefined || message.get('end') === true || message.get('cancel') === true
    if (!isKnown) throw badMessage('expected a verb, input, end or cancel')
    const running = this.#running
    if (running === undefined || !sameId(running.id, id)) return
    if (message.get('cancel') === true) running.stop.abort()
    else if (message.get('end') === true) running.input.push(null)
    else if (typeof input !== 'string' && !(input instanceof Uint8Array)) throw badMessage('input: expected a text')
    else if (!running.input.push(Buffer.from(input))) this.#socket.pause()
  }

  #next(): void {
    if (this.#running !== undefined || this.#isClosing) return
    const request = this.#waiting.shift()
    if (request === undefined) return
    const input = new Readable({ read: () => this.#resume() })
    // Whoever reads is told; nobody may be reading.
    input.on('error', () => undefined)
    if (this.#socket.readableEnded) input.push(null)
    const running: Running = { id: request.id, input, stop: new AbortController() }
    this.#running = running
    clearTimeout(this.#timer)
    void this.#run(request, running).then((result) => {
      this.#running = undefined
      input.destroy()
      this.#resume()
      this.#send(request.id, { kind: 'end', ...result })
      const isOver = this.#socket.readableEnded && this.#waiting.length === 0
      if (isOver || this.#isClosing) this.#socket.destroySoon()
      this.#watch()
      this.#next()
    })
  }

  async #run(request: ControlRequest, running: Running): Promise<ControlResult> {
    const { id } = request
    const stream = (kind: 'out' | 'err'): Writable =>
      new Writable({
        write: (chunk: Uint8Array, _encoding, done) => {
          this.#send(id, { kind, bytes: chunk })
          done()
        },
      })
    try {
      return await this.#handler({
        ...request,
        input: running.input,
        out: stream('out'),
        err: stream('err'),
        progress: (line) => this.#send(id, { kind: 'progress', line }),
        signal: running.stop.signal,
      })
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      return { ok: false, exit: 1, json: errorJson(new AosError('control.failed', message)) }
    }
  }

  #refuse(id: JsonNode, error: AosError): void {
    this.#send(id, { kind: 'end', ok: false, exit: 1, json: errorJson(error) })
  }

  #send(id: JsonNode, reply: Reply): void {
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return
    socket.write(this.#reader.form === 'frames' ? replyFrame(id, reply) : replyLine(id, reply))
    if (socket.writableLength > this.#bounds.unsentBytes) socket.destroy()
  }

  #resume(): void {
    if (!this.#socket.isPaused()) return
    this.#socket.resume()
    this.#watch()
  }

  #watch(): void {
    clearTimeout(this.#timer)
    // Whoever is held back cannot send the rest of a message.
    if (this.#socket.destroyed || this.#socket.isPaused()) return
    const isHalf = this.#reader.isHalf
    if (this.#running !== undefined && !isHalf) return
    this.#timer = setTimeout(() => this.#socket.destroy(), isHalf ? this.#bounds.halfMs : this.#bounds.idleMs)
  }
}

function sameId(left: JsonNode, right: JsonNode): boolean {
  return textOfId(left) === textOfId(right)
}

function textOfId(id: JsonNode): string {
  return typeof id === 'object' && id !== null && 'text' in id ? `number ${String(id.text)}` : `text ${String(id)}`
}

function errorJson({ code, message, hint }: AosError): string {
  return JSON.stringify({ code, message, hint })
}
