/** One connection to a control socket that does not behave (spec/15-control.md, "Bounds"). */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ControlServer, worldsFolderAt } from '../src/index.ts'
import type { ControlCall, ControlResult } from '../src/index.ts'
import { CONNECTION_BOUNDS } from '../src/daemon/connection.ts'
import { until } from './_worlds.ts'

let base: string
let server: ControlServer | undefined

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'aos-connection-'))
})

afterEach(async () => {
  await server?.stop()
  rmSync(base, { recursive: true, force: true })
})

async function serve(handler: (call: ControlCall) => Promise<ControlResult>, halfMs: number): Promise<Socket> {
  const { place } = worldsFolderAt(base)
  server = new ControlServer(place, { handler, bounds: { ...CONNECTION_BOUNDS, halfMs } })
  const socket = connect(await server.start())
  socket.setEncoding('utf8').on('error', () => undefined)
  return socket
}

const done = (json: string): ControlResult => ({ ok: true, exit: 0, json })

test('whoever is held back may leave half a message lying as long as that lasts', async () => {
  let bytes = 0
  const socket = await serve(async ({ input }) => {
    await sleep(150)
    for await (const chunk of input) bytes += Buffer.from(chunk).length
    return done(String(bytes))
  }, 20)
  let answer = ''
  socket.on('data', (text: string) => (answer += text))
  socket.write('{"id":1,"verb":"read"}\n')
  const piece = `{"id":1,"input":"${'x'.repeat(5000)}"}\n`
  for (let sent = 0; sent < 200; sent += 1) socket.write(piece)
  socket.write('{"id":1,"end":true}\n')
  await until('it is answered', () => answer !== '')
  expect(answer).toBe('{"id":1,"ok":true,"exit":0,"data":1000000}\n')
  // Nobody holds it back now.
  socket.write('{"id":2')
  await until('it is closed', () => socket.destroyed || socket.readableEnded)
})

test('what somebody sent who went away is not taken for all of it', async () => {
  const heard: unknown[] = []
  const socket = await serve(async ({ input, out, signal }) => {
    out.write('what nobody reads'.repeat(100_000))
    try {
      for await (const chunk of input) heard.push(String(chunk))
    } catch (error) {
      heard.push(error, signal.aborted)
    }
    return done('0')
  }, 1000)
  socket.write('{"id":1,"verb":"read"}\n{"id":1,"input":"12"}\n')
  await until('the input is there', () => heard.length === 1)
  socket.destroy()
  await until('it is told', () => heard.length === 3)
  expect(heard).toMatchObject(['12', { code: 'control.lost' }, true])
})
