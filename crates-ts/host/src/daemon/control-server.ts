/** The control socket of a daemon (spec/15-control.md, "Place" and "Bounds"). */
import { chmodSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { AosError } from '@aos/cbor'
import { CONNECTION_BOUNDS, ControlConnection } from './connection.ts'
import type { ConnectionBounds } from './connection.ts'
import type { ControlHandler } from './control-call.ts'
import { prepareSocket, removeSocket } from './place.ts'
import type { ControlPlace } from './place.ts'

/** How a server is bounded; what is not given is as the specification says. */
export interface ControlServerOptions {
  readonly handler: ControlHandler
  readonly connections?: number
  readonly bounds?: ConnectionBounds
}

const CONNECTIONS_MAX = 64
const ONLY_OWNER = 0o600
/** What is not done then is cut off; its entries stand all the same. */
const STOP_MS_MAX = 10_000

/** Listens from `start` to `stop`. The caller holds the lock of the world. */
export class ControlServer {
  readonly #place: ControlPlace
  readonly #server: Server
  readonly #open = new Set<ControlConnection>()

  constructor(place: ControlPlace, options: ControlServerOptions) {
    this.#place = place
    const { connections = CONNECTIONS_MAX, bounds = CONNECTION_BOUNDS } = options
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      if (this.#open.size >= connections) {
        const message = `there are ${connections} connections already`
        socket.on('error', () => socket.destroy())
        socket.end(`{"id":null,"ok":false,"exit":1,"error":{"code":"control.busy","message":"${message}"}}\n`)
        socket.destroySoon()
        return
      }
      const connection = new ControlConnection(socket, options.handler, bounds)
      this.#open.add(connection)
      socket.on('close', () => this.#open.delete(connection))
    })
  }

  /** Resolves when connections are taken, to the path of the socket. Throws `control.socket`. */
  start(): Promise<string> {
    const path = prepareSocket(this.#place)
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(new AosError('control.socket', `cannot listen at ${path}: ${cause.message}`, { cause }))
      })
      this.#server.listen(path, () => {
        chmodSync(path, ONLY_OWNER)
        resolve(path)
      })
    })
  }

  /** Takes no more connections, ends what is under way, and resolves when all are closed. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve()
      })
    })
    for (const connection of this.#open) connection.close()
    const timer = setTimeout(() => {
      for (const connection of this.#open) connection.cut()
    }, STOP_MS_MAX)
    await closed
    clearTimeout(timer)
    removeSocket(this.#place)
  }
}
