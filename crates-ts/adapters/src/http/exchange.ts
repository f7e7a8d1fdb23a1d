/** One request and its response over one connection to an address that was judged before (spec/13-adapters.md, "HTTP"). */
import { isIPv6 } from 'node:net'
import type { LookupFunction } from 'node:net'
import type { Dispatcher } from 'undici'
import { AdapterFailure } from '../failures.ts'
import type { AdapterFailureCode } from '../failures.ts'
import { originOf } from '../url.ts'
import type { StrictUrl } from '../url.ts'
import { timeoutFailure } from '../abortable.ts'
import { readResponseHeaders } from './headers.ts'
import type { HttpLimits } from './limits.ts'

/** A request; `addresses` are all that may be connected to, in the order of preference. */
export interface Outgoing {
  readonly url: StrictUrl
  readonly addresses: readonly string[]
  readonly method: Dispatcher.HttpMethod
  readonly headers: ReadonlyMap<string, string>
  readonly body: Uint8Array | undefined
  readonly signal: AbortSignal
  readonly limits: HttpLimits
  /** PEM of authorities beside those of the platform. */
  readonly authorities?: string | undefined
  /** False when only status and headers are of use; the connection is closed then. */
  readonly isBodyWanted?: (status: number, headers: ReadonlyMap<string, string>) => boolean
}

/** A whole response. */
export interface Incoming {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  /** As sent: a content-encoding is not undone. */
  readonly body: Uint8Array
}

/** The certificates of the platform are text of 200 kB, and few requests name others beside them. */
async function trusting(authorities: string | undefined): Promise<{ readonly ca?: string[] }> {
  if (authorities === undefined) return {}
  const { rootCertificates } = await import('node:tls')
  return { ca: [...rootCertificates, authorities] }
}

/** Follows no redirect and undoes no encoding. Throws AdapterFailure. */
export async function exchange(outgoing: Outgoing): Promise<Incoming> {
  const { url, limits, signal } = outgoing
  // Loaded with the first request: it takes longer than starting a command.
  const { Client } = await import('undici')
  const client = new Client(originOf(url), {
    connect: {
      lookup: pinnedLookup(outgoing.addresses),
      autoSelectFamily: true,
      timeout: limits.connectTimeoutMs,
      ...(await trusting(outgoing.authorities)),
    },
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  try {
    const response = await client.request({
      path: url.query === undefined ? url.path : `${url.path}?${url.query}`,
      method: outgoing.method,
      headers: Object.fromEntries(outgoing.headers),
      body: outgoing.body ?? null,
      signal,
      reset: true,
    })
    const headers = readResponseHeaders(response.headers, limits)
    const isWanted = outgoing.isBodyWanted?.(response.statusCode, headers) ?? true
    response.body.on('error', () => undefined) // what ends the stream is seen by who reads it
    const body = isWanted ? await readBody(outgoing, response) : new Uint8Array()
    return { status: response.statusCode, headers, body }
  } catch (error) {
    throw signal.aborted ? timeoutFailure() : failureOf(error)
  } finally {
    // Whatever is still on its way is of no use to anybody.
    await client.destroy()
  }
}

async function readBody(outgoing: Outgoing, response: Dispatcher.ResponseData): Promise<Uint8Array> {
  const bytesMax = outgoing.limits.bodyBytesMax
  const announced = Number(response.headers['content-length'] ?? 0)
  const tooLarge = (): AdapterFailure =>
    new AdapterFailure('body_too_large', `the response has more than ${bytesMax} bytes`)
  // The length in a response to HEAD is that of what a GET would have brought.
  if (announced > bytesMax && outgoing.method !== 'HEAD') throw tooLarge()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body) {
    const part = chunk as Uint8Array // undici yields buffers
    bytes += part.length
    if (bytes > bytesMax) throw tooLarge()
    chunks.push(part)
  }
  return new Uint8Array(Buffer.concat(chunks, bytes))
}

/** Gives the judged addresses, whatever name is asked for. */
function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_name, options, callback) => {
    if (options.all === true) callback(null, found)
    else callback(null, found[0]?.address ?? '', found[0]?.family)
  }
}

const CODES: Readonly<Record<string, AdapterFailureCode>> = {
  UND_ERR_HEADERS_OVERFLOW: 'headers_too_large',
  UND_ERR_CONNECT_TIMEOUT: 'connection_failed',
  ECONNREFUSED: 'connection_failed',
  EADDRNOTAVAIL: 'connection_failed',
  EHOSTUNREACH: 'connection_failed',
  ENETUNREACH: 'connection_failed',
  ETIMEDOUT: 'connection_failed',
  EPROTO: 'tls_failed',
}

/** Messages of the network stack are not passed on: they may quote what was sent. */
function failureOf(error: unknown): AdapterFailure {
  if (error instanceof AdapterFailure) return error
  const code = codeOf(error)
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError')) {
    const isLong = code === 'HPE_HEADER_OVERFLOW'
    return new AdapterFailure(isLong ? 'headers_too_large' : 'response_malformed', 'the response is not HTTP')
  }
  if (/^(ERR_TLS|ERR_SSL|CERT|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH)/.test(code)) {
    return new AdapterFailure('tls_failed', `no secure connection (${code})`)
  }
  const kind = CODES[code] ?? 'connection_lost'
  return new AdapterFailure(kind, `the exchange ended early${code === '' ? '' : ` (${code})`}`)
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if (!(error instanceof Error)) return ''
  const { code } = error as Error & { readonly code?: unknown } // Node and undici put their codes there
  return typeof code === 'string' ? code : ''
}
