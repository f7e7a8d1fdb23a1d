import { createServer } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeHttpAdapter } from '../src/index.ts'
import type { HttpAdapterOptions } from '../src/index.ts'
import { CERTIFICATE, CERTIFICATE_KEY } from './_certificate.ts'
import { fields, makeCall } from './_world.ts'

const names: unknown[] = []
const server = createServer({ key: CERTIFICATE_KEY, cert: CERTIFICATE }, (request, response) => {
  names.push('servername' in request.socket ? request.socket.servername : undefined)
  response.end(request.headers.host)
})
let port = 0

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
})

async function ask(host: string, options: HttpAdapterOptions): Promise<string> {
  const params = { method: 'GET', url: `https://${host}:${port}/`, headers: new Map(), body_ref: null }
  const adapter = makeHttpAdapter({ resolve: () => Promise.resolve(['127.0.0.1']), ...options })
  const grant = { hosts: [host, '127.0.0.1'] }
  const { status, payload } = await adapter.perform(makeCall({ kind: 'http.request', params, grant }))
  return `${status} ${String(fields(payload)['code'] ?? fields(payload)['status'])}`
}

test('a name is verified against its certificate although the address was looked up before', async () => {
  expect(await ask('a.test', { authorities: CERTIFICATE })).toBe('ok 200')
  expect(names).toEqual(['a.test'])
  expect(await ask('127.0.0.1', { authorities: CERTIFICATE })).toBe('ok 200')
})

test('another name, and a certificate that nobody vouches for, are refused', async () => {
  expect(await ask('b.test', { authorities: CERTIFICATE })).toBe('error tls_failed')
  expect(await ask('a.test', {})).toBe('error tls_failed')
})
