/** The other side of an example's effects: a real HTTP server on loopback that answers by a list. */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request that is answered, and how. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly body: string
  /** Headers without which the answer is 401. */
  readonly wants: ReadonlyMap<string, string>
  /** `METHOD /path` of requests that must have been answered before. */
  readonly after: readonly string[]
}

/** A server that runs. */
export interface LocalServer {
  readonly port: number
  /** `METHOD /path`, in the order of the answers. */
  readonly answered: readonly string[]
  readonly close: () => Promise<void>
}

/** How long a request waits for those that come before it. */
const WAIT_MS_MAX = 10_000
const HEAD_START_MS = 50

/** Listens on a free port of 127.0.0.1. */
export async function startLocalServer(routes: readonly Route[]): Promise<LocalServer> {
  const answered: string[] = []
  const held = new Set<() => void>()
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume()
    const name = `${request.method ?? ''} ${request.url ?? ''}`
    const route = routes.find(({ method, path }) => `${method} ${path}` === name)
    await turnOf(route, answered, held)
    const isWelcome = [...(route?.wants ?? [])].every(([header, value]) => request.headers[header] === value)
    response.statusCode = route === undefined ? 404 : isWelcome ? route.status : 401
    response.setHeader('content-type', 'application/json')
    response.on('finish', () => {
      answered.push(name)
      // Whoever asked has its answer before the next one gets one.
      setTimeout(() => {
        for (const look of held) look()
      }, HEAD_START_MS)
    })
    response.end(isWelcome ? (route?.body ?? '') : '')
  }
  const server = createServer((request, response) => {
    void answer(request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve()
      })
      server.closeAllConnections()
    })
  return { port, answered, close }
}

/** Resolves when everything before the route has been answered, or has not been for too long. */
function turnOf(route: Route | undefined, answered: readonly string[], held: Set<() => void>): Promise<void> {
  const isDue = (): boolean => (route?.after ?? []).every((name) => answered.includes(name))
  if (isDue()) return Promise.resolve()
  return new Promise((resolve) => {
    const go = (): void => {
      clearTimeout(timer)
      held.delete(look)
      resolve()
    }
    const look = (): void => {
      if (isDue()) go()
    }
    const timer = setTimeout(go, WAIT_MS_MAX)
    held.add(look)
  })
}
