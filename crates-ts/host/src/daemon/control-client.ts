/** A connection to a daemon, in frames (spec/15-control.md, "Framing"). */
import { decode } from '@msgpack/msgpack'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { AosError } from '@aos/cbor'
import type { ErrorPath } from '@aos/cbor'
import { makeFrame } from './messages.ts'
import { findSocket } from './place.ts'
import type { ControlPlace } from './place.ts'

/** What the asker does with what comes back before the end. */
export interface ControlSinks {
  /** A promise holds back what follows. */
  readonly out: (bytes: Uint8Array) => Promise<void> | undefined
  readonly err: (bytes: Uint8Array) => void
  readonly progress: (line: string) => void
}

/** A request, its input, and where its output goes. */
export interface Ask extends Partial<ControlSinks> {
  readonly verb: string
  readonly args: readonly unknown[] | Readonly<Record<string, unknown>>
  readonly as?: 'data' | 'json' | 'text'
  readonly colour?: boolean
  readonly quiet?: boolean
  readonly input?: AsyncIterable<Uint8Array | string>
}

/** The last reply to a request. */
export interface Answer {
  readonly ok: boolean
  readonly exit: number
  readonly data: unknown
  readonly error: AosError | undefined
}

const ID = 1
const LENGTH_BYTES = 4

/** One request at a time. */
export class ControlClient {
  readonly #socket: Socket
  readonly #world: string | undefined

  /** With `world` every request names it: the other side is a host of many. */
  constructor(socket: Socket, world?: string) {
    this.#socket = socket
    this.#world = world
    socket.on('error', () => undefined)
  }

  /** Resolves with the last reply. Throws `control.lost` when the connection ends before it. */
  async ask(ask: Ask): Promise<Answer> {
    const { verb, args, as, colour, quiet } = ask
    this.#socket.write(makeFrame({ id: ID, world: this.#world, verb, args, as, colour, quiet }))
    const state = { isOver: false }
    const feeding = ask.input === undefined ? undefined : this.#feed(ask.input, state)
    feeding?.catch((error: unknown) => this.#socket.destroy(error instanceof Error ? error : undefined))
    const answer = await this.#read(ask)
    state.isOver = true
    return answer
  }

  close(): void {
    this.#socket.destroy()
  }

  async #feed(input: AsyncIterable<Uint8Array | string>, state: { readonly isOver: boolean }): Promise<void> {
    for await (const chunk of input) {
      if (state.isOver) return
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        await this.#write({ id: ID, input: bytes.subarray(at, at + CHUNK_BYTES) })
      }
    }
    await this.#write({ id: ID, end: true })
  }

  #write(members: Readonly<Record<string, unknown>>): Promise<void> | undefined {
    const socket = this.#socket
    if (socket.destroyed || socket.write(makeFrame(members))) return undefined
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
  }

  async #read(sinks: Partial<ControlSinks>): Promise<Answer> {
    let rest = Buffer.alloc(0)
    for await (const chunk of this.#chunks()) {
      rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, Buffer.from(chunk)])
      while (rest.length >= LENGTH_BYTES && rest.length >= LENGTH_BYTES + rest.readUInt32BE()) {
        const end = LENGTH_BYTES + rest.readUInt32BE()
        const reply = recordOf(decode(rest.subarray(LENGTH_BYTES, end), { useBigInt64: true }))
        rest = rest.subarray(end)
        const { out, err, progress } = reply
        if (out instanceof Uint8Array) await sinks.out?.(out)
        else if (err instanceof Uint8Array) sinks.err?.(err)
        else if (typeof progress === 'string') sinks.progress?.(progress)
        else return answerOf(reply)
      }
    }
    throw lost()
  }

  /** A daemon that was killed resets the connection. */
  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#socket.iterator({ destroyOnReturn: false })
    } catch (cause) {
      throw lost(cause)
    }
  }
}

function lost(cause?: unknown): AosError {
  return new AosError('control.lost', 'the daemon went away before it answered', { cause, hint: 'see `aos logs`' })
}

const CHUNK_BYTES = 1 << 20

/** undefined when no daemon answers: there is none, or it died and left its socket. `world` is what a host of many is asked about. */
export function connectControl(place: ControlPlace, world?: string): Promise<ControlClient | undefined> {
  const path = findSocket(place)
  if (path === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      resolve(new ControlClient(socket, world))
    })
    socket.once('error', () => {
      resolve(undefined)
    })
  })
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

function answerOf(reply: Readonly<Record<string, unknown>>): Answer {
  const { ok, exit, data, error } = reply
  return {
    ok: ok === true,
    exit: Number(exit),
    data,
    error: error === undefined ? undefined : errorOf(recordOf(error)),
  }
}

function errorOf({ code, message, path, hint, details }: Readonly<Record<string, unknown>>): AosError {
  return new AosError(String(code), String(message), {
    path: typeof path === 'string' ? parsePath(path) : undefined,
    hint: typeof hint === 'string' ? hint : undefined,
    details: details === undefined ? undefined : recordOf(details),
  })
}

const PATH_PART = /\.([A-Za-z_$][\w$-]*)|\[([0-9]+)\]|\[("(?:[^"\\]|\\.)*")\]/g

/** A path as 08 writes it, taken apart. */
function parsePath(text: string): ErrorPath {
  return [...text.matchAll(PATH_PART)].map(([, name, index, quoted]) =>
    index !== undefined ? Number(index) : (name ?? String(JSON.parse(quoted ?? '""'))),
  )
}
