/** The control socket as a program without the client sees it. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Talk {
  /** Everything that came, until the other side ended or `ms` passed without the end. */
  readonly text: string
  readonly isClosed: boolean
}

/** Sends bytes as they are, and gives back what comes. `end` says that nothing more will be sent. */
export function talk(path: string, bytes: Uint8Array | string, options: TalkOptions = {}): Promise<Talk> {
  const { end = true, ms = 2000 } = options
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ path, allowHalfOpen: true })
    let text = ''
    const timer = setTimeout(() => {
      socket.destroy()
      resolve({ text, isClosed: false })
    }, ms)
    const done = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, isClosed: true })
    }
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
    socket.on('end', done).on('close', done)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A server that closes while it is being sent to.
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error)
    })
    socket.on('connect', () => {
      if (end) socket.end(bytes)
      else socket.write(bytes)
    })
  })
}

export interface TalkOptions {
  readonly end?: boolean
  readonly ms?: number
}

/** Replies of the form of lines. */
export function linesOf({ text }: Talk): readonly Readonly<Record<string, unknown>>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>) // the contract under test
}
