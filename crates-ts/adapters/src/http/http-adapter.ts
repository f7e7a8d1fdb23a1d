/** `http.request`: one request under a grant, its redirects judged hop by hop (spec/13-adapters.md, "HTTP"). */
import { AdapterFailure, failureResult } from '../failures.ts'
import type { Adapter, AdapterCall, AdapterResult } from '../port.ts'
import { parseStrictUrl } from '../url.ts'
import { fieldOf, hashField, makeRecord, textField } from '../values.ts'
import { exchange } from './exchange.ts'
import type { Incoming } from './exchange.ts'
import { allowedAddresses, checkGrant, readGrantRules } from './grant-rules.ts'
import type { GrantRules } from './grant-rules.ts'
import { readRequestHeaders } from './headers.ts'
import { HTTP_LIMITS } from './limits.ts'
import type { HttpLimits } from './limits.ts'
import { HTTP_METHODS, isRedirect, nextHop } from './redirect.ts'
import type { Hop, HttpMethod } from './redirect.ts'
import { addressesOf, resolveBySystem } from './resolve.ts'
import type { ResolveHost } from './resolve.ts'

/** Everything has a default. */
export interface HttpAdapterOptions {
  /** `http` unless given. */
  readonly id?: string
  /** `http.request` alone unless given; kinds with the same parameters and receipt. */
  readonly kinds?: readonly string[]
  readonly limits?: Partial<HttpLimits>
  /** The resolver of the operating system unless given. */
  readonly resolve?: ResolveHost
  /** PEM of certificate authorities to trust beside those of the platform. */
  readonly authorities?: string
  /** Wall clock in nanoseconds since 1970. */
  readonly nowNs?: () => bigint
}

/** A client that keeps nothing between calls: no connections, no cookies, no cache. */
export function makeHttpAdapter(options: HttpAdapterOptions = {}): Adapter {
  const ports: Ports = {
    id: options.id ?? 'http',
    limits: { ...HTTP_LIMITS, ...options.limits },
    resolve: options.resolve ?? resolveBySystem,
    authorities: options.authorities,
    nowNs: options.nowNs ?? (() => BigInt(Date.now()) * 1_000_000n),
  }
  return {
    id: ports.id,
    kinds: options.kinds ?? ['http.request'],
    perform: (call) => performRequest(ports, call),
    close: () => Promise.resolve(),
  }
}

interface Ports {
  readonly id: string
  readonly limits: HttpLimits
  readonly resolve: ResolveHost
  readonly authorities: string | undefined
  readonly nowNs: () => bigint
}

/** What the call has moved so far; it is paid for however the call ends. */
interface Meter {
  bytesIn: number
  bytesOut: number
}

async function performRequest(ports: Ports, call: AdapterCall): Promise<AdapterResult> {
  const meter: Meter = { bytesIn: 0, bytesOut: 0 }
  const startNs = ports.nowNs()
  try {
    const rules = readGrantRules(call.grant)
    const response = await followHops(ports, call, { rules, meter, first: readFirstHop(ports, call) })
    const bodyRef = response.body.length === 0 ? null : await call.blobs.put(response.body)
    const payload = makeRecord({
      status: response.status,
      headers: response.headers,
      body_ref: bodyRef,
      timings: makeRecord({ start_ns: startNs, end_ns: ports.nowNs() }),
      adapter_id: ports.id,
    })
    const isLater = response.status === 429 || response.status === 503
    return { status: 'ok', payload, cost: costOf(meter), ...(isLater ? { retryable: true } : {}) }
  } catch (error) {
    if (error instanceof AdapterFailure) return failureResult(error.code, error.message, costOf(meter))
    throw error
  }
}

function costOf({ bytesIn, bytesOut }: Meter): ReadonlyMap<string, number> {
  return new Map([
    ['calls', 1],
    ['bytes_in', bytesIn],
    ['bytes_out', bytesOut],
  ])
}

function readFirstHop({ limits }: Ports, call: AdapterCall): Hop {
  const { params } = call
  const parsed = parseStrictUrl(textField(params, 'url'))
  if (!parsed.ok) throw new AdapterFailure('invalid_url', parsed.reason)
  const method = readMethod(textField(params, 'method'))
  const own = readRequestHeaders(fieldOf(params, 'headers'), limits)
  const bodyRef = hashField(params, 'body_ref')
  const body = bodyRef === undefined ? undefined : call.blobs.get(bodyRef)
  if (bodyRef !== undefined) {
    if (method === 'GET' || method === 'HEAD') throw new AdapterFailure('body_not_allowed', `${method} has no body`)
    if (body === undefined) throw new AdapterFailure('blob_missing', 'the body of the request is not stored')
    if (body.length > limits.bodyBytesMax) throw new AdapterFailure('body_too_large', 'the body of the request')
  }
  const changes = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? [] : [call.idempotencyKey]
  const headers = new Map([
    ['user-agent', 'aos'] as const,
    ...changes.map((key) => ['idempotency-key', key] as const),
    ...own,
  ])
  return { url: parsed.url, method, headers, body }
}

function readMethod(text: string): HttpMethod {
  const upper = text.toUpperCase()
  const method = HTTP_METHODS.find((known) => known === upper)
  if (method === undefined) throw new AdapterFailure('bad_method', 'the method is not one that is performed')
  return method
}

interface Journey {
  readonly rules: GrantRules
  readonly meter: Meter
  readonly first: Hop
}

async function followHops(ports: Ports, call: AdapterCall, { rules, meter, first }: Journey): Promise<Incoming> {
  let hop = first
  for (let redirects = 0; ; redirects += 1) {
    const response = await performHop(ports, call, { rules, meter, hop })
    if (!isRedirect(response.status, response.headers)) return response
    if (redirects === ports.limits.redirectsMax) {
      throw new AdapterFailure('too_many_redirects', `more than ${ports.limits.redirectsMax} redirects`)
    }
    hop = nextHop(hop, response)
  }
}

/** Every hop is judged by itself, as if it were the first. */
async function performHop(
  ports: Ports,
  { signal }: AdapterCall,
  { rules, meter, hop }: { readonly rules: GrantRules; readonly meter: Meter; readonly hop: Hop },
): Promise<Incoming> {
  checkGrant(rules, hop.url, hop.method)
  const found = await addressesOf(hop.url, ports.resolve, signal)
  const addresses = allowedAddresses(hop.url, found, rules.hosts)
  if (addresses.length === 0) {
    throw new AdapterFailure('address_not_allowed', `the host ${hop.url.host} leads to no address that may be used`)
  }
  meter.bytesOut += hop.body?.length ?? 0
  const isBodyWanted = (status: number, headers: ReadonlyMap<string, string>): boolean => !isRedirect(status, headers)
  const { limits, authorities } = ports
  const response = await exchange({ ...hop, addresses, signal, limits, authorities, isBodyWanted })
  meter.bytesIn += response.body.length
  return response
}
