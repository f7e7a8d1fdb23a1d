import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Value } from '@aos/air'
import { makeHttpAdapter } from '../src/index.ts'
import type { AdapterResult, HttpAdapterOptions } from '../src/index.ts'
import { MemoryBlobs, expectOfSchema, fields, makeCall, startServer } from './_world.ts'
import type { CallParts, LoopbackServer } from './_world.ts'

const LOCAL = { hosts: ['127.0.0.1'] }

let server: LoopbackServer
let other: LoopbackServer

beforeAll(async () => {
  other = await startServer(({ url }, _request, response) => {
    if (url === '/back') response.writeHead(302, { location: `${server.origin}/ok` }).end()
    else response.end('other')
  })
  server = await startServer(({ url, body }, _request, response) => {
    const [path = '', query = ''] = url.split('?')
    if (path === '/ok') response.end('hello')
    else if (path === '/echo') response.end(body)
    else if (path === '/status') response.writeHead(Number(query)).end()
    else if (path === '/twice') response.writeHead(200, { 'X-A': ['1', '2'], 'Set-Cookie': ['a=1', 'b=2'] }).end()
    else if (path === '/many') {
      response.writeHead(200, Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`x-${at}`, 'a']))).end()
    } else if (path === '/long') response.writeHead(200, { 'x-long': 'a'.repeat(70_000) }).end()
    else if (path === '/loop') response.writeHead(302, { location: `/loop?${query}x` }).end()
    else if (path === '/to') response.writeHead(302, { location: decodeURIComponent(query) }).end()
    else if (path.startsWith('/by')) response.writeHead(Number(path.slice(4)), { location: '/ok?r' }).end('unused')
    else if (path === '/big') response.end(Buffer.alloc(Number(query)))
    else if (path === '/chunks') {
      response.write(Buffer.alloc(1000))
      const timer = setInterval(() => response.write(Buffer.alloc(1000)), 1)
      response.on('close', () => {
        clearInterval(timer)
      })
    } else if (path === '/cut') {
      response.writeHead(200, { 'content-length': '100' }).write('half')
      setTimeout(() => response.socket?.destroy(), 5)
    }
    // Every other path is never answered.
  })
})

afterAll(async () => {
  await Promise.all([server.close(), other.close()])
})

interface RequestParts extends Partial<CallParts> {
  readonly url: string
  readonly method?: string
  readonly headers?: readonly (readonly [string, Value])[]
  readonly body?: Value
  readonly options?: HttpAdapterOptions
}

function request(parts: RequestParts): Promise<AdapterResult> {
  const { url, method = 'GET', headers = [], body = null, options = {} } = parts
  const params = {
    method,
    url: url.startsWith('/') ? server.origin + url : url,
    headers: new Map(headers),
    body_ref: body,
  }
  return makeHttpAdapter(options).perform(makeCall({ kind: 'http.request', params, grant: LOCAL, ...parts }))
}

async function failure(parts: RequestParts): Promise<string> {
  const { status, payload } = await request(parts)
  expectOfSchema('sys/EffectFailure@1', payload)
  return `${status} ${String(fields(payload)['code'])}`
}

describe('answers', () => {
  test('a body goes out from a blob and comes back as one', async () => {
    const blobs = new MemoryBlobs()
    const body = blobs.keep('some bytes')
    const result = await request({ url: '/echo', method: 'post', body, blobs, headers: [['X-Own', 'v']] })
    expectOfSchema('sys/HttpRequestReceipt@1', result.payload)
    const { status, body_ref: ref, adapter_id: id, timings } = fields(result.payload)
    expect([result.status, status, id, blobs.text(ref)]).toEqual(['ok', 200, 'http', 'some bytes'])
    expect(Object.fromEntries(result.cost)).toEqual({ calls: 1, bytes_in: 10, bytes_out: 10 })
    const { start_ns: start, end_ns: end } = fields(timings)
    expect(BigInt(String(end))).toBeGreaterThanOrEqual(BigInt(String(start)))
    expect(server.seen.at(-1)).toMatchObject({ method: 'POST', body: 'some bytes' })
    expect(server.seen.at(-1)?.headers).toMatchObject({ 'x-own': 'v', 'idempotency-key': '01'.repeat(32) })
  })

  test.each([404, 429, 500, 503])('status %i is an answer', async (status) => {
    const result = await request({ url: `/status?${status}` })
    expect([result.status, fields(result.payload)['status']]).toEqual(['ok', status])
    expect(fields(result.payload)['body_ref']).toBeNull()
    expect(result.retryable === true).toBe(status === 429 || status === 503)
  })

  test('headers are lower-case, joined and sorted', async () => {
    const { payload } = await request({ url: '/twice' })
    const headers = fields(payload)['headers']
    if (!(headers instanceof Map)) throw new Error('no map')
    expect([headers.get('x-a'), headers.get('set-cookie')]).toEqual(['1, 2', 'a=1\nb=2'])
    const names = [...headers.keys()].map(String)
    expect(names).toEqual(names.toSorted((left, right) => (left < right ? -1 : 1)))
  })

  test('HEAD has no body, whatever length it names', async () => {
    const result = await request({ url: '/big?2000', method: 'HEAD', options: { limits: { bodyBytesMax: 10 } } })
    expect([result.status, fields(result.payload)['body_ref']]).toEqual(['ok', null])
  })

  test('a resolved secret stands in its header', async () => {
    const slot = { $tag: 'literal', $value: 'Bearer abc' }
    await request({ url: '/ok', headers: [['authorization', slot]] })
    expect(server.seen.at(-1)?.headers['authorization']).toBe('Bearer abc')
  })

  test('GET carries no idempotency key', async () => {
    await request({ url: '/ok' })
    expect(server.seen.at(-1)?.headers['idempotency-key']).toBeUndefined()
  })
})

describe('refusals before anything is sent', () => {
  const secret = { $tag: 'secret', $value: { alias: 'a', version: 1 } }
  const cases: readonly (readonly [string, RequestParts, string])[] = [
    ['a URL that is not strict', { url: 'http://127.0.0.1' }, 'error invalid_url'],
    ['user info', { url: 'http://127.0.0.1@evil.test/' }, 'error invalid_url'],
    ['a method', { url: '/ok', method: 'TRACE' }, 'error bad_method'],
    ['a line break in a header', { url: '/ok', headers: [['a', 'b\r\nc: d']] }, 'error bad_header'],
    ['a name with a space', { url: '/ok', headers: [['a b', 'c']] }, 'error bad_header'],
    ['the host header', { url: '/ok', headers: [['Host', 'a.test']] }, 'error bad_header'],
    ['a length of its own', { url: '/ok', headers: [['content-length', '3']] }, 'error bad_header'],
    ['a header twice', { url: '/ok', headers: [['A', '1'], ['a', '2']] }, 'error bad_header'], // prettier-ignore
    ['a secret not resolved', { url: '/ok', headers: [['a', secret]] }, 'error secret_unresolved'],
    [
      'a body that is not stored',
      { url: '/ok', method: 'POST', body: `sha256:${'0'.repeat(64)}` },
      'error blob_missing',
    ],
    ['a grant of another type', { url: '/ok', capType: 'llm.basic' }, 'denied cap_type'],
    ['another host', { url: '/ok', grant: { hosts: ['a.test'] } }, 'denied host_not_allowed'],
    ['no host', { url: '/ok', grant: { hosts: [] } }, 'denied host_not_allowed'],
    ['another scheme', { url: '/ok', grant: { ...LOCAL, schemes: ['https'] } }, 'denied scheme_not_allowed'],
    ['another method', { url: '/ok', grant: { ...LOCAL, methods: ['post'] } }, 'denied method_not_allowed'],
    ['another port', { url: '/ok', grant: { ...LOCAL, ports: [80] } }, 'denied port_not_allowed'],
    ['another path', { url: '/ok', grant: { ...LOCAL, path_prefixes: ['/api/'] } }, 'denied path_not_allowed'],
    ['half a segment', { url: '/ok', grant: { ...LOCAL, path_prefixes: ['/o'] } }, 'denied path_not_allowed'],
    ['an address that is not listed', { url: '/ok', grant: {} }, 'denied address_not_allowed'],
  ]
  test.each(cases)('%s', async (_name, parts, expected) => {
    const before = server.seen.length
    expect(await failure(parts)).toBe(expected)
    expect(server.seen.length).toBe(before)
  })

  test('a body of GET', async () => {
    const blobs = new MemoryBlobs()
    expect(await failure({ url: '/ok', body: blobs.keep('a'), blobs })).toBe('error body_not_allowed')
  })

  test('an absent list constrains nothing', async () => {
    const grant = { hosts: ['127.0.0.1'], schemes: null, methods: null, ports: null, path_prefixes: null }
    expect((await request({ url: '/ok', grant })).status).toBe('ok')
  })
})

describe('addresses', () => {
  const named = (name: string): string => `http://${name}:${server.port}/ok`

  test.each([
    ['a name that leads to loopback', ['127.0.0.1'], ['a.test'], 'denied address_not_allowed'],
    ['a name that leads to an IPv4-mapped address', ['::ffff:127.0.0.1'], ['a.test'], 'denied address_not_allowed'],
    ['a name that leads to a link-local address', ['169.254.169.254'], ['a.test'], 'denied address_not_allowed'],
    ['a name and localhost listed', ['127.0.0.1'], ['a.test', 'localhost'], 'denied address_not_allowed'],
    ['a name and another address listed', ['127.0.0.1'], ['a.test', '127.0.0.2'], 'denied address_not_allowed'],
  ])('%s is refused', async (_case, found, hosts, expected) => {
    const options = { resolve: () => Promise.resolve(found) }
    expect(await failure({ url: named('a.test'), grant: { hosts }, options })).toBe(expected)
  })

  test('a name is connected to at the address that is listed beside it, and is looked up once', async () => {
    const asked: string[] = []
    const resolve = (name: string): Promise<readonly string[]> => {
      asked.push(name)
      return Promise.resolve(asked.length === 1 ? ['10.0.0.1', '127.0.0.1'] : ['10.0.0.1'])
    }
    const result = await request({
      url: named('a.test'),
      grant: { hosts: ['A.test', '127.0.0.1'] },
      options: { resolve },
    })
    expect([result.status, asked]).toEqual(['ok', ['a.test']])
    expect(server.seen.at(-1)?.headers['host']).toBe(`a.test:${server.port}`)
  })

  test('localhost is loopback when it is listed, by the resolver of the system', async () => {
    const grant = { hosts: ['localhost'] }
    expect((await request({ url: named('localhost'), grant })).status).toBe('ok')
    const options = { resolve: () => Promise.resolve(['10.0.0.1']) }
    expect(await failure({ url: named('localhost'), grant, options })).toBe('denied address_not_allowed')
  })

  test('IPv6 literals are listed with or without brackets', async () => {
    const six = await startServer((_seen, _request, response) => response.end('six'), '::1').catch(() => undefined)
    if (six === undefined) return // a machine without IPv6
    for (const host of ['::1', '[::1]']) {
      expect((await request({ url: `${six.origin}/`, grant: { hosts: [host] } })).status).toBe('ok')
    }
    const bare = `http://[::ffff:7f00:1]:${server.port}/ok`
    expect(await failure({ url: bare, grant: {} })).toBe('denied address_not_allowed')
    await six.close()
  })

  test('a name without an address', async () => {
    const options = { resolve: () => Promise.reject(new Error('ENOTFOUND')) }
    const result = await request({ url: named('a.test'), grant: { hosts: ['a.test'] }, options })
    expect([result.status, fields(result.payload)['code'], result.retryable]).toEqual([
      'error',
      'name_not_resolved',
      true,
    ])
  })
})

describe('redirects', () => {
  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [301, 'PUT', 'PUT'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'HEAD', 'HEAD'],
  ])('%i turns %s into %s', async (status, method, becomes) => {
    const blobs = new MemoryBlobs()
    const body = method === 'HEAD' ? null : blobs.keep('body')
    const headers: [string, Value][] = [['content-type', 'text/plain'], ['authorization', 'x']] // prettier-ignore
    const result = await request({ url: `/by/${status}`, method, body, blobs, headers })
    expect(result.status).toBe('ok')
    const last = server.seen.at(-1)
    const keeps = becomes === method && method !== 'HEAD'
    expect([last?.method, last?.url, last?.body]).toEqual([becomes, '/ok?r', keeps ? 'body' : ''])
    expect(last?.headers['content-type']).toBe(keeps ? 'text/plain' : undefined)
    expect(last?.headers['authorization']).toBe('x') // the same origin
  })

  const to = (location: string): string => `/to?${encodeURIComponent(location)}`

  test('nothing that could be a credential goes to another origin', async () => {
    const headers: [string, Value][] = ['authorization', 'cookie', 'x-api-key'].map((name) => [name, 'secret'])
    const result = await request({ url: to(`${other.origin}/x`), headers: [...headers, ['accept', 'text/plain']] })
    expect(result.status).toBe('ok')
    const seen = other.seen.at(-1)?.headers ?? {}
    expect(Object.values(seen)).not.toContain('secret')
    expect(seen['accept']).toBe('text/plain')
  })

  test('and not back to the first one either', async () => {
    await request({ url: to(`${other.origin}/back`), headers: [['authorization', 'secret']] })
    expect(server.seen.at(-1)).toMatchObject({ url: '/ok' })
    expect(server.seen.at(-1)?.headers['authorization']).toBeUndefined()
  })

  test.each([
    ['another host', 'http://evil.test/', {}, 'denied host_not_allowed'],
    ['another port', () => `${other.origin}/x`, { ports: () => [server.port] }, 'denied port_not_allowed'],
    ['another scheme', 'https://127.0.0.1:1/', { schemes: ['http'] }, 'denied scheme_not_allowed'],
    ['another path', '/ok', { path_prefixes: ['/to'] }, 'denied path_not_allowed'],
    ['a path that climbs', '/to/../ok', { path_prefixes: ['/to'] }, 'denied path_not_allowed'],
    ['user info', 'http://a@127.0.0.1/', {}, 'error invalid_url'],
    ['another kind of URL', 'file:///etc/passwd', {}, 'error invalid_url'],
    ['backslashes', '\\\\evil.test\\', {}, 'error invalid_url'],
    ['two slashes', '//evil.test/', {}, 'denied host_not_allowed'],
    ['nonsense', 'http://[', {}, 'error invalid_url'],
  ])('%s is refused', async (_name, location, rules, expected) => {
    const made = Object.entries(rules).map(
      ([name, list]) => [name, typeof list === 'function' ? list() : list] as const,
    )
    const grant = { ...LOCAL, ...Object.fromEntries(made) }
    const before = other.seen.length
    expect(await failure({ url: to(typeof location === 'string' ? location : location()), grant })).toBe(expected)
    expect(other.seen.length).toBe(before)
  })

  test('a method that became GET is judged again', async () => {
    const grant = { ...LOCAL, methods: ['POST'] }
    expect(await failure({ url: '/by/303', method: 'POST', grant })).toBe('denied method_not_allowed')
  })

  test('a name that resolves elsewhere on the second hop is judged again', async () => {
    let count = 0
    const resolve = (): Promise<readonly string[]> => Promise.resolve([(count += 1) === 1 ? '127.0.0.1' : '127.0.0.2'])
    const url = `http://a.test:${server.port}${to('/ok')}`
    const grant = { hosts: ['a.test', '127.0.0.1'] }
    expect(await failure({ url, grant, options: { resolve } })).toBe('denied address_not_allowed')
  })

  test('are bounded', async () => {
    const before = server.seen.length
    expect(await failure({ url: '/loop' })).toBe('error too_many_redirects')
    expect(server.seen.length - before).toBe(6)
  })

  test('without a location is an answer', async () => {
    const result = await request({ url: '/status?302' })
    expect(fields(result.payload)['status']).toBe(302)
  })
})

describe('bounds and broken connections', () => {
  const limits = { bodyBytesMax: 5000 }

  test('the bound of a body is inclusive', async () => {
    expect((await request({ url: '/big?5000', options: { limits } })).status).toBe('ok')
    expect(await failure({ url: '/big?5001', options: { limits } })).toBe('error body_too_large')
  })

  test('a body without an end is cut off, and the connection closed', async () => {
    expect(await failure({ url: '/chunks', options: { limits } })).toBe('error body_too_large')
  })

  test.each(['/many', '/long'])('headers of %s', async (url) => {
    expect(await failure({ url })).toBe('error headers_too_large')
  })

  test('a response that ends early may be asked for again', async () => {
    const result = await request({ url: '/cut' })
    expect([result.status, fields(result.payload)['code'], result.retryable]).toEqual([
      'error',
      'connection_lost',
      true,
    ])
  })

  test('nobody listens', async () => {
    const gone = await startServer(() => undefined)
    await gone.close()
    const result = await request({ url: `${gone.origin}/` })
    expect([result.status, fields(result.payload)['code'], result.retryable]).toEqual([
      'error',
      'connection_failed',
      true,
    ])
  })

  test('a signal ends a call that waits for an answer', async () => {
    const stop = new AbortController()
    setTimeout(() => {
      stop.abort()
    }, 20)
    expect(await failure({ url: '/never', signal: stop.signal })).toBe('timeout timeout')
    expect(await failure({ url: '/ok', signal: stop.signal })).toBe('timeout timeout')
    const resolve = (): Promise<never> => new Promise(() => undefined)
    const late = AbortSignal.timeout(10)
    expect(await failure({ url: 'http://a.test/', grant: {}, signal: late, options: { resolve } })).toBe(
      'timeout timeout',
    )
  })

  async function withSocket(answer: (socket: Socket) => void, scheme: string): Promise<string> {
    const raw = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        answer(socket)
      })
    })
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve))
    const address = raw.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const result = await failure({ url: `${scheme}://127.0.0.1:${port}/` })
    raw.close()
    return result
  }

  test('what is not HTTP', async () => {
    expect(await withSocket((socket) => socket.end('SSH-2.0-x\r\n\r\n'), 'http')).toBe('error response_malformed')
    expect(await withSocket((socket) => socket.destroy(), 'http')).toBe('error connection_lost')
  })

  test('what is not TLS', async () => {
    expect(await withSocket((socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n'), 'https')).toBe('error tls_failed')
  })
})
